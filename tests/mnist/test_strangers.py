"""Strangers' digits and no digits: reproducible, varied, in MNIST's convention."""

import numpy as np
import torch

from lesson7.mnist import strangers


def test_every_letter_and_sign_can_be_drawn():
    rng = np.random.default_rng(0)
    for strokes in [*strangers.LETTERS.values(), *strangers.SIGNS.values()]:
        picture = strangers.polyline(strokes, rng)
        assert picture.shape == (120, 120)
        assert 20 < (picture > 127).sum() < 7_000


def test_doubtful_letters_are_not_called_no_digit():
    assert not {*"OoIlibgqsz"} & {*strangers.LETTERS}
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


def test_printed_digits_come_with_their_labels():
    images, labels = strangers.printed_digits(20, 0)
    assert labels.tolist() == [*range(10), *range(10)]
    ones, eights = images[labels == 1].float().mean(), images[labels == 8].float().mean()
    assert ones < eights, "an 8 has more ink than a 1"
