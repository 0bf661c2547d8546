"""Damaged pictures beside what they should become, ready for training and for judging.

    Pairs               crops: damaged, target
    lesson_augment      the lesson's augmentation of a pair, by torchvision's transforms
    judging_pairs       the middle of a photograph and its damaged copy, always the same ones

Both pictures of a pair have one size: the damaged one is small and is enlarged bilinearly, as
every network here is given it.
"""

import random
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor, nn

from lesson7.core.images import to_unit
from lesson7.core.vision import tv_tensors, v2
from lesson7.restoration import degradations
from lesson7.restoration.crops import Crops
from lesson7.restoration.data import SIZE, Photographs, degrade, enlarged


class Pairs(Crops):
    """Crops of photographs, each with its damaged copy.

    Each draws whether it gets the lesson's damage or that of the family (``degradations``);
    mirrored or not.

    Args:
        photographs: to crop.
        indices: those that train.
        size: of a crop, pixels, at most ``SIZE``.
        form: the lesson's damage.
        family: share of crops that get the family's damage instead, 0 to 1.
        whole: share of crops that are not damaged at all, 0 to 1, beside the twelfth of the
            family's: what is good must be left alone.
        numbers: share of the lesson's crops that are cut where the number is, 0 to 1.
        names: of the family's members; None: all.
        augment: what happens to both pictures of a pair that has the lesson's damage, such as
            ``lesson_augment(size)``; None: a crop at full size.
        repeats, seed: see ``Crops``.
    """

    def __init__(
        self,
        photographs: Photographs,
        indices: Sequence[int],
        size: int,
        *,
        form: str = "number",
        family: float = 0.5,
        whole: float = 0.0,
        numbers: float = 0.5,
        names: Sequence[str] | None = None,
        augment: nn.Module | None = None,
        repeats: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__(photographs, indices, size, repeats=repeats, seed=seed)
        self.form, self.family, self.names, self.augment = form, family, names, augment
        self.whole, self.numbers = whole, numbers

    def pair(self, index: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """Damaged and target, each ``(3, size, size)``, unit range."""
        photograph = self.photographs[index]
        if rng.random() < 0.5:
            photograph = photograph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if rng.random() < self.whole:
            left, top = (rng.randint(0, side - self.size) for side in photograph.size)
            damaged = target = photograph.crop((left, top, left + self.size, top + self.size))
        elif rng.random() < self.family:
            damaged, target = self._from_family(photograph, rng)
        elif self.augment is None:
            damaged, target = self._from_lesson(photograph, rng)
        else:
            return self._augmented(self.augment, photograph, rng)
        return to_unit(damaged), to_unit(target)

    def _from_lesson(
        self, photograph: Image.Image, rng: random.Random
    ) -> tuple[Image.Image, Image.Image]:
        small, number = degrade(photograph, rng, self.form)
        width, height = photograph.size
        scale = small.width / width, small.height / height
        if number is not None and rng.random() < self.numbers:
            middle = (number[0] + number[2]) / 2 / scale[0], (number[1] + number[3]) / 2 / scale[1]
            left, top = (
                min(max(round(m - rng.random() * self.size), 0), side - self.size)
                for m, side in zip(middle, photograph.size, strict=True)
            )
        else:
            left, top = rng.randint(0, width - self.size), rng.randint(0, height - self.size)
        right, bottom = left + self.size, top + self.size
        box = (left * scale[0], top * scale[1], right * scale[0], bottom * scale[1])
        return (
            enlarged(small, (self.size, self.size), box),
            photograph.crop((left, top, right, bottom)),
        )

    def _augmented(
        self, augment: nn.Module, photograph: Image.Image, rng: random.Random
    ) -> tuple[Tensor, Tensor]:
        small, _ = degrade(photograph, rng, self.form)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(rng.getrandbits(63))
            both = augment(
                tv_tensors.Image(to_unit(enlarged(small, photograph.size))),
                tv_tensors.Image(to_unit(photograph)),
            )
        damaged, target = (part.as_subclass(Tensor) for part in both)
        return damaged, target

    def _from_family(
        self, photograph: Image.Image, rng: random.Random
    ) -> tuple[Image.Image, Image.Image]:
        """A wider crop is damaged than is returned, so that words may run off its edges."""
        wide = min(self.size * 3 // 2, SIZE)
        left, top = (rng.randint(0, side - wide) for side in photograph.size)
        whole = photograph.crop((left, top, left + wide, top + wide))
        damaged = enlarged(degradations.compose(whole, rng, self.names), (wide, wide))
        left, top = (rng.randint(0, wide - self.size) for _ in range(2))
        box = (left, top, left + self.size, top + self.size)
        return damaged.crop(box), whole.crop(box)


def lesson_augment(size: int) -> nn.Module:
    """The lesson's augmentation, which draws the same numbers for both pictures of a pair.

    The shorter side becomes ``size``; cropped anywhere along the other side; warped in
    perspective, turned by up to 10 degrees, up to twice as large, each in three of four
    cases; mirrored in half; brightness and contrast changed in both, so that the target is
    brightened too. What comes in from beyond the edges is a reflection. (Unlike in the lesson
    each step samples anew, and brightness is changed in pixels, not in their logits.)

    Args:
        size: of the crop, pixels.

    Returns:
        ``augment(damaged, target)``: two ``tv_tensors.Image``, unit ``(3, H, W)`` ->
        ``(3, size, size)``. (Of two plain tensors the transforms would change the first.)
    """
    bilinear = v2.InterpolationMode.BILINEAR
    margin = size * 3 // 8
    return v2.Compose(
        [
            v2.Resize(size, antialias=True),
            v2.Pad(margin, padding_mode="reflect"),
            v2.RandomCrop(size + 2 * margin),
            v2.RandomPerspective(0.2, p=0.75, interpolation=bilinear),
            v2.RandomApply([v2.RandomRotation(10, interpolation=bilinear)], p=0.75),
            v2.RandomApply([v2.RandomAffine(0, scale=(1, 2), interpolation=bilinear)], p=0.75),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.2, (0.8, 1.25))], p=0.75),
            v2.CenterCrop(size),
        ]
    )


def judging_pair(
    photographs: Photographs, index: int, *, form: str | None = "number"
) -> tuple[Tensor, Tensor]:
    """The middle square of photograph ``index`` and its damaged copy, enlarged.

    Args:
        photographs: any.
        index: also the seed of the damage.
        form: of the lesson's damage; None: what the family does.

    Returns:
        Damaged and target, each ``(3, SIZE, SIZE)``, unit range.
    """
    photograph = photographs[index]
    left, top = (photograph.width - SIZE) // 2, (photograph.height - SIZE) // 2
    target = photograph.crop((left, top, left + SIZE, top + SIZE))
    rng = random.Random(index)
    if form is None:
        damaged = degradations.compose(target, rng)
    else:
        damaged, _ = degrade(target, rng, form)
    return to_unit(enlarged(damaged, (SIZE, SIZE))), to_unit(target)


def judging_pairs(
    photographs: Photographs, indices: Sequence[int], *, form: str | None = "number"
) -> tuple[Tensor, Tensor]:
    """``judging_pair`` of each index, stacked: two of ``(N, 3, SIZE, SIZE)``, unit range."""
    pairs = [judging_pair(photographs, index, form=form) for index in indices]
    return torch.stack([damaged for damaged, _ in pairs]), torch.stack([t for _, t in pairs])
