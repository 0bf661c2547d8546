"""Several trained networks become one, whose record says how each was trained."""

import json
import shutil
from functools import partial

import pytest
import torch

from lesson7.core import weights
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.mnist import data, gather, train
from lesson7.mnist.model import DigitEnsemble
from tests import commands


@pytest.fixture(scope="module")
def folders(tmp_path_factory, redrawn):
    """Two dry runs of different seeds, and one of another recipe."""
    place = tmp_path_factory.mktemp("runs")
    shutil.copy(redrawn, place)
    for name, recipe, seed in (("m3", "member", 3), ("m4", "member", 4), ("cnn", "cnn", 0)):
        commands.run(train.main, "--recipe", recipe, "--dry-run", "--seed", seed,
                     "--out", place / name)  # fmt: skip
    return place


def test_each_member_keeps_its_weights(folders):
    runs = [Run(folders / name) for name in ("m3", "m4")]
    together = gather.gather(runs)
    x = torch.rand(3, 1, 28, 28)
    for run, member in zip(runs, together.member, strict=True):
        alone = train.DigitNet()
        alone.load_state_dict(run.weights())
        torch.testing.assert_close(member(x), alone.eval()(x))
    assert (together.member[0](x) - together.member[1](x)).abs().max() > 0


@pytest.mark.parametrize("names", [["m3"], ["m3", "cnn"], ["m3", "nowhere"]])
def test_what_cannot_be_gathered_is_refused(folders, names):
    with pytest.raises(ConfigError):
        gather.gather([Run(folders / name) for name in names])


def as_if_whole(run, place):
    """A copy of a dry run whose options say that nothing was left out of its epoch."""
    copy = shutil.copytree(run, place / run.name)
    options = json.loads((copy / "options.json").read_text())
    options["options"]["settings"]["max_steps_per_epoch"] = None
    (copy / "options.json").write_text(json.dumps(options))
    return copy


def test_members_of_more_and_of_fewer_epochs_have_a_line_for_each_that_all_have(folders, tmp_path):
    long, short = Run(as_if_whole(folders / "m3", tmp_path)), Run(folders / "m4")
    first, judged = long.rows()
    long.forget(lambda row: True)
    for row in (first, judged, {**first, "epoch": 2}, judged):  # it was resumed, for longer
        long.log(row)
    for members in ([long, short], [short, long]):
        rows = gather.mean_rows(members)
        assert [row["epoch"] for row in rows] == [1]
        assert rows[0]["minutes"] == pytest.approx(
            first["minutes"] + short.rows()[0]["minutes"], rel=1e-4
        )


def test_what_is_not_finished_does_not_meet_the_test_set(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "load", lambda folder, train: pytest.fail("it was shown digits"))
    whole = as_if_whole(folders / "m3", tmp_path)
    with pytest.raises(ConfigError, match="dry run"):
        commands.run(gather.main, whole, folders / "m4", "--ship")
    stopped = as_if_whole(folders / "m4", tmp_path)
    Run(stopped).forget(lambda row: row["epoch"] == "test")
    with pytest.raises(ConfigError, match="--resume"):
        commands.run(gather.main, whole, stopped, "--ship")


def test_shipping_judges_once_and_leaves_the_record(folders, tmp_path, monkeypatch):
    noise, embedded = data.made_up(60), tmp_path / "weights"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "load", lambda folder, train: noise)
    monkeypatch.setattr(data, "hold_out", partial(data.hold_out, n_held_out=20))
    monkeypatch.setattr(weights, "save", partial(weights.save, folder=embedded))
    members = [as_if_whole(folders / name, tmp_path) for name in ("m3", "m4")]
    judged = commands.run(gather.main, *members, "--out", "judged")
    assert judged.output.count("loss") == 4
    assert "test accuracy" not in judged.output
    shipped = commands.run(gather.main, *members, "--out", "ours", "--ship")
    assert "test accuracy" in shipped.output
    record = embedded / "runs" / "mnist-best"
    options = json.loads((record / "options.json").read_text())["options"]
    assert [each["settings"]["seed"] for each in options["members"]] == [3, 4]
    first, *_, last = Run(record).rows()
    rows = [Run(folder).rows()[0] for folder in members]
    assert first["train_loss"] == pytest.approx(
        sum(row["train_loss"] for row in rows) / 2, rel=1e-5
    )
    assert first["minutes"] == pytest.approx(sum(row["minutes"] for row in rows), rel=1e-4)
    assert set(last) == {"epoch", "test_accuracy", "test_valid_loss", "test_calibration_error"}
    monkeypatch.setenv("LESSON7_WEIGHTS", str(embedded))
    assert len(weights.load("mnist-best", DigitEnsemble).member) == 2
