"""Numbers worked by hand, and torchmetrics as a second opinion."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import lesson7.core.vision  # noqa: F401 - torchmetrics imports torchvision
from lesson7.core import metrics
from lesson7.core.errors import InputError


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_accuracy_counts_right_answers():
    scores = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [-3.0, -2.0]])
    assert metrics.accuracy(scores, torch.tensor([1, 0, 0, 0])) == 0.75
    text = scores.reshape(2, 2, 2)  # (N, T, K)
    assert metrics.accuracy(text, torch.tensor([[1, 0], [1, 1]])) == 0.75


def test_perplexity_by_hand():
    """Beliefs of 1/2 and 1/8 in the right token: 1 / sqrt(1/16) = 4."""
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.375, 0.125]]).log()
    assert metrics.perplexity(logits, torch.tensor([0, 2])) == pytest.approx(4)
    assert metrics.perplexity(logits[None], torch.tensor([[0, 2]])) == pytest.approx(4)


def test_perplexity_at_its_ends():
    logits = torch.tensor([[0.0, 2000.0]])
    assert metrics.perplexity(logits, torch.tensor([1])) == 1
    assert metrics.perplexity(logits, torch.tensor([0])) == math.inf


def test_calibration_error_by_hand():
    """Two of three right at 0.6, gap 1/15; one of one right at 0.8, gap 0.2; one wrong at 1."""
    confidence = torch.tensor([0.6, 0.6, 0.6, 0.8, 1.0])
    right = torch.tensor([1, 1, 0, 1, 0])
    probabilities = torch.stack([confidence, 1 - confidence], dim=1)
    expected = (3 * (2 / 3 - 0.6) + 1 * 0.2 + 1 * 1.0) / 5
    got = metrics.expected_calibration_error(probabilities, 1 - right)
    assert got == pytest.approx(expected, abs=1e-6)


def test_a_bin_holds_its_upper_end_and_not_its_lower():
    """With two bins, 0.5 lies in the lower one: two answers in two bins do not cancel out."""
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25]])
    labels = torch.tensor([0, 1])  # gaps of + 0.5 and - 0.75
    two = metrics.expected_calibration_error(probabilities, labels, bins=2)
    one = metrics.expected_calibration_error(probabilities, labels, bins=1)
    assert (two, one) == (pytest.approx(0.625), pytest.approx(0.125))


def test_calibration_error_agrees_with_torchmetrics(rng: torch.Generator):
    from torchmetrics.functional.classification import multiclass_calibration_error

    probabilities = (3 * torch.randn(500, 10, generator=rng)).softmax(1)
    labels = torch.randint(10, (500,), generator=rng)
    theirs = multiclass_calibration_error(probabilities, labels, num_classes=10, n_bins=15)
    ours = metrics.expected_calibration_error(probabilities, labels)
    assert ours == pytest.approx(theirs.item(), abs=1e-5)


def test_what_is_said_is_what_happens_has_no_calibration_error(rng: torch.Generator):
    """Labels drawn from the probabilities themselves: the error falls to sampling noise."""
    probabilities = torch.randn(40_000, 5, generator=rng).softmax(1)
    labels = probabilities.multinomial(1, generator=rng)[:, 0]
    assert metrics.expected_calibration_error(probabilities, labels) < 0.02


def test_logits_are_not_taken_for_probabilities():
    with pytest.raises(InputError, match="not logits"):
        metrics.expected_calibration_error(torch.tensor([[3.0, -1.0]]), torch.tensor([0]))
    with pytest.raises(InputError, match="not logits"):
        metrics.expected_calibration_error(torch.full((1, 2), torch.nan), torch.tensor([0]))


def test_psnr_by_hand():
    black = torch.zeros(3, 3, 4, 4)
    other = black.clone()
    other[0] = 1.0  # the opposite: 0 dB
    other[1] = 0.1  # a tenth: 20 dB
    ratios = metrics.psnr(other, black)
    assert ratios.tolist() == [pytest.approx(0), pytest.approx(20), math.inf]
    one_level = metrics.psnr(torch.full((1, 1, 2, 2), 1 / 255), torch.zeros(1, 1, 2, 2))
    assert one_level.item() == pytest.approx(48.13, abs=0.01)


def test_psnr_agrees_with_torchmetrics(rng: torch.Generator):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    images, targets = torch.rand(2, 4, 3, 16, 16, generator=rng)
    theirs = peak_signal_noise_ratio(
        images, targets, data_range=1.0, reduction="none", dim=(1, 2, 3)
    )
    torch.testing.assert_close(metrics.psnr(images, targets), theirs)


def ssim_by_definition(x: Tensor, y: Tensor) -> float:
    """Equation 13 of the paper for two planes (H, W), window by window."""
    ramp = torch.arange(11, dtype=torch.double) - 5
    line = (-ramp.square() / (2 * 1.5**2)).exp()
    window = torch.outer(line, line)
    window = (window / window.sum()).flatten()
    x, y = (F.unfold(plane[None, None].double(), 11)[0] for plane in (x, y))  # (121, windows)
    mean_x, mean_y = window @ x, window @ y
    var_x, var_y = window @ x.square() - mean_x**2, window @ y.square() - mean_y**2
    both = window @ (x * y) - mean_x * mean_y
    a, b = 0.01**2, 0.03**2
    value = (2 * mean_x * mean_y + a) * (2 * both + b)
    return (value / ((mean_x**2 + mean_y**2 + a) * (var_x + var_y + b))).mean().item()


def test_ssim_agrees_with_its_definition(rng: torch.Generator):
    images = torch.rand(2, 3, 20, 17, generator=rng)
    targets = (0.7 * images + 0.3 * torch.rand(2, 3, 20, 17, generator=rng)).clamp(0, 1)
    expected = [
        sum(ssim_by_definition(x[c], y[c]) for c in range(3)) / 3
        for x, y in zip(images, targets, strict=True)
    ]
    got = metrics.ssim(images, targets)
    assert got.shape == (2,)
    torch.testing.assert_close(got, torch.tensor(expected), atol=1e-4, rtol=0)


def test_ssim_agrees_with_torchmetrics_away_from_the_borders(rng: torch.Generator):
    """torchmetrics pads the borders; its map, cut back to whole windows, is ours."""
    from torchmetrics.functional.image import structural_similarity_index_measure

    images, targets = torch.rand(2, 2, 3, 24, 31, generator=rng)
    _, everywhere = structural_similarity_index_measure(
        images, targets, data_range=1.0, reduction="none", return_full_image=True
    )
    theirs = everywhere[..., 5:-5, 5:-5].mean(dim=(1, 2, 3))
    torch.testing.assert_close(metrics.ssim(images, targets), theirs, atol=1e-4, rtol=0)


def test_ssim_at_its_ends(rng: torch.Generator):
    image = torch.rand(1, 3, 32, 32, generator=rng)
    assert metrics.ssim(image, image).item() == pytest.approx(1)
    assert metrics.ssim(image, 1 - image).item() < 0
    assert metrics.ssim(image, 1 - image).item() >= -1
    assert metrics.ssim(image[:, :, :11, :11], image[:, :, :11, :11]).item() == pytest.approx(1)


@pytest.mark.parametrize(
    "metric", [metrics.psnr, metrics.ssim, partial(metrics.feature_distance, lambda x: [x])]
)
@pytest.mark.parametrize(
    ("first", "second"),
    [((0, 3, 16, 16), (0, 3, 16, 16)), ((1, 3, 16, 16), (1, 1, 16, 16)), ((3, 16, 16),) * 2],
)
def test_pictures_that_cannot_be_compared_are_refused(metric, first, second):
    with pytest.raises(InputError, match=r"\(N, C, H, W\)"):
        metric(torch.zeros(first), torch.zeros(second))


def test_ssim_refuses_what_is_smaller_than_its_window():
    with pytest.raises(InputError, match="11 pixels"):
        metrics.ssim(torch.zeros(1, 3, 10, 30), torch.zeros(1, 3, 10, 30))


@pytest.mark.parametrize(
    "metric", [metrics.accuracy, metrics.perplexity, metrics.expected_calibration_error]
)
@pytest.mark.parametrize(("scores", "labels"), [((0, 3), (0,)), ((2, 3), (3,)), ((3,), ())])
def test_answers_that_cannot_be_judged_are_refused(metric, scores, labels):
    with pytest.raises(InputError, match="labels"):
        metric(torch.zeros(scores), torch.zeros(labels, dtype=torch.long))


def test_feature_distance_by_hand():
    """Two taps; angles of 0 and 90 degrees in the first, 60 in the second: (0 + 2) / 2 and 1."""

    def features(pictures: Tensor) -> list[Tensor]:
        wide = pictures[:, :2]  # (N, 2, 1, 2)
        return [wide, torch.stack([pictures[:, 2], (1 - pictures[:, 2].square()).sqrt()], 1)]

    one = torch.tensor([[[[5.0, 1.0]], [[0.0, 0.0]], [[1.0, 1.0]]]])
    other = torch.tensor([[[[0.1, 0.0]], [[0.0, 9.0]], [[0.5, 0.5]]]])
    torch.testing.assert_close(
        metrics.feature_distance(features, one, other), torch.tensor([1.0]), atol=1e-6, rtol=0
    )
    assert metrics.feature_distance(features, one, one).tolist() == [0.0]


def test_feature_distance_of_features_that_are_silent():
    """Where nothing answers there is no direction, and no NaN."""
    silent = torch.zeros(1, 3, 4, 4)
    assert metrics.feature_distance(lambda x: [x], silent, silent).item() == 0
    assert metrics.feature_distance(lambda x: [x], silent, silent + 1).item() == pytest.approx(1)
