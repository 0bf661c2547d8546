"""The ladder of the Lesson tab: every network, what it taught, and how it is measured.

    GROUPS      the four tabs and their networks, in the order of the lesson
    PAPERS      what they go back to
    COURSE      where the lesson's notebooks are

No number of ours stands here: ``lesson_records.py`` reads them from what training left. The
lesson's are in ``assets/lesson/facts.json``.
"""

import math

from lesson7.ui.lesson_ladder import Figure, Group, Quantity, Rung

COURSE = "https://github.com/fastai/course-v3/blob/master/nbs/dl1/"

PAPERS = {
    "batchnorm": ("Ioffe and Szegedy, Batch normalization, 2015", "1502.03167"),
    "onecycle": ("Smith and Topin, Super-convergence (one-cycle), 2017", "1708.07120"),
    "resnet": ("He et al., Deep residual learning, 2015", "1512.03385"),
    "landscape": ("Li et al., Visualizing the loss landscape, 2017", "1712.09913"),
    "outliers": ("Hendrycks et al., Outlier exposure, 2018", "1812.04606"),
    "unet": ("Ronneberger et al., U-Net, 2015", "1505.04597"),
    "subpixel": ("Shi et al., Sub-pixel convolution, 2016", "1609.05158"),
    "patches": ("Isola et al., Image-to-image translation (patches), 2016", "1611.07004"),
    "spectral": ("Miyato et al., Spectral normalization, 2018", "1802.05957"),
    "gan": ("Goodfellow et al., Generative adversarial networks, 2014", "1406.2661"),
    "srgan": ("Ledig et al., Photo-realistic super-resolution, 2016", "1609.04802"),
    "perceptual": ("Johnson et al., Perceptual losses, 2016", "1603.08155"),
    "style": ("Gatys et al., A neural algorithm of artistic style, 2015", "1508.06576"),
    "wgan": ("Arjovsky et al., Wasserstein GAN, 2017", "1701.07875"),
    "dcgan": ("Radford et al., Deep convolutional GANs, 2015", "1511.06434"),
    "projected": ("Sauer et al., Projected GANs, 2021", "2111.01007"),
    "diffaugment": ("Zhao et al., Differentiable augmentation, 2020", "2006.10738"),
    "latents": ("Bojanowski et al., Optimizing the latent space, 2017", "1707.05776"),
    "averaging": ("Yazıcı et al., Averaging in GAN training, 2018", "1806.04498"),
    "elman": ("Elman, Finding structure in time, 1990", "10.1207/s15516709cog1402_1"),
    "gru": ("Cho et al., RNN encoder-decoder (GRU), 2014", "1406.1078"),
    "attention": ("Vaswani et al., Attention is all you need, 2017", "1706.03762"),
    "pointer": ("Merity et al., Pointer sentinel mixture models, 2016", "1609.07843"),
    "rotary": ("Su et al., RoFormer, 2021", "2104.09864"),
}
"""Title, and arXiv number or DOI."""


def percent(share: float) -> float:
    """A share of 1 in per cent."""
    return 100 * share


def percent_missing(share: float) -> float:
    """What is missing to all, in per cent."""
    return 100 * (1 - share)


def psnr_of_lesson(loss: float) -> float:
    """PSNR in dB from the lesson's loss, the squared error of ImageNet-normalised pixels.

    In unit range a channel's error is its variance (.229, .224, .225 squared) times that.

    >>> round(psnr_of_lesson(0.043146), 2)
    26.57
    """
    return -10 * math.log10(loss * (0.229**2 + 0.224**2 + 0.225**2) / 3)


_VALID = Quantity("Validation loss", "valid_loss", "valid_loss", log=True)
_TRAIN = Quantity("Training loss", "train_loss", "train_loss", log=True)

# ------------------------------------------------------------------------------------- Digits

_READ = Figure("test_accuracy", "right", "%", column="accuracy")
_DIGIT_CURVES = (
    Quantity("Wrong digits", "accuracy", "accuracy", "%", log=True, shown=percent_missing),
    _VALID,
    _TRAIN,
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
            "wider, one stage at full size, and an answer for “no digit”",
            "What people draw here is not MNIST: thicker, tilted, off the middle, or no digit at "
            "all. Reading it took redrawn and distorted training images, weights averaged over "
            "the training, and an eleventh answer for what is no digit.",
            ("resnet", "outliers"),
            _READ,
            (
                Quantity(
                    "Wrong digits, of 5,000 held back",
                    "accuracy",
                    unit="%",
                    log=True,
                    shown=percent_missing,
                ),
                _VALID,
                _TRAIN,
            ),
            runs=("mnist-best", "mnist-finish"),
        ),
    ),
)

# -------------------------------------------------------------------------------- Restoration

