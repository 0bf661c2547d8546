"""How good an answer is, as one number with a unit.

    accuracy                        share of right answers, 0 .. 1
    expected_calibration_error      how far confidence is from accuracy, 0 .. 1          [1]
    perplexity                      how many tokens it hesitates between, 1 .. infinity
    psnr                            closeness of pictures, pixel by pixel, in dB
    ssim                            closeness of pictures, structure by structure, -1 .. 1 [2]
    feature_distance                closeness of pictures, as a network sees them, 0 .. 4  [3]
    distance_between                the same of what it has seen already

All take what a network gives for a whole data set or a batch; none keeps a state. Means of
batches of different sizes are not the mean of the whole: weight them by size.

References:
    [1] Guo et al., On calibration of modern neural networks, 2017.
        https://arxiv.org/abs/1706.04599
    [2] Wang et al., Image quality assessment: from error visibility to structural
        similarity, 2004. https://doi.org/10.1109/TIP.2003.819861
    [3] Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric,
        2018. https://arxiv.org/abs/1801.03924
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from lesson7.core.errors import InputError

SSIM_WINDOW = 11  # pixels: the Gaussian window of [2], deviation 1.5
_C1, _C2 = 0.01**2, 0.03**2  # keep the quotients of [2] finite where a window is flat


def accuracy(scores: Tensor, labels: Tensor) -> float:
    """The share of answers that are right, 0 to 1.

    Args:
        scores: logits or probabilities, ``(..., K)`` for K classes or tokens; the largest
            is the answer, the first of equals.
        labels: class numbers, ``(...)``: ``(N,)`` for images, ``(N, T)`` for text.

    Raises:
        InputError: there is nothing to judge, or the shapes do not match.

    >>> accuracy(torch.tensor([[0.1, 2.0], [3.0, 1.0]]), torch.tensor([1, 1]))
    0.5
    """
    _check_labels(scores, labels)
    return (scores.argmax(-1) == labels).float().mean().item()


def perplexity(logits: Tensor, labels: Tensor) -> float:
    """The exponential of the mean cross-entropy, 1 (certain and right) to infinity.

        exp( - mean log p(label) )

    A network that spreads its belief evenly over K tokens has a perplexity of K.

    Args:
        logits: ``(..., K)``, such as ``(N, T, K)``.
        labels: token numbers, ``(...)``.

    Raises:
        InputError: there is nothing to judge, or the shapes do not match.

    >>> round(perplexity(torch.zeros(3, 38), torch.tensor([0, 7, 37])), 3)
    38.0
    """
    _check_labels(logits, labels)
    loss = F.cross_entropy(logits.flatten(0, -2).double(), labels.flatten())
    return loss.exp().item()


def expected_calibration_error(probabilities: Tensor, labels: Tensor, *, bins: int = 15) -> float:
    """How far the confidence is from the accuracy, 0 to 1 (equation 3 of [1]).

        sum over bins of  (answers in bin / answers) * | accuracy in bin - mean confidence in bin |

    The confidence of an answer is the largest of its probabilities; bin i of B holds those in
    (i / B, (i + 1) / B]. A network that says "90 %" and is right nine times of ten scores 0.

    Args:
        probabilities: ``(N, K)``, rows that sum to 1.
        labels: class numbers, ``(N,)``.
        bins: equal intervals of 0 to 1; 15 in [1].

    Raises:
        InputError: there is nothing to judge, the shapes do not match, or these are no
            probabilities.

    >>> sure = torch.tensor([[0.9, 0.1], [0.9, 0.1]])
    >>> round(expected_calibration_error(sure, torch.tensor([0, 1])), 3)  # 90 % sure, half right
    0.4
    """
    _check_labels(probabilities, labels)
    if not (probabilities >= 0).all() or (probabilities.sum(-1) - 1).abs().max() > 1e-2:
        raise InputError("The calibration error needs probabilities, not logits.")
    confidence, answers = probabilities.double().max(-1)
    right = (answers == labels).double()
    bin_of = (confidence * bins).ceil().long().sub(1).clamp(0, bins - 1)
    gaps = torch.zeros(bins, dtype=torch.double, device=labels.device)
    gaps.index_add_(0, bin_of.flatten(), (right - confidence).flatten())  # n * (accuracy - mean)
    return (gaps.abs().sum() / labels.numel()).item()


def psnr(images: Tensor, targets: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each picture, in decibels; higher is closer.

        -10 log10( mean squared error )        for values of 0 to 1

    Equal pictures score infinity, an error of 1/255 everywhere 48.1 dB, black for white 0 dB.

    Args:
        images: ``(N, C, H, W)``, unit range.
        targets: the same shape, unit range.

    Returns:
        ``(N,)``, one ratio per picture. The field reports the mean of these, which is not
        the ratio of the mean error.

    Raises:
        InputError: there is nothing to judge, or the shapes are not the same.
    """
    _check_pictures(images, targets)
    errors = (images.float() - targets.float()).square().mean(dim=(1, 2, 3))
    return -10 * errors.log10()


