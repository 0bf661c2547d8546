"""What a run becomes: weights, record, and ten moments."""

import io
import json
import shlex
import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
import typer
from PIL import Image

from lesson7.bedrooms import moments, shipping, train
from lesson7.bedrooms.model import Generator
from lesson7.core import runs, weights
from lesson7.core.errors import ConfigError, WeightsMissing
from lesson7.core.runs import Run
from tests.bedrooms import stand_ins

RECIPES = ("modern", "wgan")


def test_everything_is_written_small_enough_and_with_its_record(weights_folder):
    entries = weights.entries(weights_folder)
    assert set(entries) == {
        f"bedrooms-{recipe}{part}" for recipe in RECIPES for part in ("", "-critic", "-directions")
    }
    for entry in entries.values():
        assert entry.size <= weights.LARGEST_FILE
        assert entry.minutes == 20
    assert entries["bedrooms-wgan"].metrics["images"] == 20_000
    assert "score_photographs" in entries["bedrooms-wgan-critic"].metrics


def test_what_is_shipped_draws_what_the_run_drew(weights_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("LESSON7_WEIGHTS", str(weights_folder))
    shipped = weights.load("bedrooms-modern", Generator)
    own = stand_ins.run_of(tmp_path, "modern").drawn
    z = torch.randn(2, shipped.latent)
    with torch.inference_mode():
        torch.testing.assert_close(shipped(z), own.eval()(z), rtol=0, atol=0.02)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_record_has_options_metrics_and_moments(weights_folder, recipe):
    folder = weights_folder / "runs" / f"bedrooms-{recipe}"
    assert json.loads((folder / "options.json").read_text())["options"]["recipe"] == recipe
    history = moments.read(folder)
    assert [moment.images for moment in history.moments] == [0, 5_000, 10_000, 20_000]
    assert [moment.minutes for moment in history.moments] == [0, 5, 10, 20]
    assert history.eyes == ("resnet18" if recipe == "modern" else "")
    sheets = []
    for moment in history.moments:
        with Image.open(io.BytesIO(moment.sheet)) as sheet:
            assert (sheet.format, sheet.size) == ("WEBP", (256, 256))
            sheets.append(np.asarray(sheet.convert("RGB"), float))
    early, late, rounding = (np.abs(a - b).mean() for a, b in pairwise(sheets))
    assert rounding < min(early, late) / 2, "the last two have the same weights, but for rounding"


def test_a_record_can_be_kept_without_the_weights(weights_folder, tmp_path):
    shipping.record_of("wgan", stand_ins.run_of(tmp_path / "run", "wgan"), folder=tmp_path / "w")
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["runs"]
    kept, shipped = (
        moments.read(folder / "runs" / "bedrooms-wgan")
        for folder in (tmp_path / "w", weights_folder)
    )
    assert [moment.images for moment in kept.moments] == [0, 5_000, 10_000, 20_000]
    assert kept.curves == shipped.curves


def test_curves_are_thinned_by_averaging(weights_folder, tmp_path, monkeypatch):
    shutil.copytree(weights_folder / "runs" / "bedrooms-wgan", tmp_path / "record")
    whole = moments.read(tmp_path / "record").curves
    assert len(whole["critic_loss"]) == 41
    assert len(whole["distance_resnet18"]) == 5
    assert whole["distance_resnet18"][0] == (0, 9.0)
    monkeypatch.setattr(moments, "N_POINTS", 10)
    thinned = moments.read(tmp_path / "record").curves["critic_loss"]
    assert len(thinned) == 10
    assert [x for x, _ in thinned] == sorted(x for x, _ in thinned)
    total = sum(y for _, y in whole["critic_loss"]) / 41
    assert sum(y for _, y in thinned) / 10 == pytest.approx(total, abs=0.02)


def test_ten_moments_are_kept_of_many_the_first_and_the_last_among_them(tmp_path):
    run = Run.open("x", tmp_path / "run")
    generator = stand_ins.small()
    (run.folder / "snapshots").mkdir()
    for images in range(0, 1_300, 100):
        torch.save(generator.state_dict(), run.folder / "snapshots" / f"{images:09d}.pt")
    before = {key: tensor.clone() for key, tensor in generator.state_dict().items()}
    stale = tmp_path / "record" / "moments" / "000000042.webp"
    stale.parent.mkdir(parents=True)
    stale.touch()
    kept = [int(f.stem) for f in moments.keep(run, generator, 1_350, tmp_path / "record")]
    assert len(kept) == 10
    assert (kept[0], kept[-1]) == (0, 1_350)
    assert kept == sorted(set(kept))
    assert not stale.exists()
    for key, tensor in generator.state_dict().items():
        assert torch.equal(tensor, before[key]), "the generator is as it was"


def test_a_run_without_snapshots_has_no_moments(tmp_path):
    with pytest.raises(ConfigError, match="no snapshots"):
        moments.keep(Run.open("x", tmp_path), stand_ins.small(), 5, tmp_path)


def test_a_record_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(WeightsMissing, match="no history of bedrooms-wgan"):
        moments.read(tmp_path / "bedrooms-wgan")


@pytest.mark.parametrize("part", ["options.json", "metrics.jsonl", "moments"])
def test_a_record_with_a_part_missing_is_none(tmp_path, part):
    record = tmp_path / "bedrooms-modern"
    shutil.copytree(weights.EMBEDDED / "runs" / "bedrooms-modern", record)
    moments.read(record)
    (record / part).rename(tmp_path / part)
    with pytest.raises(WeightsMissing, match="no history of bedrooms-modern"):
        moments.read(record)


# ---- the command that trains it again


def context(*words):
    """Of the training command, as if somebody had typed the words."""
    app = typer.Typer()
    app.command()(train.main)
    return typer.main.get_command(app).make_context("train", list(words))


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        ("", ""),
        ("--start runs/a --eyes resnet18", "--start runs/a --eyes resnet18"),
        ("--images 5000", "--images 5000"),
        ("--data 'my rooms' --backbones b", "--data 'my rooms' --backbones b"),
        ("--out runs/x --resume --minutes 0", ""),
    ],
)
def test_the_command_has_every_option_that_is_not_as_usual(asked, recorded):
    asked_for = context("--size", "128", *shlex.split(asked), "--ship")
    found = runs.command_of(asked_for, "lesson7.bedrooms.train", "recipe", "size", "seed")
    start, *options = found.split(" --recipe modern --size 128 ")
    assert start == "python -m lesson7.bedrooms.train"
    (rest,) = options
    assert sorted(shlex.split(rest)) == sorted(shlex.split(f"{recorded} --seed 0 --ship"))
