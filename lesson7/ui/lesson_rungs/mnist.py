"""The Digits tab's networks, from the lesson's first to ours."""

from lesson7.ui.lesson_ladder import TRAIN, VALID, Figure, Group, Quantity, Rung


def percent_missing(share: float) -> float:
    """What is missing to all, in per cent."""
    return 100 * (1 - share)


_READ = Figure("test_accuracy", "right", "%", column="accuracy")
_DIGIT_CURVES = (
    Quantity("Wrong digits", "accuracy", "accuracy", "%", log=True, shown=percent_missing),
    VALID,
    TRAIN,
)

DIGITS = Group(
    "Digits",
    "10,000 test images of MNIST",
    ("lesson7-resnet-mnist.ipynb",),
    "%",
    (
        Rung(
            "mnist-cnn",
            "The lesson’s CNN",
            "five convolutions, each halves the picture",
            "Five convolutions with stride 2 are a whole classifier: 28 pixels become 14, 7, 4, 2, "
            "and at last ten numbers, without pooling and without a hidden linear layer. Three "
            "epochs are enough, because one-cycle dares a learning rate that would be far too "
            "high for a whole training.",
            ("batchnorm", "onecycle"),
            _READ,
            _DIGIT_CURVES,
        ),
        Rung(
            "mnist-cnn10",
            "The same, longer",
            "ten epochs instead of three",
            "Ten epochs go through worse networks than three did on their way to a better one: "
            "while the learning rate is high, the curve jumps. Nearly all that is gained, is "
            "gained at the end, when one-cycle lets the rate fall.",
            ("onecycle",),
            _READ,
            _DIGIT_CURVES,
        ),
        Rung(
            "mnist-blocks",
            "Refactored",
            "convolution, ReLU and batch norm as one block",
            "Three layers that always come together get one name, and the network becomes a "
            "list of five. It is nearly the same network, not quite, as the curve agrees: batch "
            "norm now stands behind ReLU, even behind the last one, and the biases are gone.",
            ("batchnorm",),
            _READ,
            _DIGIT_CURVES,
        ),
        Rung(
            "mnist-resnet",
            "The lesson’s ResNet",
            "a residual block after each convolution",
            "Plain networks learn worse when they are made deeper, even on what they are trained "
            "on; a block that adds its input to its output can do nothing at all, so depth costs "
            "nothing and the loss becomes smoother. In the lesson, one block after each "
            "convolution halved the mistakes.",
            ("resnet", "landscape"),
            _READ,
            _DIGIT_CURVES,
        ),
        Rung(
            "mnist-best",
            "Ours",
            "five small networks that decide together, and an answer for “no digit”",
            "What people draw here is not MNIST: thicker, tilted, off the middle, or no digit at "
            "all, so training images were redrawn and distorted, and there is an eleventh answer. "
            "Five networks with a fifth of the parameters each, trained apart, err on different "
            "digits, and what they agree on is right more often than what one large one says.",
            ("resnet", "ensembles", "outliers"),
            _READ,
            (
                Quantity(
                    "Wrong digits, of 5,000 held back",
                    "accuracy",
                    unit="%",
                    log=True,
                    shown=percent_missing,
                ),
                VALID,
                TRAIN,
            ),
        ),
    ),
)
