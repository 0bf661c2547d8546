"""The Restoration tab's networks: pixel loss, critic, GAN, feature loss, both, colour."""

import math

from lesson7.ui.lesson_ladder import TRAIN, VALID, Figure, Group, Quantity, Rung, percent


def psnr_of_lesson(loss: float) -> float:
    """PSNR in dB from the lesson's loss, the squared error of ImageNet-normalised pixels.

    In unit range a channel's error is its variance (.229, .224, .225 squared) times that.

    >>> round(psnr_of_lesson(0.043146), 2)
    26.57
    """
    return -10 * math.log10(loss * (0.229**2 + 0.224**2 + 0.225**2) / 3)


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
                VALID,
                TRAIN,
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
            "what trained networks see of both pictures must agree, too",
            "Instead of a critic that learns, a finished network compares: what its layers make of "
            "both pictures, and which of their features occur together. That makes edges firm "
            "without a quarrel of two networks, and trains as calmly as any other loss; where the "
            "decoder does not blur what it enlarged, a crosshatch comes with it.",
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
        Rung(
            "restoration-best",
            "Feature loss and a critic",
            "both judges at once: the way of DeOldify, which the lesson ends with",
            "A critic that starts from nothing needs more steps than a processor gives it; one "
            "that looks through a network trained on a million photographs sees at once that no "
            "photograph is so soft. What that network sees, and the pixels, hold the picture; the "
            "critic asks for fur and leaves.",
            ("perceptual", "gan"),
            Figure("psnr_db", "PSNR", "dB"),
            (
                Quantity("PSNR", "psnr", unit="dB"),
                *_GAINS,
                Quantity("Critic’s loss", "critic_loss"),
            ),
            runs=("restoration-best", "restoration-feature", "restoration-finish"),
            also=_GAINED,
        ),
        Rung(
            "restoration-colour",
            "Colour",
            "the same U-Net, shown grey photographs and asked for colours alone",
            "Colours that are lost can only be guessed from what a thing is: grass is green, a "
            "collar may be anything, and the smallest error for anything is brown. So strong "
            "colours count more, and the network, which sees the whole picture small, is asked "
            "for nothing else: light and shade stay as they were.",
            ("colour", "guided"),
            Figure("ab_psnr_db", "PSNR of the colours", "dB"),
            (
                Quantity("PSNR of the colours", "ab_psnr", unit="dB"),
                Quantity("Gain over grey", "gain", unit="dB"),
                Quantity(
                    "Colourfulness, of the photographs’", "colourfulness", unit="%", shown=percent
                ),
                Quantity("Feature distance, of grey’s", "features", unit="%", shown=percent),
                Quantity("Our training loss", "train_loss"),
            ),
            also=(
                Figure("gain_db", "over grey", "+dB"),
                Figure("colourfulness", "of the photographs’ colourfulness", "%"),
                Figure("features", "of grey’s feature distance", "%"),
            ),
        ),
    ),
)
