"""The one-cycle curve against the lesson's printed numbers, and rates for groups."""

import pytest
import torch

from lesson7.core.errors import ConfigError
from lesson7.core.schedule import OneCycle, spread


def test_the_curve_has_the_lessons_numbers():
    """Model0 of the lesson: 1,566 steps, maximum 1e-4."""
    cycle = OneCycle(1566)
    rates = [cycle.lr(step, 1e-4) for step in range(1566)]
    assert rates[0] == pytest.approx(4.0e-6)
    assert max(rates) == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(6.05e-10, rel=1e-2)
    betas = [cycle.beta1(step) for step in range(1566)]
    assert (betas[0], min(betas)) == (pytest.approx(0.95), pytest.approx(0.85))
    assert betas[-1] == pytest.approx(0.95, abs=1e-6)


def test_the_curve_is_torchs_one_cycle_but_for_its_last_steps():
    """An independent implementation, which joins the halves one step later."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0, momentum=0.9)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, 1000, div_factor=25)
    cycle = OneCycle(1000)
    for step in range(999):
        assert cycle.lr(step, 1.0) == pytest.approx(theirs.get_last_lr()[0], abs=0.005)
        optimizer.step()
        theirs.step()


def test_the_shortest_cycle_has_one_step():
    assert OneCycle(1).lr(0, 1e-3) == pytest.approx(1e-3)


@pytest.mark.parametrize(("n_steps", "pct_start"), [(0, 0.3), (10, 1.0), (10, -0.1)])
def test_impossible_cycles_are_refused(n_steps, pct_start):
    with pytest.raises(ConfigError):
        OneCycle(n_steps, pct_start)


@pytest.mark.parametrize(
    ("max_lr", "expected"),
    [
        (3e-3, [3e-4, 3e-4, 3e-3]),
        ((1e-6, 1e-3), [1e-6, 3.162e-5, 1e-3]),
        ((1e-3, 1e-3, 1e-2), [1e-3, 1e-3, 1e-2]),
    ],
)
def test_rates_of_three_groups_are_the_lessons(max_lr, expected):
    assert spread(max_lr, 3) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("max_lr", [(1e-3,) * 4, 0.0, (-1e-3, 1e-3)])
def test_rates_that_do_not_fit_are_refused(max_lr):
    with pytest.raises(ConfigError):
        spread(max_lr, 3)
