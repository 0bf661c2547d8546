"""The augmentation in front of the modern critic."""

import torch

from lesson7.bedrooms.augment import augment


def test_augmentation_changes_every_picture_and_lets_gradients_through():
    images = (torch.rand(16, 3, 64, 64) * 2 - 1).requires_grad_(True)
    changed = augment(images)
    assert changed.shape == images.shape
    assert ((changed - images).abs().flatten(1).max(1).values > 0.1).all()
    changed.sum().backward()
    assert (images.grad.flatten(1).abs().sum(1) > 0).all()


def test_augmentation_puts_a_grey_square_on_each_picture():
    changed = augment(torch.full((32, 3, 64, 64), 0.9), hole=0.5)
    blank = (changed == 0).all(1).flatten(1).float().mean(1)
    assert (blank > 0.05).all()
    assert (blank < 0.6).all()


def test_augmentation_follows_torchs_seed():
    images = torch.rand(4, 3, 64, 64)
    torch.manual_seed(5)
    first = augment(images)
    torch.manual_seed(5)
    torch.testing.assert_close(first, augment(images), rtol=0, atol=0)
