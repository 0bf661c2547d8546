"""Both training loops, from the command line and step by step."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from lesson7.bedrooms import loops, train
from lesson7.bedrooms.model import Generator, LessonCritic, LessonGenerator
from lesson7.bedrooms.progress import N_SAMPLES, Progress
from lesson7.core.adversarial import Pace
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from tests import commands
from tests.commands import tensors


def run(*arguments: object) -> str:
    return commands.run(train.main, *arguments).output


@pytest.mark.parametrize("recipe", ["wgan", "modern"])
def test_a_dry_run_leaves_what_a_run_leaves_and_resumes_to_the_same_weights(recipe, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run("--recipe", recipe, "--dry-run", "--images", 16, "--out", whole)
    run("--recipe", recipe, "--dry-run", "--images", 8, "--out", cut)
    run("--recipe", recipe, "--dry-run", "--images", 16, "--resume", "--out", cut)
    for folder in (whole, cut):
        assert {"options.json", "metrics.jsonl", "checkpoint.pt"} <= {
            p.name for p in folder.iterdir()
        }
        assert (folder / "samples" / "000000016.png").exists()
        assert (folder / "snapshots" / "000000000.pt").exists()
    rows = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert rows[0]["score_difference"] == pytest.approx(
        rows[0]["real_score"] - rows[0]["fake_score"], abs=1e-4
    )
    assert rows[-1]["distance_resnet18"] > 0
    states = [Run(folder).load_checkpoint() for folder in (whole, cut)]
    assert (
        states[0]["place"][:2]
        == states[1]["place"][:2]
        == [16 // (8 if recipe == "wgan" else 4), 16]
    )
    for a, b in zip(tensors(states[0]["parts"]), tensors(states[1]["parts"]), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_options_that_cannot_work_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="64 pixels"):
        run("--recipe", "wgan", "--size", 128)
    with pytest.raises(ConfigError, match="unknown"):
        run("--recipe", "diffusion")
    with pytest.raises(ConfigError, match="--size 96 is unknown: choose one of 64, 128"):
        run("--size", 96)
    with pytest.raises(ConfigError, match="--eyes vgg is unknown"):
        run("--eyes", "vgg")
    with pytest.raises(ConfigError, match="no checkpoint"):
        run("--dry-run", "--resume", "--out", tmp_path)
    with pytest.raises(ConfigError, match="not for visitors"):
        run("--dry-run", "--ship", "--out", tmp_path)


def test_a_list_that_leaves_nothing_to_train_on_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(train.data, "HELD_BACK", 1)
    folder, names = tmp_path / "data", tmp_path / "names"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (80, 80)).save(folder / name)
    names.write_text("a.png\n b.png\n\nc.png")
    with pytest.raises(ConfigError, match="leaves no photograph"):
        run("--data", folder, "--without", names, "--out", tmp_path / "run")


def test_the_summary_counts_the_lessons_parameters():
    output = run("--recipe", "wgan", "--summary")
    assert "3,613,696" in output
    assert "2,802,624" in output


def test_what_the_critic_is_fed_can_be_looked_at(tmp_path: Path):
    run("--dry-run", "--show-batch", "--out", tmp_path)
    assert (tmp_path / "samples" / "batch.png").exists()


def test_clipping_reaches_every_weight_of_the_critic():
    critic = LessonCritic()
    loops.clip(critic, 0.01)
    assert max(p.abs().max().item() for p in critic.parameters()) == pytest.approx(0.01)


class Watcher:
    """Stands in for Progress: three steps, and a look at the networks after each."""

    def __init__(self, look):
        self.look = look

    def __call__(self, drawn, latent, parts):
        self.parts = parts
        return self

    def steps(self):
        for step in (20, 21, 22):
            before = {name: [p.clone() for p in self.parts[name].parameters()]
                      for name in ("generator", "critic")}  # fmt: skip
            yield step
            self.look(self.parts, before)

    def note(self, images, values):
        self.images, self.values = images, values


@pytest.fixture
def accelerator():
    return train.Accelerator(cpu=True)


@pytest.fixture
def photographs():
    return train.data.Photographs(train.data.made_up(20, 64), 64)


def test_the_lessons_critic_is_clipped_before_every_forward(accelerator, photographs, monkeypatch):
    bounds, batches = [], []
    forward = LessonCritic.forward

    def watched(self, images):
        bounds.append(max(p.abs().max().item() for p in self.parameters()))
        batches.append(len(images))
        return forward(self, images)

    monkeypatch.setattr(LessonCritic, "forward", watched)
    recipe = replace(loops.RECIPES["wgan"], batch_size=2)
    watcher = Watcher(lambda parts, before: None)
    loops.train_wgan(recipe, photographs, accelerator, watcher)
    assert max(bounds) <= 0.01 + 1e-9
    assert len(batches) == 3 * (5 * 2 + 1), "five steps of the critic for one of the generator"
    assert watcher.images == 10


def test_both_networks_of_a_modern_step_change_and_the_eyes_do_not(accelerator, photographs):
    eyes = train.judge.network("squeezenet", None)
    seen = [p.clone() for p in eyes.parameters()]

    def look(parts, before):
        for name in ("generator", "critic"):
            pairs = list(zip(before[name], parts[name].parameters(), strict=True))
            assert any(not torch.equal(a, b) for a, b in pairs), name
        fixed = list(parts["critic"].mixing.parameters())
        assert not any(p.requires_grad for p in fixed)

    recipe = replace(loops.RECIPES["modern"], batch_size=4)
    loops.train_modern(recipe, 64, eyes, photographs, accelerator, Watcher(look))
    for a, b in zip(seen, eyes.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_generators_step_of_the_lesson_leaves_no_gradient_in_the_critic(
    accelerator, photographs
):
    def look(parts, before):
        assert all(p.grad is None for p in parts["critic"].parameters())

    recipe = replace(loops.RECIPES["wgan"], batch_size=2)
    loops.train_wgan(recipe, photographs, accelerator, Watcher(look))


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path):
    network = LessonGenerator()
    progress = Progress(
        Run.open("x", tmp_path), network, 100, {"generator": network}, lambda _: {}, Pace(images=8)
    )
    with pytest.raises(FloatingPointError, match="critic_loss is nan"):
        progress.note(4, {"critic_loss": torch.tensor(float("nan"))})


def test_samples_come_from_the_same_latents_and_minutes_stop_a_run(tmp_path: Path):
    class Still(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, z):
            return z[:, :3, None, None].expand(-1, 3, 8, 8) * self.scale

    network = Still()
    run = Run.open("x", tmp_path)
    progress = Progress(
        run, network, 5, {"generator": network}, lambda _: {"distance": 1.0}, Pace(10**9, minutes=0)
    )
    for _ in progress.steps():
        progress.note(4, {"critic_loss": torch.tensor(0.5)})
    assert not progress.finished
    assert progress.images == 4
    assert progress.draw(progress.latents).shape == (N_SAMPLES, 3, 8, 8)
    first, second = (run.samples / f"{n:09d}.png" for n in (0, 4))
    assert first.read_bytes() == second.read_bytes()
    assert [row["images"] for row in run.rows()] == [4, 4]


def test_a_snapshot_is_half_as_large_and_draws_nearly_the_same(tmp_path: Path):
    network = Generator()
    progress = Progress(
        Run.open("x", tmp_path), network, 128, {"generator": network}, lambda _: {}, Pace(0)
    )
    list(progress.steps())
    file = tmp_path / "snapshots" / "000000000.pt"
    assert file.stat().st_size < 10_000_000
    again = Generator()
    again.load_state_dict(torch.load(file, weights_only=True))
    z = progress.latents[:2]
    with torch.inference_mode():
        torch.testing.assert_close(again.eval()(z), network.eval()(z), rtol=0, atol=0.01)
