"""One process alone, and two that share a run; two that restore are in ``tests/restoration``."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch

from lesson7.core import processes
from tests.launching import several


def test_alone_it_is_the_first_of_one_and_agrees_with_itself():
    state = processes.this_one()
    assert (state.num_processes, state.process_index) == (1, 0)
    assert state.is_main_process
    assert processes.agreed({"a": 1}) == {"a": 1}
    state.wait_for_everyone()


SHARED = """
import json, torch
from pathlib import Path
from torch import nn
from torch.utils.data import DataLoader, Dataset
from lesson7.core import training
from lesson7.core.processes import this_one
from lesson7.core.runs import Run

torch.set_num_threads(1)

class Crops(Dataset):
    epoch, given = 0, []

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return 8

    def __getitem__(self, index):
        self.given.append(self.epoch)
        return torch.full((2,), float(self.epoch))

crops = Crops()
run = Run.open("t", None)
task = training.Task(nn.Linear(2, 1), DataLoader(crops, 2),
                     lambda model, batch: model(batch).square().mean(),
                     lambda model: {"valid_loss": 0.0})
training.fit(task, [training.Phase(3, 0.01)], run, training.Settings())
told = {"folder": str(run.folder), "epochs": sorted(set(crops.given))}
Path(f"process-{this_one().process_index}.json").write_text(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2])
def test_all_processes_have_the_new_runs_folder_and_each_epochs_own_crops(tmp_path, n):
    """An earlier run that came to a checkpoint stands beside it."""
    earlier = tmp_path / "runs" / "t-001"
    earlier.mkdir(parents=True)
    torch.save({}, earlier / "checkpoint.pt")
    script = tmp_path / "share.py"
    script.write_text(SHARED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [*several(n), str(script)], cwd=tmp_path, env=environment, text=True,
        capture_output=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(file.read_text()) for file in sorted(tmp_path.glob("process-*.json"))]
    assert told == [{"folder": str(Path("runs/t-002")), "epochs": [0, 1, 2]}] * n
