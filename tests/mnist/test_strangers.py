"""Strangers' digits and no digits: reproducible, varied, in MNIST's convention."""

import numpy as np
import pytest
import torch

from lesson7.mnist import strangers, strokes


def test_every_letter_sign_and_digit_can_be_drawn():
    rng = np.random.default_rng(0)
    digits = [shape for shapes in strokes.DIGITS.values() for shape in shapes]
    for lines in [*strokes.LETTERS.values(), *strokes.SIGNS.values(), *digits]:
        picture = strokes.polyline(lines, rng)
        assert picture.shape == (120, 120)
        assert 20 < (picture > 127).sum() < 7_000


def test_doubtful_letters_are_not_called_no_digit():
    assert not {*"OoIlibgqsz"} & {*strokes.LETTERS}
    assert not {*"OoIli"} & {*strangers.PRINTED_LETTERS}


def test_the_same_seed_draws_the_same(digits):
    images = torch.from_numpy(digits[0][:30])[:, None]
    for draw in (lambda seed: strangers.as_strangers_draw(images, seed),
                 lambda seed: strangers.no_digits(30, images, seed),
                 lambda seed: strangers.printed_digits(30, seed)[0]):  # fmt: skip
        first = draw(1)
        assert first.shape == (30, 1, 28, 28)
        assert first.dtype == torch.uint8
        assert torch.equal(first, draw(1))
        assert not torch.equal(first, draw(2))


def test_strangers_draw_the_same_digits(digits):
    """Each resembles its original more than the other originals, on average."""
    images = torch.from_numpy(digits[0][:100])[:, None]
    drawn = strangers.as_strangers_draw(images, 0).flatten(1).float()
    flat = images.flatten(1).float()
    alike = torch.nn.functional.cosine_similarity(drawn[:, None], flat[None], dim=-1)
    assert (alike.argmax(1) == torch.arange(100)).float().mean() > 0.8


@pytest.mark.parametrize("draw", [
    lambda images: strangers.as_strangers_draw(images, 0),
    lambda images: strangers.drawn_digits(300, 0)[0],
])  # fmt: skip
def test_paper_is_never_taken_for_ink(digits, draw):
    drawn = draw(torch.from_numpy(digits[0][:300])[:, None])
    around = torch.cat([drawn[..., 0, :], drawn[..., -1, :], drawn[..., 0], drawn[..., -1]], -1)
    assert (around > 127).float().mean(-1).max() < 0.25


def test_printed_digits_come_with_their_labels():
    images, labels = strangers.printed_digits(20, 0)
    assert labels.tolist() == [*range(10), *range(10)]
    ones, eights = images[labels == 1].float().mean(), images[labels == 8].float().mean()
    assert ones < eights, "an 8 has more ink than a 1"
