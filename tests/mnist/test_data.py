"""What the digit networks are fed: real digits, shuffled, moved, never mirrored."""

import pytest
import torch

from lesson7.core.errors import DataError
from lesson7.mnist.data import Digits, augment, hold_out, lesson_crop, load, made_up, one_of


def test_a_download_that_failed_is_tried_again(tmp_path, monkeypatch):
    tries = []

    def unreachable(url, **_):
        tries.append(url)
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", unreachable)
    for n in (1, 2):
        with pytest.raises(DataError, match=r"could not be downloaded: put .* into .*MNIST/raw"):
            load(tmp_path, train=True)
        assert len(tries) == n


def test_what_is_held_out_is_never_trained_on():
    keep, held = hold_out(1_000, n_held_out=100)
    assert len(keep) == 900
    assert sorted([*keep.tolist(), *held.tolist()]) == list(range(1_000))
    assert torch.equal(held, hold_out(1_000, n_held_out=100)[1]), "the same ones each time"


def test_batches_mix_the_variants_and_keep_the_labels():
    labels = torch.arange(64)
    dark, light = torch.zeros(64, 1, 2, 2, dtype=torch.uint8), torch.ones(64, 1, 2, 2).byte()
    dark[:, 0, 0, 0] = light[:, 0, 0, 0] = labels.byte()
    torch.manual_seed(0)
    both = list(Digits([dark, light], labels).batches(16))
    assert [len(y) for _, y in both] == [16] * 4
    batches = [(one_of(images), y) for images, y in both]
    for images, y in batches:
        assert torch.equal(images[:, 0, 0, 0].long(), y), "an image keeps its label"
    kinds = torch.cat([images[:, 0, 1, 1] for images, _ in batches])
    assert 0 < kinds.sum() < 64, "both variants occur"
    order = torch.cat([y for _, y in batches])
    assert not torch.equal(order, labels)


def test_the_lessons_crop_moves_by_up_to_three_pixels():
    image = torch.zeros(400, 1, 28, 28)
    image[:, 0, 14, 14] = 1
    torch.manual_seed(0)
    at = lesson_crop(image).flatten(1).argmax(1)
    rows, columns = at // 28, at % 28
    assert {*rows.tolist()} == {*columns.tolist()} == {*range(11, 18)}


def test_augmented_digits_keep_range_and_are_the_same_digit(digits):
    images = torch.from_numpy(digits[0])[:, None].float() / 255
    torch.manual_seed(0)
    other = augment(images)
    assert other.shape == images.shape
    assert other.min() >= 0
    assert other.max() <= 1
    assert (other - images).abs().mean() > 0.03, "something happened"
    ink = other.sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert ink.min() > 0.3
    assert ink.max() < 3
    centred = (other.sum((0, 1)) > 0).nonzero().float().mean(0)
    assert (centred - 13.5).abs().max() < 1, "no side is preferred"


def test_augmentation_follows_from_the_seed(digits):
    images = torch.from_numpy(digits[0][:8])[:, None].float() / 255
    torch.manual_seed(5)
    first = augment(images)
    torch.manual_seed(5)
    assert torch.equal(first, augment(images))


def test_made_up_digits_have_the_real_ones_form():
    images, labels = made_up(20)
    assert images.shape == (20, 1, 28, 28)
    assert images.dtype == torch.uint8
    assert {*labels.tolist()} == {*range(10)}
