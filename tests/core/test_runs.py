"""A run's folder: numbered, never overwritten, readable after a cut."""

import importlib
import json

import pytest
import torch

from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run, choose, hardware
from tests import commands


def test_runs_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = Run.open("digits", None)
    first.log({"epoch": 1})
    assert first.folder.name == "digits-001"
    assert Run.open("digits", None).folder.name == "digits-002"
    assert Run.open("other", None).folder.name == "other-001"


def test_to_go_on_means_the_last_run_that_can(tmp_path, monkeypatch):
    """Looking at a batch leaves a folder, too, and no checkpoint in it."""
    monkeypatch.chdir(tmp_path)
    Run.open("digits", None).save_checkpoint({"step": 7})
    assert Run.open("digits", None).folder.name == "digits-002"
    assert Run.open("digits", None, resume=True).folder.name == "digits-001"
    with pytest.raises(ConfigError, match="no checkpoint in runs/other-001"):
        Run.open("other", None) and Run.open("other", None, resume=True)


def test_an_old_run_is_not_overwritten(tmp_path):
    Run.open("t", tmp_path / "r").log({"epoch": 1})
    with pytest.raises(ConfigError, match="--resume"):
        Run.open("t", tmp_path / "r")
    with pytest.raises(ConfigError, match="no checkpoint"):
        Run.open("t", tmp_path / "r", resume=True)


def test_a_run_that_was_stopped_in_its_first_epoch_is_not_overwritten(tmp_path):
    """It has a checkpoint, and no line of metrics yet."""
    Run.open("t", tmp_path / "r").save_checkpoint({"step": 7})
    with pytest.raises(ConfigError, match="--resume"):
        Run.open("t", tmp_path / "r")
    assert Run.open("t", tmp_path / "r", resume=True).load_checkpoint() == {"step": 7}


def test_the_record_says_what_ran_where(tmp_path):
    run = Run.open("t", tmp_path / "r")
    run.write_options({"lr": 0.1})
    run.log({"epoch": 1, "loss": 1 / 3})
    record = json.loads((run.folder / "options.json").read_text())
    assert record["options"] == {"lr": 0.1}
    assert record["versions"]["torch"] == torch.__version__
    assert record["hardware"] == hardware()
    assert run.rows() == [{"epoch": 1, "loss": 0.333333}]
    run.keep_record("mnist-x", tmp_path / "kept")
    assert (tmp_path / "kept" / "mnist-x" / "metrics.jsonl").exists()


def test_a_cut_while_saving_leaves_the_earlier_checkpoint(tmp_path, monkeypatch):
    run = Run.open("t", tmp_path / "r")
    run.save_checkpoint({"step": 1})

    def disk_full(state, path):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space"):
        run.save_checkpoint({"step": 2})
    assert run.load_checkpoint() == {"step": 1}


def test_unknown_choices_are_named():
    with pytest.raises(ConfigError, match="--recipe tiny is unknown: choose one of small, large"):
        choose("recipe", "tiny", ["small", "large"])


@pytest.mark.parametrize("package", ["mnist", "restoration", "bedrooms", "human_numbers"])
def test_what_a_dry_run_leaves_is_not_shipped(package, tmp_path, monkeypatch):
    """``--summary`` is there so that nothing is trained or written, should it not be refused."""
    monkeypatch.chdir(tmp_path)
    main = importlib.import_module(f"lesson7.{package}.train").main
    with pytest.raises(ConfigError, match="not for visitors: leave --ship or --dry-run out"):
        commands.run(main, "--dry-run", "--ship", "--summary")
