"""The Human numbers tab's networks: the lesson's six in its order, then ours."""

from lesson7.ui.lesson_ladder import TRAIN, VALID, Figure, Group, Quantity, Rung, percent

_SAID = Figure("accuracy", "of words right", "%", column="accuracy")
_MEAN = (Figure("mean_accuracy", "mean of its seeds", "%"),)
_COUNTED = (Figure("counted", "of 1,998 numbers counted on its own", "count"),)
_WORD_CURVES = (
    Quantity("Right words", "accuracy", "accuracy", "%", shown=percent),
    VALID,
    TRAIN,
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