_PSNR = Quantity("PSNR", "psnr", "valid_loss", "dB", lesson_shown=psnr_of_lesson)
_GAINS = (
    Quantity("Gain over enlarging", "gain", unit="dB"),
    Quantity("Gain on other damage", "family_gain", unit="dB"),
    Quantity("Feature distance, of enlarging’s", "features", unit="%", shown=percent),
)
_RESTORED = Figure("psnr_db", "PSNR", "dB", column="valid_loss", lesson_shown=psnr_of_lesson)
_GAINED = (
    Figure("gain_db", "over enlarging", "+dB"),
    Figure("family_gain_db", "on other damage", "+dB"),
    Figure("features", "of enlarging’s feature distance", "%"),
)

RESTORATION = Group(
    "Restoration",
    "photographs that never trained; not the lesson’s, so compare with care",
    ("lesson7-superres-gan.ipynb", "lesson7-superres.ipynb"),
    "dB",
    (
        Rung(
            "restoration-pixel",
            "Pixel loss",
            "a U-Net that is asked for the smallest squared error",
            "Whatever a program can do to good photographs, a U-Net can learn to undo: its encoder "
            "sees what is there, its skip connections remember where. Asked for the smallest "
            "error it answers with the mean of all that could have been, so the damage goes, and "
            "the fine texture does not come back.",
            ("unet", "subpixel"),
            _RESTORED,
            (
                _PSNR,
                *_GAINS,
                Quantity("Training loss", "train_loss", "train_loss", log=True),
            ),
            runs=("restoration-pixel", "restoration-polish"),
            also=_GAINED,
        ),
        Rung(
            "restoration-critic",
            "The critic",
            "real or restored, judged patch by patch",
            "Who wants texture needs a judge that notices when it is missing: a network that tells "
            "photographs from restored ones. It is trained beforehand, on pictures saved by the "
            "generator, so that the two meet when both already know something.",
            ("patches", "spectral"),
            Figure("accuracy", "of patches right", "%", column="accuracy"),
            (
                Quantity("Right patches", "accuracy", "accuracy", "%", shown=percent),
                _VALID,
                _TRAIN,
            ),
        ),
        Rung(
            "restoration-gan",
            "GAN",
            "the same U-Net must also take in the critic",
            "Generator and critic learn in turns: the critic until it does better than chance, "
            "then the generator for one batch. Pictures become crisper while the curves say next "
            "to nothing, because each of the two improves at the cost of the other.",
            ("gan", "srgan"),
            Figure("psnr_db", "PSNR", "dB"),
            (
                Quantity("PSNR", "psnr", unit="dB"),
                *_GAINS,
                Quantity("Generator’s loss", "", "generator_loss"),
                Quantity("Generator: adversarial part", "generator_adversarial"),
                Quantity("Generator: pixels’ part", "generator_pixel"),
                Quantity("Critic’s loss", "critic_loss"),
            ),
            also=_GAINED,
            lesson=Figure("", "generator’s loss; judged by eye", column="generator_loss"),
        ),
        Rung(
            "restoration-feature",
            "Feature loss",
            "what VGG sees of both pictures must agree, too",
            "Instead of a critic that learns, a finished network compares: what its layers make of "
            "both pictures, and which of their features occur together. That brings the texture "
            "back without a quarrel of two networks, and trains as calmly as any other loss.",
            ("perceptual", "style"),
            Figure("psnr_db", "PSNR", "dB"),
            (
                Quantity("PSNR", "psnr", unit="dB"),
                *_GAINS,
                Quantity("The lesson’s feature loss", "", "valid_loss"),
                Quantity("Our training loss", "train_loss"),
            ),
            also=_GAINED,
            lesson=Figure("", "feature loss, 128 px", column="valid_loss"),
        ),
    ),
)

# ----------------------------------------------------------------------------------- Bedrooms

_DISTANCE = Figure("distance_squeezenet", "Fréchet distance, by SqueezeNet")
_OTHER_DISTANCE = Figure("distance_resnet18", "by ResNet-18")
_DISTANCES = (
    Quantity("Fréchet distance, by SqueezeNet", "distance_squeezenet", log=True),
    Quantity("Fréchet distance, by ResNet-18", "distance_resnet18", log=True),
)

