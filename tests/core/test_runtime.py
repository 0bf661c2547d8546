"""Seeds that hold, threads that are set, and a precision that is measured, not guessed."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lesson7.core import runtime
from lesson7.core.errors import ConfigError, InputError


@pytest.fixture(autouse=True)
def nothing_measured_yet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runtime, "_choices", {})


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another OpenMP")
@pytest.mark.parametrize(("chosen", "heard"), [("", "PASSIVE"), ("active", "ACTIVE")])
def test_torchs_threads_sleep_while_they_wait_unless_told_otherwise(chosen, heard):
    environ = {**os.environ, "OMP_DISPLAY_ENV": "true"}
    environ.pop("OMP_WAIT_POLICY", None)
    environ |= {"OMP_WAIT_POLICY": chosen} if chosen else {}
    source = "import lesson7.core.runtime as r; r.torch.ones(1)"
    done = subprocess.run(
        [sys.executable, "-c", source], env=environ, capture_output=True, text=True
    )
    assert f"OMP_WAIT_POLICY = '{heard}'" in done.stderr


# ---------------------------------------------------------------------------------- device


@pytest.mark.parametrize(
    ("zero_gpu", "seen", "taken", "kind"),
    [
        (None, False, False, "cpu"),
        (None, True, False, "cuda"),
        ("false", True, False, "cuda"),
        ("true", True, False, "cpu"),
        ("true", True, True, "cuda"),
        ("1", False, True, "cpu"),
    ],
)
def test_a_card_is_used_where_there_is_one(monkeypatch, zero_gpu, seen, taken, kind):
    """A ZeroGPU Space sees one at all times, and has one only when it was lent it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: seen)
    monkeypatch.setattr(runtime, "_card_taken", False)
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    if zero_gpu is not None:
        monkeypatch.setenv("SPACES_ZERO_GPU", zero_gpu)
    if taken:
        runtime.take_card()
    assert runtime.device().type == kind


# ----------------------------------------------------------------------------------- seeds


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1, np.int64(7), np.uint8(255)])
def test_whole_numbers_are_seeds(seed):
    checked = runtime.check_seed(seed)
    assert type(checked) is int
    assert checked == seed


@pytest.mark.parametrize(
    "seed",
    [
        *(True, False, np.True_),
        *(3.5, 3.0, np.float64(3), float("nan"), float("inf")),
        *(-1, np.int8(-1), 2**63, 2**64, 10**400),
        *("7", "", None, [7], {"seed": 7}, b"7", 1j, torch.tensor(7)),
    ],
)
def test_everything_else_is_refused_in_words(seed):
    for use in (runtime.check_seed, runtime.generator, runtime.seed_everything):
        with pytest.raises(InputError, match="whole number from 0 to 9223372036854775807"):
            use(seed)


def test_equal_seeds_draw_equal_numbers_whatever_happens_around_them():
    first = torch.randn(5, generator=runtime.generator(7))
    torch.rand(3)
    torch.testing.assert_close(torch.randn(5, generator=runtime.generator(7)), first)
    assert not torch.equal(torch.randn(5, generator=runtime.generator(8)), first)


def test_a_generator_leaves_the_shared_source_alone():
    before = torch.get_rng_state()
    torch.randn(5, generator=runtime.generator(7))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_one_seed_for_everything(seed: int):
    def draw() -> tuple[float, float, float]:
        runtime.seed_everything(seed)
        return random.random(), float(np.random.rand()), torch.rand(()).item()

    assert draw() == draw()


# --------------------------------------------------------------------- device and threads


def test_the_device_is_one_that_works():
    assert torch.zeros(2, device=runtime.device()).sum().item() == 0


def test_threads_are_set():
    before = torch.get_num_threads()
    try:
        runtime.use_threads(2)
        assert torch.get_num_threads() == 2
        runtime.use_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        runtime.use_threads(before)
    with pytest.raises(ConfigError, match="at least one"):
        runtime.use_threads(0)


