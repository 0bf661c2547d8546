"""Photographs without their colours beside themselves, for training and for judging ``colour``.

    GreyPairs       crops: grey, in colours
    grey_pair       a middle square and itself without colours, always the same ones
    working_size    the size at which colours are found

What colour something has is told by what it is, which takes few pixels, but all around it. So
the network is shown nearly whole photographs, small, and colours are found at that size:
``SIDE`` pixels along the shorter side.
"""

import random
from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from lesson7.core.errors import DataError
from lesson7.core.images import to_unit
from lesson7.restoration import degradations
from lesson7.restoration.crops import Crops
from lesson7.restoration.data import SIZE, Photographs

SIDE = 176  # pixels: the shorter side of a picture whose colours are sought
LONGEST = 3 * SIDE  # pixels: of the longer side; panoramas become smaller
SIDES = (0.82, 1.1)  # of SIDE: the shorter side of a photograph that trains, drawn evenly
AGEING = ("blur", "noise", "fading", "jpeg")  # what else old photographs have
MOST_AGED = 0.3  # strength of each
PALE = 5.0  # levels of 255: below this mean difference from grey a photograph teaches no colour

_BILINEAR = Image.Resampling.BILINEAR


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height at which the colours of a picture are sought.

    >>> working_size((4000, 3000))
    (235, 176)
    >>> working_size((9000, 1000))
    (528, 59)
    """
    scale = min(SIDE / min(size), LONGEST / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class GreyPairs(Crops):
    """Crops of small photographs, each with its copy in black and white.

    Mirrored or not, at a size between ``SIDES``. Some are also worn as old prints are. A
    photograph that has hardly any colour itself gives its place to another one.

    Args:
        photographs: to crop.
        indices: those that train; at least one must have colours.
        size: of a crop, pixels, at most 0.82 ``SIDE``.
        aged: share of crops with some of ``AGEING``, 0 to 1.
        repeats, seed: see ``Crops``.
    """

    def __init__(
        self,
        photographs: Photographs,
        indices: Sequence[int],
        size: int,
        *,
        aged: float = 0.5,
        repeats: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__(photographs, indices, size, repeats=repeats, seed=seed)
        self.aged = aged
        self._pale: dict[int, bool] = {}

    def pair(self, index: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """Grey (three equal channels) and in colours, each ``(3, size, size)``, unit range.

        Raises:
            DataError: none of ``indices`` has colours.
        """
        while self._is_pale(index):
            if len(self._pale) == len(set(self.indices)) and all(self._pale.values()):
                raise DataError("none of the photographs that train has colours: give others")
            index = rng.choice(self.indices)
        photograph = self.photographs[index]
        side = max(self.size, SIDE * rng.uniform(*SIDES))
        seen = self.size * min(photograph.size) / side  # pixels of the photograph in the crop
        left, top = (rng.uniform(0, length - seen) for length in photograph.size)
        box = (left, top, left + seen, top + seen)
        target = photograph.resize((self.size, self.size), _BILINEAR, box=box)
        if rng.random() < 0.5:
            target = target.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        grey = without_colours(target)
        if rng.random() < self.aged:
            names = rng.sample(AGEING, rng.randint(1, 3))
            worn = {name: rng.uniform(0, MOST_AGED) for name in names}
            grey = without_colours(degradations.apply(grey, worn, rng))
        return to_unit(grey), to_unit(target)

    def _is_pale(self, index: int) -> bool:
        if index not in self._pale:
            self._pale[index] = is_pale(self.photographs[index])
        return self._pale[index]


def is_pale(photograph: Image.Image) -> bool:
    """Whether a photograph is black-and-white, or nearly: Cb and Cr off by less than ``PALE``."""
    _, *colours = photograph.reduce(8).convert("YCbCr").split()
    return sum(sum(map(_off, channel.tobytes())) for channel in colours) < (
        PALE * colours[0].width * colours[0].height
    )


def _off(level: int) -> int:
    return abs(level - 128)


def without_colours(picture: Image.Image) -> Image.Image:
    """RGB -> RGB of three equal channels, as ``degradations`` lose colours at strength 1."""
    return degradations.apply(picture, {"grey": 1.0}, random.Random(0))


def grey_pair(photographs: Photographs, index: int) -> tuple[Tensor, Tensor]:
    """The middle square of photograph ``index`` without colours, and as it is.

    Returns:
        Grey and target, each ``(3, SIZE, SIZE)``, unit range.
    """
    photograph = photographs[index]
    left, top = (photograph.width - SIZE) // 2, (photograph.height - SIZE) // 2
    target = photograph.crop((left, top, left + SIZE, top + SIZE))
    return to_unit(without_colours(target)), to_unit(target)
