"""Distances of sets, against formulas worked out another way."""

import numpy as np
import pytest
import torch
from scipy import linalg

from lesson7.bedrooms import judge
from lesson7.core.errors import ConfigError, InputError


def test_the_distance_of_shifted_sets_is_the_square_of_the_shift():
    a = torch.randn(500, 3)
    assert judge.frechet_distance(a, a + torch.tensor([1.0, 2.0, 2.0])) == pytest.approx(
        9, rel=1e-4
    )


def test_the_distance_of_scaled_sets_is_the_sum_of_squared_differences_of_deviations():
    a = torch.randn(500, 2)
    a -= a.mean(0)
    variance = a.var(0).sum().item()
    assert judge.frechet_distance(a, 3 * a) == pytest.approx(4 * variance, rel=1e-4)


def test_the_distance_is_the_papers_formula():
    rng = torch.Generator().manual_seed(0)
    a = torch.randn(80, 6, generator=rng) @ torch.randn(6, 6, generator=rng)
    b = torch.randn(50, 6, generator=rng) + 1
    x, y = a.double().numpy(), b.double().numpy()
    root = linalg.sqrtm(np.cov(x.T) @ np.cov(y.T)).real
    wanted = np.square(x.mean(0) - y.mean(0)).sum()
    wanted += np.trace(np.cov(x.T) + np.cov(y.T) - 2 * root)
    assert judge.frechet_distance(a, b) == pytest.approx(wanted, rel=1e-4)


def test_one_vector_has_no_covariance():
    with pytest.raises(InputError):
        judge.frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))


def test_a_collapsed_set_is_precise_and_recalls_almost_nothing():
    real = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
    middle = real[real.norm(dim=1).argmin()]
    fake = middle + 1e-3 * torch.randn(200, 4, generator=torch.Generator().manual_seed(1))
    precision, recall = judge.precision_recall(fake, real)
    assert precision == 1
    assert recall <= 0.01


def test_a_set_that_is_everywhere_recalls_all_and_is_not_precise():
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(200, 4, generator=rng)
    fake = 6 * torch.randn(200, 4, generator=rng)
    precision, recall = judge.precision_recall(fake, real)
    assert precision < 0.3
    assert recall > 0.9


def test_precision_and_recall_by_hand():
    """Reals 0, 1, 2 reach 1 each with k = 1; fakes 3.5 and 0.5, of which one is among them.
    Fakes reach 3 each: all reals are among them."""
    real, fake = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[3.5], [0.5]])
    assert judge.precision_recall(fake, real, k=1) == (0.5, 1.0)


def test_too_few_vectors_for_the_neighbours_are_refused():
    with pytest.raises(InputError):
        judge.precision_recall(torch.zeros(3, 2), torch.zeros(10, 2), k=3)


def test_the_nearest_is_found():
    among = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    distances, indices = judge.nearest(torch.tensor([[3.0, 3.0], [0.0, -2.0]]), among)
    assert distances.tolist() == [1, 2]
    assert indices.tolist() == [1, 0]


def test_only_two_networks_judge_bedrooms():
    with pytest.raises(ConfigError, match="resnet18 or squeezenet"):
        judge.network("vgg19", None)


@pytest.mark.parametrize(("name", "dimensions"), [("resnet18", 256), ("squeezenet", 512)])
def test_pictures_become_vectors_whatever_the_batch(name, dimensions):
    network = judge.network(name, None)
    images = torch.rand(5, 3, 64, 64) * 2 - 1
    vectors = judge.embed(network, images, batch_size=2)
    assert vectors.shape == (5, dimensions)
    torch.testing.assert_close(vectors, judge.embed(network, images), rtol=1e-3, atol=1e-3)
