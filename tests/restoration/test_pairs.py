"""What a network is fed: pairs that show the same place, damaged and whole."""

import pytest
import torch

from lesson7.core.metrics import psnr
from lesson7.restoration import data
from lesson7.restoration.pairs import Pairs, judging_pairs, lesson_augment


@pytest.fixture(scope="module")
def photographs():
    return data.MadeUp(12)


@pytest.mark.parametrize("family", [0.0, 1.0])
def test_a_pair_is_of_one_size_and_unit_range(photographs, family):
    damaged, target = Pairs(photographs, range(12), 96, family=family)[5]
    assert damaged.shape == target.shape == (3, 96, 96)
    assert damaged.min() >= 0
    assert damaged.max() <= 1
    assert target.dtype == torch.float32


@pytest.mark.parametrize("augment", [None, lesson_augment(96)])
def test_both_pictures_show_the_same_place(photographs, augment):
    """The damaged copy is closer to its own target than to any other crop's."""
    pairs = Pairs(photographs, range(12), 96, family=0.0, augment=augment)
    damaged, targets = (
        torch.stack(part) for part in zip(*(pairs[i] for i in range(12)), strict=True)
    )
    for index in range(12):
        scores = psnr(damaged[index].expand_as(targets), targets)
        assert scores.argmax() == index


def test_an_undamaged_copy_is_augmented_exactly_as_its_target(photographs, monkeypatch):
    monkeypatch.setattr("lesson7.restoration.pairs.degrade", lambda image, rng, form: (image, None))
    pairs = Pairs(photographs, range(12), 96, family=0.0, augment=lesson_augment(96))
    for index in range(12):
        damaged, target = pairs[index]
        torch.testing.assert_close(damaged, target)


def test_crops_follow_from_seed_epoch_and_number(photographs):
    pairs, again, other = (Pairs(photographs, range(12), 64, seed=s) for s in (0, 0, 1))
    torch.testing.assert_close(pairs[3], again[3])
    assert not torch.equal(pairs[3][1], other[3][1])
    first = pairs[3][1]
    pairs.set_epoch(1)
    assert not torch.equal(pairs[3][1], first)


def test_the_lesson_augmentation_leaves_the_shared_random_numbers_alone(photographs):
    pairs = Pairs(photographs, range(12), 64, family=0.0, augment=lesson_augment(64))
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    pairs[0]
    torch.testing.assert_close(torch.rand(3), expected)


def test_a_share_stays_whole(photographs):
    pairs = Pairs(photographs, range(12), 64, whole=0.5, repeats=10)
    same = sum(torch.equal(*pairs[i]) for i in range(120))
    assert 45 < same < 75


def test_half_of_the_crops_with_a_number_look_at_it(photographs):
    """White pixels that the photograph does not have: there far more often than by chance."""
    pairs = Pairs(photographs, range(12), 64, family=0.0, repeats=10)
    written = [
        ((damaged - target) > 0.35).sum() > 60 for damaged, target in (pairs[i] for i in range(120))
    ]
    assert 0.35 < sum(written) / 120 < 0.9


def test_only_the_named_members_of_the_family_are_used(photographs):
    """Fading moves no detail; others of the family do."""
    correlations = []
    for names in (["fading"], None):
        pairs = Pairs(photographs, range(12), 64, family=1.0, names=names)
        both = [torch.stack([p.mean(0).flatten() for p in pairs[i]]) for i in range(12)]
        correlations.append(torch.stack([torch.corrcoef(pair)[0, 1] for pair in both]).min())
    assert correlations[0] > 0.9 > correlations[1]


def test_repeats_make_an_epoch_longer_with_other_crops(photographs):
    pairs = Pairs(photographs, range(12), 64, repeats=3)
    assert len(pairs) == 36
    assert not torch.equal(pairs[0][1], pairs[12][1])


def test_judging_pairs_never_change(photographs):
    damaged, target = judging_pairs(photographs, [2, 5])
    again = judging_pairs(photographs, [5])
    assert damaged.shape == target.shape == (2, 3, 256, 256)
    torch.testing.assert_close((damaged[1:], target[1:]), again)
    family = judging_pairs(photographs, [5], form=None)
    torch.testing.assert_close(family[1], again[1])
