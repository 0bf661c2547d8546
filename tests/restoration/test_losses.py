"""Losses with numbers worked by hand."""

from math import exp, log

import pytest
import torch

from lesson7.core.errors import InputError
from lesson7.core.images import IMAGENET_STD
from lesson7.restoration import losses
from tests.restoration.pictures import grey

# ------------------------------------------------------------------------------ pixels


def test_the_pixel_loss_counts_in_imagenets_deviations():
    """Grey .5 for grey .6: (.1 / std)^2, averaged over red, green and blue."""
    wanted = sum((0.1 / std) ** 2 for std in IMAGENET_STD) / 3
    assert losses.pixel_loss(grey(0.5), grey(0.6)).item() == pytest.approx(wanted, rel=1e-4)


def test_the_lessons_error_in_decibels():
    """An error that is the same in all channels, in deviations: 0.0431 is about 26.6 dB."""
    mse = 0.043146 * sum(std**2 for std in IMAGENET_STD) / 3
    assert -10 * log(mse, 10) == pytest.approx(26.57, abs=0.01)


# ------------------------------------------------------------------------ adversarial


def test_the_critics_loss_by_hand():
    """Real logits log 3 and 0: probabilities 3/4 and 1/2. Fake logit log 4: 4/5 for real.

    1/2 [ (log 4/3 + log 2) / 2 + log 5 ]
    """
    loss = losses.critic_loss(torch.tensor([[log(3)], [0.0]]), torch.tensor([[log(4)]]))
    assert loss.item() == pytest.approx(0.5 * ((log(4 / 3) + log(2)) / 2 + log(5)), rel=1e-5)


def test_the_critics_loss_is_the_lessons_mean_over_patches_of_cross_entropies():
    real, fake = torch.randn(3, 25), torch.randn(5, 25)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    wanted = (bce(real, torch.ones(3, 25)) + bce(fake, torch.zeros(5, 25))) / 2
    torch.testing.assert_close(losses.critic_loss(real, fake), wanted)


def test_the_critic_is_pulled_towards_high_logits_for_reals():
    real = torch.zeros(2, requires_grad=True)
    fake = torch.zeros(2, requires_grad=True)
    losses.critic_loss(real, fake).backward()
    assert real.grad.tolist() == [-0.125, -0.125]  # 1/2 * 1/2 patch * (sigmoid(0) - 1)
    assert fake.grad.tolist() == [0.125, 0.125]


def test_a_sure_critic_that_is_right_pays_nothing_and_one_that_is_wrong_stays_finite():
    sure = torch.tensor([1e4])
    assert losses.critic_loss(sure, -sure).item() == 0
    assert losses.critic_loss(-sure, sure).item() == 1e4


def test_the_generators_loss_by_hand():
    """Fake logits log 3 and -log 3: -log(3/4) and -log(1/4), mean log 4/3 + log(3)/2."""
    loss = losses.generator_adversarial(torch.tensor([log(3), -log(3)]))
    assert loss.item() == pytest.approx((log(4 / 3) + log(4)) / 2, rel=1e-5)
    assert loss.item() == pytest.approx(-(log(1 / (1 + exp(-log(3)))) + log(0.25)) / 2, rel=1e-5)


def test_the_generators_parts_by_hand_and_their_sum():
    """Logit 0: log 2, weight 1. Grey .5 for .6: the pixel loss, weight 50."""
    restored, target = grey(0.5), grey(0.6)
    parts = losses.generator_parts(
        fake_logits=torch.zeros(1, 4), restored=restored, target=target, weights=(1, 50)
    )
    pixel = sum((0.1 / std) ** 2 for std in IMAGENET_STD) / 3
    assert parts["adversarial"].item() == pytest.approx(log(2))
    assert parts["pixel"].item() == pytest.approx(50 * pixel, rel=1e-4)
    assert losses.total(parts).item() == pytest.approx(log(2) + 50 * pixel, rel=1e-4)


def test_accuracy_counts_reals_and_fakes_alike():
    """Half of the reals, all of three times as many fakes: 75 %, not 87.5 %."""
    real, fake = torch.tensor([1.0, -1.0]), torch.full((6,), -1.0)
    assert losses.patch_accuracy(real, fake) == 0.75


def test_empty_batches_are_refused():
    some, none = torch.ones(2), torch.ones(0)
    for call in (
        lambda: losses.critic_loss(some, none),
        lambda: losses.critic_loss(none, some),
        lambda: losses.generator_adversarial(none),
        lambda: losses.patch_accuracy(none, some),
    ):
        with pytest.raises(InputError):
            call()


def test_a_window_is_the_same_of_both_and_begins_anywhere():
    """Every pixel knows its place, so the corner can be read off."""
    place = torch.arange(20 * 24.0).view(1, 1, 20, 24).expand(2, 3, 20, 24)
    corners = set()
    for _ in range(1_000):
        one, other = losses.same_window(place, place + 0.5)
        assert one.shape == other.shape == (2, 3, 13, 17)
        assert torch.equal(one + 0.5, other)
        corners.add(divmod(int(one[0, 0, 0, 0]), 24))
    assert corners == {(row, column) for row in range(8) for column in range(8)}


def test_a_window_of_unlike_pictures_is_refused():
    with pytest.raises(InputError, match="target"):
        losses.same_window(torch.zeros(1, 3, 20, 20), torch.zeros(1, 3, 20, 21))