def ssim(images: Tensor, targets: Tensor) -> Tensor:
    """Structural similarity of each picture, -1 to 1; 1 only for equal pictures [2].

    Brightness, contrast and correlation are compared in a Gaussian window of 11 pixels
    (deviation 1.5, K1 = 0.01, K2 = 0.03) wherever it fits, in each channel, and averaged.
    Written out here because libraries differ, and from version to version: those that pad
    the borders or judge luminance alone are off by a few hundredths.

    Args:
        images: ``(N, C, H, W)``, unit range, at least 11 pixels high and wide.
        targets: the same shape, unit range.

    Returns:
        ``(N,)``, one similarity per picture.

    Raises:
        InputError: there is nothing to judge, the shapes are not the same, or a side is
            shorter than the window.
    """
    _check_pictures(images, targets)
    if min(images.shape[-2:]) < SSIM_WINDOW:
        raise InputError(f"SSIM needs pictures of at least {SSIM_WINDOW} pixels along each side.")
    x, y = images.float(), targets.float()
    products = torch.cat([x, y, x * x, y * y, x * y])  # (5N, C, H, W)
    mean_x, mean_y, square_x, square_y, both = _window_mean(products).chunk(5)
    spread = square_x - mean_x**2 + square_y - mean_y**2  # the two variances
    together = both - mean_x * mean_y  # the covariance
    value = (2 * mean_x * mean_y + _C1) * (2 * together + _C2)
    value = value / ((mean_x**2 + mean_y**2 + _C1) * (spread + _C2))
    return value.mean(dim=(1, 2, 3))


def feature_distance(
    features: Callable[[Tensor], Sequence[Tensor]], images: Tensor, targets: Tensor
) -> Tensor:
    """How far two pictures are apart for a network that has learnt to see; 0 for equal ones.

        mean over taps, mean over places of  | x / |x| - y / |y| |^2

    x and y are the features of both pictures at one place, vectors over the channels. This is
    the distance of [3] without its learned weights per channel, so the numbers compare with
    each other, not with published ones. Judge with a network that trained nothing of what is
    judged.

    Args:
        features: pictures -> features ``(N, C, h, w)`` at one depth or more (``backbones``).
        images: ``(N, 3, H, W)``, in the range that ``features`` takes.
        targets: the same shape and range.

    Returns:
        ``(N,)``, 0 to 4, and to 2 for features that are never negative.

    Raises:
        InputError: there is nothing to judge, or the shapes are not the same.

    >>> one, other = torch.tensor([3.0, 4.0]), torch.tensor([4.0, 3.0])
    >>> pictures = [x.reshape(1, 2, 1, 1) for x in (one, other)]
    >>> f"{feature_distance(lambda picture: [picture], *pictures).item():.3f}"  # 2 * 0.2^2
    '0.080'
    """
    _check_pictures(images, targets)
    return distance_between(features(images), features(targets))


def distance_between(seen: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """The same of what a network has seen already, for instance to learn from it.

    Args:
        seen, wanted: ``(N, C, h, w)`` at each depth, of the pictures and of their targets.

    Returns:
        ``(N,)``, float32; gradients flow to both.
    """
    distances = []
    for x, y in zip(seen, wanted, strict=True):
        difference = F.normalize(x.float(), dim=1) - F.normalize(y.float(), dim=1)
        distances.append(difference.square().sum(1).mean(dim=(1, 2)))
    return torch.stack(distances).mean(0)


def _window_mean(x: Tensor) -> Tensor:
    """Gaussian mean around each pixel: ``(N, C, H, W)`` -> ``(N, C, H - 10, W - 10)``."""
    place = torch.arange(SSIM_WINDOW, device=x.device) - SSIM_WINDOW // 2
    weights = (-place.square() / (2 * 1.5**2)).exp()
    line = (weights / weights.sum()).reshape(1, 1, 1, SSIM_WINDOW)
    planes = x.flatten(0, 1)[:, None]  # (N * C, 1, H, W)
    means = F.conv2d(F.conv2d(planes, line), line.mT)
    return means.reshape(*x.shape[:2], *means.shape[2:])


def _check_labels(scores: Tensor, labels: Tensor) -> None:
    if labels.numel() == 0 or scores.ndim < 2 or scores.shape[:-1] != labels.shape:
        raise InputError(
            f"Scores {tuple(scores.shape)} and labels {tuple(labels.shape)}: "
            "expected (..., K) and (...), with at least one label."
        )


def _check_pictures(images: Tensor, targets: Tensor) -> None:
    if images.ndim != 4 or images.numel() == 0 or images.shape != targets.shape:
        raise InputError(
            f"Pictures {tuple(images.shape)} and {tuple(targets.shape)}: "
            "expected (N, C, H, W) twice, with at least one picture."
        )
