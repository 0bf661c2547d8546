"""What the page asks the Restoration tab, and how it is answered; no browser."""

import base64
import io
import json
from pathlib import Path

import gradio as gr
import pytest
from gradio.utils import get_upload_folder
from PIL import Image

from lesson7.core import weights
from lesson7.core.errors import WeightsMissing
from lesson7.restoration import networks, predict
from lesson7.restoration.degradations import DEGRADATIONS
from lesson7.ui import components, restoration, restoration_lab, restoration_page
from tests import serving
from tests.core.picture_files import encode
from tests.restoration.pictures import photograph


def from_url(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.fixture
def uploaded():
    """A picture as the page has uploaded it."""
    path = Path(get_upload_folder()) / "upload" / "cat.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    photograph(120, 90).save(path)
    return str(path)


def asked(**question):
    defaults = {"id": 7, "recipe": "pixel", "scale": 1, "strength": 1}
    event = gr.EventData(None, {**defaults, **question})
    return list(restoration.answer(event))


def test_an_upload_is_restored_saved_and_named_after_its_file(random_networks, uploaded):
    *progress, reply = asked(path=uploaded, scale=2, name="../../my cat?.v2", show=True)
    assert [one["done"] for one in progress] == [False]
    assert (reply["id"], reply["done"], reply["size"]) == (7, True, [240, 180])
    path = Path(reply["result"]["path"])
    assert path.name == "my cat.v2-restored.png"
    assert path.is_relative_to(get_upload_folder())
    with Image.open(path) as good, Image.open(reply["before"]["path"]) as before:
        assert (good.format, good.size, before.size) == ("PNG", (240, 180), (120, 90))


def test_progress_is_told_tile_by_tile(random_networks, uploaded):
    photograph(1500, 1000).save(uploaded)
    event = gr.EventData(None, {"id": 7, "path": uploaded, "recipe": "pixel", "scale": 1,
                                "strength": 1})  # fmt: skip
    replies = restoration.answer(event)
    first, second = next(replies), next(replies)
    assert (first["done"], first["fraction"]) == (False, 0)
    assert 0 < second["fraction"] < 1
    assert second["words"].startswith("Restoring: 1 of ")
    assert next(replies)["fraction"] > second["fraction"]


def test_an_upload_that_was_cleared_away_is_asked_for_again(random_networks, uploaded):
    Path(uploaded).unlink()
    assert asked(path=uploaded) == [{"id": 7, "gone": True}]
    reply = restoration.crops(gr.EventData(None, {"id": 8, "path": uploaded, "centre": [0, 0]}))
    assert reply == {"id": 8, "gone": True}


def test_the_recipes_are_compared_on_a_crop(random_networks, uploaded):
    photograph(600, 500).save(uploaded)
    question = {"id": 8, "path": uploaded, "scale": 1, "strength": 1, "centre": [0.2, 0.5]}
    reply = restoration.crops(gr.EventData(None, question))
    assert list(reply["crops"]) == ["input", "pixel", "gan", "feature", "best"]
    sizes = {from_url(url).size for url in reply["crops"].values()}
    assert sizes == {(restoration_page.CROP, restoration_page.CROP)}


GOOD = serving.data_url(encode(photograph(128, 96)))


def lab(answer=restoration_lab.spoil, **question):
    defaults = {"id": 3, "image": GOOD, "strengths": {"blur": 0.5}, "seed": 1, "recipe": "pixel"}
    return answer(gr.EventData(None, {**defaults, **question}))


def test_a_good_photograph_is_made_bad_restored_and_judged(random_networks):
    reply = lab()
    truth, bad, good = (from_url(url) for url in (GOOD, reply["bad"], reply["good"]))
    assert truth.size == bad.size == good.size
    for picture, told in ((bad, reply["before"]), (good, reply["after"])):
        judgement = predict.judge(picture, truth)
        assert told == {"psnr": judgement.psnr, "ssim": judgement.ssim}
    assert lab(strengths={})["before"] == {"psnr": None, "ssim": pytest.approx(1)}
    assert lab(strengths=None)["bad"] != lab(strengths=None, seed=2)["bad"]
    json.dumps(reply, allow_nan=False)


def test_every_kind_of_damage_has_a_switch_and_works(random_networks):
    page = restoration_page.page()
    for name, member in DEGRADATIONS.items():
        assert f'data-name="{name}"' in page
        assert member.label in page
        assert "error" not in lab(strengths={name: 1})


def test_the_inside_shows_what_each_loss_sees(random_networks):
    reply = lab(restoration_lab.sights)
    titles = [sight["title"] for sight in reply["sights"]]
    assert titles == ["The photograph", *(title for title, _ in restoration_lab.TITLES.values())]
    for sight in reply["sights"]:
        assert sight["sentence"].endswith(".")
        assert all(from_url(one["url"]).size == (128, 96) for one in sight["maps"])
    assert reply["sights"][1]["maps"][0]["words"].endswith("of 255")


LARGE = serving.data_url(encode(Image.new("RGB", (500, 500))))
STRANGE = [
    None, [], {}, {"path": None}, {"path": 5}, {"path": "/etc/passwd"}, {"path": "../etc/passwd"},
    {"path": "\0"}, {"path": "https://example.com/cat.jpg"}, {"path": get_upload_folder()},
    {"recipe": ["pixel"]}, {"image": "/etc/passwd"}, {"image": "data:text/plain,cat"},
    {"image": GOOD, "recipe": "pixel", "strengths": {"fire": 1}},
    {"image": GOOD, "recipe": "pixel", "strengths": {"blur": 2}},
    {"image": GOOD, "recipe": "pixel", "strengths": {"blur": True}},
    {"image": GOOD, "recipe": "pixel", "strengths": [1]},
    {"image": GOOD, "recipe": "pixel", "strengths": {}, "seed": -1},
    {"image": GOOD, "recipe": "pixel", "strengths": {}, "seed": "x"},
    {"image": LARGE, "recipe": "pixel", "strengths": {}},
]  # fmt: skip


@pytest.mark.parametrize("question", STRANGE, ids=lambda question: str(question)[:60])
def test_a_strange_question_is_answered_in_words(random_networks, question):
    event = gr.EventData(None, question)
    replies = [*restoration.answer(event), restoration.crops(event)]
    if isinstance(question, dict):
        replies += [restoration_lab.spoil(event), restoration_lab.sights(event)]
    for reply in replies:
        assert len(reply.get("error", "").split()) > 2 or reply.get("gone")


@pytest.mark.parametrize("centre", [None, 5, [], [0.5], [0.5, "x"], ["0", "0"], [2, 0], [0, 0, 0]])
def test_a_crop_has_a_place_in_the_picture(random_networks, uploaded, centre):
    question = {"id": 8, "path": uploaded, "scale": 1, "strength": 1, "centre": centre}
    assert restoration.crops(gr.EventData(None, question))["error"]


# ---------------------------------------------------------------------- what is not there


def test_a_recipe_without_weights_is_shown_as_such(weights_folder, monkeypatch):
    def entry(name, folder=None):
        if name == "restoration-best":
            raise WeightsMissing("not there")
        return weights.Record({}, "pets", "MIT", "train", "a laptop", 1.0)

    monkeypatch.setattr(weights, "entry", entry)
    page = restoration_page.page()
    assert page.count("Its weights are not here.") == 1
    assert 'value="best" disabled' in page
    assert 'value="feature" checked' in page


def test_a_recipe_says_what_was_measured(monkeypatch):
    metrics = {"gain_db": 2.14, "features": 0.615}
    record = weights.Record(metrics, "pets", "MIT", "train", "a laptop", 1.0)
    monkeypatch.setattr(weights, "entry", lambda name, folder=None: record)
    page = restoration_page.page()
    assert page.count("+2.1 dB</b>") == page.count("features 38 % closer") == 5
    assert page.count(restoration_page.PSNR_SAYS) == 4
    assert page.count(restoration_page.COLOURS_SAY) == 1
    metrics |= {"gain_db": -0.5}
    assert "−0.5 dB</b>" in restoration_page.page()


def test_weights_that_cannot_be_used_are_said_in_words(monkeypatch, uploaded):
    def missing(*_, **__):
        raise WeightsMissing("/secret/restoration-pixel.safetensors is not there.")

    monkeypatch.setattr(networks, "load", missing)
    assert asked(path=uploaded) == [{"id": 7, "broken": components.BROKEN}]
    assert lab() == {"id": 3, "broken": components.BROKEN}
    with pytest.raises(gr.Error, match="could not be loaded"):
        next(restoration.restore(uploaded))


def test_the_story_is_told_if_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(restoration_page, "STORY", tmp_path / "story.json")
    assert "rs-story" not in restoration_page.page()
    assert restoration_lab.story(gr.EventData(None, {"id": 5})) == {"id": 5, "story": {}}
    (tmp_path / "pixel").mkdir()
    photograph(40, 30).save(tmp_path / "pixel/1.jpg")
    told = {"pixel": [{"file": "1.jpg", "label": "after 1 epoch"}]}
    (tmp_path / "story.json").write_text(json.dumps(told))
    assert 'data-recipe="pixel"' in restoration_page.page()
    (moment,) = restoration_lab.story(gr.EventData(None, {"id": 5}))["story"]["pixel"]
    assert moment["label"] == "after 1 epoch"
    assert from_url(moment["url"]).size == (40, 30)


def test_every_committed_picture_is_attributed():
    folder = restoration_page.FOLDER
    words = (folder / "ATTRIBUTION.md").read_text()
    assert "CC BY-SA 4.0" in restoration_page.page()
    assert "Oxford-IIIT Pet" in words
    for path in (folder / "examples").iterdir():
        assert path.name in words
