"""What two adversarial loops share: batches without end, and a run's progress."""

from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Dataset

from lesson7.core.adversarial import Pace, Progress, endless, placed, precision
from lesson7.core.runs import Run


class Numbers(Dataset):
    """Seven numbers, to which each epoch adds a hundred."""

    def __init__(self):
        self.epoch = 0

    def __len__(self):
        return 7

    def __getitem__(self, item):
        return torch.tensor(item + 100 * self.epoch)

    def set_epoch(self, epoch):
        self.epoch = epoch


def rows(step: int, n: int) -> list[list[int]]:
    """``n`` batches of two from ``step`` on, from a loader made anew."""
    configuration = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=3)
    accelerator = Accelerator(cpu=True, dataloader_config=configuration)
    loader = DataLoader(Numbers(), batch_size=2, shuffle=True, drop_last=True)
    source = endless(accelerator.prepare(loader), step)
    return [next(source).tolist() for _ in range(n)]


def test_epochs_differ_in_order_and_know_their_number():
    numbers = [number for batch in rows(0, 6) for number in batch]
    first, second = numbers[:6], numbers[6:]
    assert len(set(first)) == 6
    assert all(number < 100 for number in first)
    assert all(100 <= number < 200 for number in second)
    assert first != [number - 100 for number in second]


@pytest.mark.parametrize("step", [1, 3, 4, 8])
def test_batches_can_be_taken_up_anywhere(step):
    assert rows(step, 4) == rows(0, step + 4)[step:]


def test_batches_leave_torchs_random_source_alone():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    rows(0, 8)
    assert torch.equal(torch.rand(3), wanted)


def test_precision_is_bfloat16_only_where_asked_for():
    network = placed(nn.Conv2d(3, 4, 3), torch.device("cpu"))
    assert network.weight.is_contiguous(memory_format=torch.channels_last)
    for bfloat16, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        with precision(torch.device("cpu"), bfloat16=bfloat16):
            assert network(torch.zeros(1, 3, 8, 8)).dtype == dtype


class Watched:
    """A run of a network that is never trained, and what was asked of it."""

    def __init__(self, folder: Path, pace: Pace, *, resume: bool = False):
        self.network, self.seen = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), []
        self.run = Run.open("x", folder, resume=resume)
        self.progress = Progress(
            self.run, self.network, {"generator": self.network}, self.evaluate, self.samples, pace,
            moments=(8, 12), counts=lambda: {"critic_steps": 7}, seed=1, resume=resume,
        )  # fmt: skip

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        self.seen.append(("evaluate", network.training, torch.is_grad_enabled()))
        return {"psnr": 30.0}

    def samples(self, network: nn.Module, folder: Path, images: int) -> None:
        self.seen.append(("samples", network.training, torch.is_grad_enabled()))
        (folder / f"{images}.txt").write_text("sample")

    def go(self) -> list[float]:
        drawn = []
        for _ in self.progress.steps():
            self.network.train()
            drawn.append(torch.rand(1).item())
            self.progress.note(4, {"loss": torch.tensor(float(len(drawn)))})
        return drawn


def test_a_run_is_measured_sampled_and_kept_at_its_moments(tmp_path: Path):
    watched = Watched(tmp_path, Pace(16))
    watched.go()
    assert watched.progress.finished
    assert watched.progress.metrics == {"psnr": 30.0}
    assert set(watched.seen) == {("evaluate", False, False), ("samples", False, False)}
    assert {file.name for file in watched.run.samples.iterdir()} == {"0.txt", "16.txt"}
    snapshots = sorted(file.stem for file in (tmp_path / "snapshots").iterdir())
    assert snapshots == ["000000000", "000000008", "000000012"]
    first, last = watched.run.rows()
    assert first["loss"] == 2.5, "the mean of four steps"
    assert first["critic_steps"] == last["critic_steps"] == 7
    assert (last["images"], last["step"], last["psnr"]) == (16, 4, 30)


def test_a_resumed_run_draws_what_an_unbroken_one_draws(tmp_path: Path):
    whole = Watched(tmp_path / "whole", Pace(16)).go()
    first = Watched(tmp_path / "cut", Pace(8)).go()
    rest = Watched(tmp_path / "cut", Pace(16), resume=True).go()
    assert first + rest == whole


def test_what_a_run_logged_after_its_last_checkpoint_is_logged_once(tmp_path: Path):
    """It was killed there, goes on from the checkpoint, and comes by the same place again."""
    killed = Watched(tmp_path, Pace(8))
    killed.go()
    killed.run.log({"images": 12, "step": 3, "minutes": 1.0})
    Watched(tmp_path, Pace(16), resume=True).go()
    assert [row["images"] for row in killed.run.rows()] == [8, 8, 16, 16]


def test_the_weights_of_an_adversarial_run_are_the_generators_averaged_if_they_are(tmp_path: Path):
    generator, average = nn.Linear(2, 2), AveragedModel(nn.Linear(2, 2))
    for name, parts, wanted in (
        ("plain", {}, generator), ("averaged", {"average": average}, average.module)
    ):  # fmt: skip
        run = Run.open("x", tmp_path / name)
        parts = {"generator": generator, "critic": nn.Linear(2, 1), **parts}
        run.save_checkpoint({"parts": {k: part.state_dict() for k, part in parts.items()}})
        state = run.weights()
        assert state.keys() == wanted.state_dict().keys()
        assert torch.equal(state["weight"], wanted.weight)
