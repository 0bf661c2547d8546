"""Several networks become one: which runs, in what shares, and what the record says."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from lesson7.core import backbones, weights
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration import blend, data, judging, shipping
from lesson7.restoration.compact import CompactUnet
from tests import commands


def run_of(folder: Path, seed: int, network: str = "blurred", **options) -> Run:
    """A run as training leaves it: 320 crops in 2 minutes, weights from ``seed``."""
    torch.manual_seed(seed)
    run = Run.open("x", folder)
    run.write_options({"recipe": "finish", "network": network, **options})
    run.log({"images": 320, "step": 20, "minutes": 2.0, "psnr": 20.0})
    state = CompactUnet(blur=network == "blurred").state_dict()  # leaves a picture as it is
    state = {name: value + 0.01 * torch.randn_like(value) for name, value in state.items()}
    run.save_checkpoint({"model": state, "ema": None})
    return run


@pytest.fixture
def few(monkeypatch, tmp_path):
    """Made-up photographs and eyes that have learnt nothing; weights go into ``tmp_path``."""
    monkeypatch.setattr(data, "find", lambda folder: [])
    monkeypatch.setattr(data, "Photographs", lambda files: data.MadeUp(30))
    monkeypatch.setattr(judging, "Pictures", partial(judging.Pictures, n_judged=2, n_family=2))
    monkeypatch.setattr(shipping, "Pictures", judging.Pictures)
    monkeypatch.setattr(shipping, "N_JUDGED", 2)
    monkeypatch.setattr(shipping, "N_FAMILY", 2)
    eyes = backbones.load("squeezenet", None, takes="unit")
    monkeypatch.setattr(blend, "load_backbone", lambda *_, **__: eyes)
    embedded = tmp_path / "weights"
    monkeypatch.setattr(weights, "save", partial(weights.save, folder=embedded))
    monkeypatch.chdir(tmp_path)
    return embedded


def test_shares_need_not_sum_to_one():
    """By hand: (3 * 1 + 1 * 9) / 4 = 3, and (3 * 2 + 1 * -2) / 4 = 1."""
    one, other = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([9.0, -2.0])}
    assert blend.blended([(one, 3), (other, 1)])["w"].tolist() == [3.0, 1.0]
    assert blend.blended([(one, 0.75), (other, 0.25)])["w"].tolist() == [3.0, 1.0]
    assert one["w"].tolist() == [1.0, 2.0]


def test_equal_networks_blend_into_themselves_and_keep_their_types():
    state = {"w": torch.rand(50), "half": torch.rand(5).half(), "n": torch.tensor(7)}
    found = blend.blended([(state, 0.3), (state, 0.3), (state, 0.4)])
    for name, value in state.items():
        assert found[name].dtype == value.dtype
        torch.testing.assert_close(found[name], value)


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_a_share_that_cannot_be_is_refused(share):
    state = {"w": torch.ones(1)}
    with pytest.raises(ConfigError, match="above 0"):
        blend.blended([(state, 1.0), (state, share)])


@pytest.mark.parametrize("other", [{"w": torch.ones(2)}, {"v": torch.ones(1)}, {}])
def test_other_networks_are_refused(other):
    with pytest.raises(ConfigError, match="same network"):
        blend.blended([({"w": torch.ones(1)}, 1.0), (other, 1.0)])
    with pytest.raises(ConfigError, match="two runs or more"):
        blend.blended([({"w": torch.ones(1)}, 1.0)])


@pytest.mark.parametrize("text", ["runs/a", "runs/a=", "runs/a=much"])
def test_a_share_without_a_number_is_refused(text):
    with pytest.raises(ConfigError, match="write RUN=SHARE"):
        blend.read_shares(["runs/b=1", text])


def test_a_folder_may_have_a_sign_of_equality_in_its_name():
    assert blend.read_shares(["runs/lr=2=0.5"]) == [(Path("runs/lr=2"), 0.5)]


def test_a_folder_that_is_no_run_is_refused(few, tmp_path):
    run_of(tmp_path / "a", 0)
    with pytest.raises(ConfigError, match="b is no run"):
        commands.run(blend.main, "a=1", "b=1")


def test_runs_of_two_networks_are_refused(few, tmp_path):
    run_of(tmp_path / "a", 0)
    run_of(tmp_path / "b", 1, network="compact")
    with pytest.raises(ConfigError, match="same network"):
        commands.run(blend.main, "a=1", "b=1")
    assert not few.exists()


def test_a_blend_is_not_blended_again(few, tmp_path):
    for seed, name in enumerate("abc"):
        run_of(tmp_path / name, seed)
    done = commands.run(blend.main, "a=1", "b=1", "--out", "together")
    assert done.exit_code == 0, done.output
    assert Run(tmp_path / "together").options()["recipe"] == "blend"
    with pytest.raises(ConfigError, match="together is a blend"):
        commands.run(blend.main, "together=1", "c=1")


def test_shipping_leaves_the_weights_and_the_record(few, tmp_path, monkeypatch):
    """The record counts nothing: what was trained has records of its own, by recipe."""
    recipes = ("finish", "finish", "feature")
    members = [run_of(tmp_path / name, nth, nth=nth, recipe=recipe)
               for nth, (name, recipe) in enumerate(zip("abc", recipes, strict=True))]  # fmt: skip
    arguments = ["a=0.5", "b=0.3", "c=0.2", "--out", "together"]
    said = commands.run(blend.main, *arguments, "--ship").output
    assert [line.split()[0] for line in said.splitlines()[:4]] == ["a=0.5", "b=0.3", "c=0.2",
                                                                   "together"]  # fmt: skip
    states = [member.weights() for member in members]
    wanted = blend.blended([*zip(states, (0.5, 0.3, 0.2), strict=True)])
    written = Run(tmp_path / "together")
    assert all(torch.equal(value, wanted[name]) for name, value in written.weights().items())
    assert len([*written.samples.glob("*.jpg")]) == 1
    record = few / "runs" / "restoration-blend"
    options = json.loads((record / "options.json").read_text("utf-8"))["options"]
    assert options["runs"] == {"a": 0.5, "b": 0.3, "c": 0.2}
    (row,) = Run(record).rows()
    assert (row["images"], row["minutes"]) == (0, 0.0)
    assert row["psnr"] > 0
    for nth, name in enumerate(("restoration-finish", "restoration-finish-2")):
        kept = few / "runs" / name / "options.json"
        assert json.loads(kept.read_text("utf-8"))["options"]["nth"] == nth
    assert (few / "runs" / "restoration-feature" / "metrics.jsonl").is_file()
    entry = weights.entries(few)["restoration-best"]
    assert entry.minutes == 2.0
    assert entry.command.endswith("blend a=0.5 b=0.3 c=0.2 --ship")
    monkeypatch.setenv("LESSON7_WEIGHTS", str(few))
    shipped = weights.load("restoration-best", CompactUnet).state_dict()
    for name, value in shipped.items():  # in 8 bits
        torch.testing.assert_close(value, wanted[name], rtol=0.02, atol=0.01)
