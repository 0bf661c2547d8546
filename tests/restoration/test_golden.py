"""The shipped weights: the same pictures as when they were shipped, and better than bilinear."""

import json

import pytest

from lesson7.restoration import networks
from tests.golden import restoration


@pytest.fixture(scope="module")
def outputs():
    return restoration.outputs()


@pytest.fixture(scope="module")
def golden():
    return json.loads((restoration.FIXTURE.parents[2] / "golden" / "restoration.json").read_text())


@pytest.mark.parametrize("recipe", networks.TILED)
def test_the_shipped_networks_restore_as_they_did(outputs, golden, recipe):
    assert outputs[recipe]["psnr"] == pytest.approx(golden[recipe]["psnr"], abs=0.01)
    for ours, expected in zip(outputs[recipe]["cells"], golden[recipe]["cells"], strict=True):
        assert ours == pytest.approx(expected, abs=2e-3)


def test_the_critic_judges_as_it_did_and_finds_the_photograph_more_real(outputs, golden):
    assert outputs["critic"]["logits"] == pytest.approx(golden["critic"]["logits"], abs=0.02)
    damaged, target = golden["critic"]["logits"]
    assert target > damaged


def test_the_shipped_network_colours_as_it_did_and_closer_than_grey(outputs, golden):
    ours, expected = outputs["colour"], golden["colour"]
    assert ours["ab_psnr"] == pytest.approx(expected["ab_psnr"], abs=0.02)
    for row, wanted in zip(ours["cells"], expected["cells"], strict=True):
        assert row == pytest.approx(wanted, abs=2e-3)
    assert expected["ab_psnr"] > golden["grey"]["ab_psnr"]


def test_pixels_come_closest_and_all_are_closer_than_enlarging(golden):
    psnr = {name: golden[name]["psnr"] for name in (*networks.TILED, "bilinear")}
    assert max(psnr, key=psnr.__getitem__) == "pixel"
    assert psnr["pixel"] > psnr["bilinear"] + 1