BEDROOMS = Group(
    "Bedrooms",
    "400 photographs that never trained: less distance is better; the lesson judged by eye",
    ("lesson7-wgan.ipynb",),
    "",
    (
        Rung(
            "bedrooms-wgan",
            "The lesson’s WGAN",
            "a critic without a sigmoid, its weights clipped",
            "A generator that never sees a photograph, only a critic’s opinion of its own "
            "pictures, learns to turn a hundred random numbers into a room. Wasserstein’s critic "
            "gives a score and not a probability, and clipped weights keep its slope in bounds, "
            "so that there is always a direction in which to get better.",
            ("wgan", "dcgan"),
            _DISTANCE,
            (
                *_DISTANCES,
                Quantity("Critic’s loss", "critic_loss", "critic_loss"),
                Quantity("Generator’s loss", "generator_loss", "generator_loss"),
            ),
            also=(_OTHER_DISTANCE,),
            lesson=Figure("", "critic’s loss, on its own scale", column="critic_loss"),
        ),
        Rung(
            "bedrooms-modern",
            "Ours",
            "a critic that looks through ImageNet’s eyes, averaged weights",
            "A few thousand photographs are too few for a critic that starts from pixels; one that "
            "looks through a network trained on ImageNet learns from them quickly, and soon drove "
            "the generator to draw one and the same room. Since half of each batch must look from "
            "far away like a photograph that belongs to its latent, every latent has a room of its "
            "own.",
            ("projected", "latents", "diffaugment", "averaging"),
            _DISTANCE,
            (
                *_DISTANCES,
                Quantity("Critic’s loss", "critic_loss"),
                Quantity("Generator’s loss", "generator_loss"),
            ),
            also=(_OTHER_DISTANCE,),
        ),
    ),
)

# ------------------------------------------------------------------------------ Human numbers

_SAID = Figure("accuracy", "of words right", "%", column="accuracy")
_MEAN = (Figure("mean_accuracy", "mean of its seeds", "%"),)
_COUNTED = (Figure("counted", "of 1,998 numbers counted on its own", "count"),)
_WORD_CURVES = (
    Quantity("Right words", "accuracy", "accuracy", "%", shown=percent),
    _VALID,
    _TRAIN,
)

HUMAN_NUMBERS = Group(
    "Human numbers",
    "the next word in 8,001 to 9,999, learnt from 1 to 7,999",
    ("lesson7-human-numbers.ipynb",),
    "%",
    (
        Rung(
            "human-numbers-model0",
            "Unrolled",
            "three words, written out step by step",
            "A recurrent network is an ordinary one that uses the same matrices again for every "
            "word: take the word in, mix it with what is known, go on. Written out for three "
            "words it is three times the same lines, and guesses the fourth.",
            ("elman",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-model1",
            "Loop",
            "the same three words in a loop",
            "The repeated lines become a loop, and the network works for any number of words. "
            "With the same seed it ends with the same weights to the last bit: nothing was added "
            "but a better way to write it.",
            ("elman",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-model2",
            "Every word",
            "a guess after every word, not only after the last",
            "Whoever predicts only the word after the last throws away most of what a text can "
            "teach; a guess after each of twenty words gives twenty lessons instead of one. But "
            "each batch begins with an empty memory, so the first guesses are blind, and the "
            "share of right ones falls.",
            ("elman",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-model3",
            "Kept state",
            "the hidden state is handed on to the next batch",
            "Handing the hidden state on, and cutting only its gradient, lets the network remember "
            "further back than it is trained to look. It now knows where in the counting it is, "
            "and soon learns its training text far better than numbers that it has not seen.",
            ("elman",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-model4",
            "RNN",
            "PyTorch’s recurrent layer instead of the loop",
            "The library’s layer is the same loop, with matrices of its own for word and memory, "
            "and tanh in place of ReLU. It is quick, and it can be stacked, which is why one "
            "takes it.",
            ("elman",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-model5",
            "GRU",
            "two layers whose gates decide what to keep",
            "Two stacked layers, unrolled over twenty words, are a deep network, and a plain one "
            "is hard to train. A GRU’s gates decide how much of the memory stays and how much is "
            "written anew, so that what matters survives many steps.",
            ("gru",),
            _SAID,
            _WORD_CURVES,
            also=_MEAN,
        ),
        Rung(
            "human-numbers-counter",
            "Ours",
            "attention, and a pointer into what was written",
            "Sixty-four numbers of memory cannot hold a word in a place where it never was: no "
            "number of the training text begins with eight thousand. Attention looks back at the "
            "words themselves, and a pointer copies from the number before whatever word stands "
            "there.",
            ("attention", "pointer", "rotary"),
            _SAID,
            _WORD_CURVES,
            also=_COUNTED,
        ),
        Rung(
            "human-numbers-counter-9999",
            "Ours, all numbers",
            "the same, trained on all that it may be asked",
            "This one was shown the numbers up to 9,999: it is there to be used. Nothing can be "
            "judged by it, for what would judge it was in its training text.",
            ("attention", "pointer", "rotary"),
            Figure("accuracy", "of words right, all seen before", "%"),
            _WORD_CURVES,
            fair=False,
        ),
    ),
)

GROUPS = (DIGITS, RESTORATION, BEDROOMS, HUMAN_NUMBERS)