@pytest.mark.parametrize(
    ("cores", "processes", "threads"), [(2, 1, 2), (1, 1, 2), (2, 2, 1), (8, 2, 2), (2, 4, 1)]
)
def test_processes_share_the_cores(monkeypatch, cores: int, processes: int, threads: int):
    before = torch.get_num_threads()
    monkeypatch.setattr(runtime.os, "cpu_count", lambda: cores)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    try:
        runtime.use_threads()
        assert torch.get_num_threads() == threads
    finally:
        runtime.use_threads(before)


# ------------------------------------------------------------------------------- precision


class Watched(nn.Module):
    """Takes as long by the fake clock as it is told, and counts its runs."""

    def __init__(self, exact: list[float], short: list[float]) -> None:
        super().__init__()
        self.times: dict[bool, Iterator[float]] = {False: iter(exact), True: iter(short)}
        self.now = 0.0
        self.runs: list[bool] = []
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        bfloat16 = torch.is_autocast_enabled("cpu")
        self.runs.append(bfloat16)
        self.now += next(self.times[bfloat16])
        assert torch.is_inference_mode_enabled()
        return x

    def clock(self) -> float:
        return self.now


INPUT = torch.zeros(1, 3)


@pytest.mark.parametrize(
    ("exact", "short", "chosen"),
    [
        ([9, 1, 1, 1], [9, 0.8, 0.8, 0.8], torch.float32),  # the first run says hopeless
        ([9, 1, 1, 1], [4, 0.8, 0.8, 0.8], torch.bfloat16),
        ([9, 1, 1, 1], [4, 0.95, 0.95, 0.95], torch.float32),  # not worth the error
        ([0.1, 1, 1, 1], [0.1, 2, 2, 2], torch.float32),  # warming up does not count
        ([9, 5, 1, 7], [4, 0.95, 5, 5], torch.float32),  # the best of three
        ([9, 5, 1, 7], [4, 5, 5, 0.5], torch.bfloat16),
    ],
)
def test_the_faster_precision_is_kept(exact, short, chosen):
    module = Watched(exact, short)
    assert runtime.faster_dtype(module, INPUT, clock=module.clock) is chosen


def test_imitated_bfloat16_is_given_up_after_one_run():
    module = Watched([1, 1], [30])
    assert runtime.faster_dtype(module, INPUT, clock=module.clock) is torch.float32
    assert module.runs == [False, False, True]


def test_a_kind_and_shape_is_measured_once():
    first, second = (Watched([1] * 4, [0.5] * 4) for _ in range(2))
    for module in (first, first, second):
        assert runtime.faster_dtype(module, INPUT, clock=module.clock) is torch.bfloat16
    assert (len(first.runs), len(second.runs)) == (8, 0)


def test_another_shape_is_measured_anew():
    module = Watched([1] * 8, [0.5] * 4 + [2] * 4)
    assert runtime.faster_dtype(module, INPUT, clock=module.clock) is torch.bfloat16
    wide = torch.zeros(1, 4)
    assert runtime.faster_dtype(module, wide, clock=module.clock) is torch.float32
    assert runtime.faster_dtype(module, INPUT, clock=module.clock) is torch.bfloat16


def test_training_mode_is_refused_and_nothing_runs():
    module = Watched([], [])
    module.train()
    with pytest.raises(ConfigError, match="eval mode"):
        runtime.faster_dtype(module, INPUT)
    assert module.runs == []


@pytest.mark.parametrize("faster", [torch.float32, torch.bfloat16])
def test_the_context_runs_the_module_in_the_precision_chosen(monkeypatch, faster):
    monkeypatch.setattr(runtime, "_measure", lambda *_: faster)
    network, batch = nn.Linear(8, 4).eval(), torch.ones(2, 8)
    with torch.inference_mode(), runtime.autocast(network, batch):
        assert network(batch).dtype is faster
    assert network.weight.dtype is torch.float32


def test_measuring_leaves_the_module_and_the_random_numbers_alone():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.get_rng_state()
    runtime.faster_dtype(network, torch.ones(1, 3, 8, 8))
    assert torch.equal(torch.get_rng_state(), state)
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key
