"""The tab without a browser: its endpoint over HTTP and MCP, and its answers to the page."""

import base64
import io
import json
import time
import urllib.request
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from lesson7.core import weights
from lesson7.core.errors import WeightsMissing
from lesson7.restoration import networks, predict
from lesson7.restoration.degradations import DEGRADATIONS
from lesson7.ui import components, restoration, restoration_lab, restoration_page
from tests import serving
from tests.core.picture_files import encode
from tests.restoration.pictures import photograph

EXAMPLES = sorted((components.ASSETS / "restoration/examples").glob("*.jpg"))


@pytest.fixture(scope="module")
def served(tmp_path_factory, weights_folder):
    folder = tmp_path_factory.mktemp("app")
    command = ("-m", "lesson7.ui.restoration")
    with serving.app(folder, *command, LESSON7_WEIGHTS=str(weights_folder)) as app:
        yield app
        assert app.refused_hosts == []


@pytest.fixture(scope="module")
def client(served, tmp_path_factory):
    downloads = tmp_path_factory.mktemp("downloads")
    return Client(served.url, verbose=False, analytics_enabled=False, download_files=downloads)


def as_url(content, kind="png"):
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()


def from_url(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def image_of(content):
    return {"url": as_url(content), "meta": {"_type": "gradio.FileData"}}


def post(served, *data):
    """(event, data) of ``/restore`` called the way that curl would."""
    address = f"{served.url}/gradio_api/call/restore"
    body = json.dumps({"data": data}).encode()
    sent = urllib.request.Request(address, body, {"content-type": "application/json"})
    with urllib.request.urlopen(sent, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/{event}", timeout=60) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line]
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


# ----------------------------------------------------------------------- the named endpoint


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_restored(client, path):
    result = client.predict(handle_file(path), api_name="/restore")
    with Image.open(path) as bad, Image.open(result) as good:
        assert (good.format, good.size) == ("PNG", bad.size)
        difference = np.asarray(good).astype(int) - np.asarray(bad.convert("RGB"))
    assert np.abs(difference).mean() > 0.5


@pytest.mark.parametrize("recipe", restoration_page.RECIPES)
def test_recipe_scale_and_strength_have_names(client, tmp_path, recipe):
    path = tmp_path / "p.png"
    photograph(50, 40).save(path)
    named = {"recipe": recipe, "scale": 2.5, "strength": 0}
    result = client.predict(image=handle_file(path), **named, api_name="/restore")
    with Image.open(result) as good:
        enlarged = photograph(50, 40).resize((125, 100), Image.Resampling.BILINEAR)
        assert np.array_equal(np.asarray(good), np.asarray(enlarged))
    whole = client.predict(handle_file(path), recipe, 2.5, 1, api_name="/restore")
    assert Path(whole).read_bytes() != Path(result).read_bytes()


def test_a_picture_may_come_as_a_data_url_over_rest(served):
    event, data = post(served, image_of(encode(photograph(70, 30))), "pixel", 1, 1)
    assert event == "complete"
    assert data[0]["path"].endswith(".png")


BAD_PICTURES = {
    "text": b"Dear Sir or Madam,",
    "empty": b"",
    "truncated": EXAMPLES[0].read_bytes()[:3000],
    "tiny": encode(Image.new("RGB", (15, 100))),
    "long": encode(Image.new("L", (2100, 100))),
    "bomb": encode(Image.new("1", (13000, 13000))),
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=BAD_PICTURES.keys())
@pytest.mark.parametrize("by", ["upload", "data URL"])
def test_what_is_no_photograph_is_refused_in_words(served, client, tmp_path, content, by):
    if by == "upload":
        path = tmp_path / "photo.png"
        path.write_bytes(content)
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(path), api_name="/restore")
        words = str(caught.value)
    else:
        event, error = post(served, image_of(content), "feature", 1, 1)
        assert event == "error"
        words = error["error"]
    assert len(words.split()) > 3
    assert "photo.png" not in words
    assert not any(sign in words for sign in ("Traceback", "Error", "/", "\\", "None"))


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (("feature", 0.5, 1), "scale must be a number from 1 to 4"),
        (("feature", 5, 1), "scale must be a number from 1 to 4"),
        (("feature", None, 1), "scale must be a number from 1 to 4"),
        (("feature", 1, 1.5), "strength must be a number from 0 to 1"),
        (("feature", 1, -1), "strength must be a number from 0 to 1"),
        (("feature", 1, None), "strength must be a number from 0 to 1"),
        (("feature", float("nan"), 1), "scale must be a number from 1 to 4"),
        (("paint", 1, 1), ""),
        ((None, 1, 1), ""),
        ((["feature"], 1, 1), ""),
        (("feature", "large", 1), ""),
    ],
)
def test_what_cannot_be_meant_is_refused(served, rest, words):
    event, error = post(served, image_of(encode(photograph(40, 40))), *rest)
    assert event == "error"
    assert words in json.dumps(error)
    assert "Traceback" not in json.dumps(error)


def test_a_result_that_would_be_too_large_is_refused_with_a_remedy(served):
    content = encode(Image.new("RGB", (2000, 1000)))
    event, error = post(served, image_of(content), "feature", 4, 1)
    assert event == "error"
    assert "a scale of at most 2.5" in error["error"]


def test_a_missing_picture_is_asked_for(client):
    with pytest.raises(AppError, match="Send a photograph"):
        client.predict(None, api_name="/restore")


@pytest.mark.parametrize("place", ["https://example.com/cat.jpg", "/etc/passwd", "app.py"])
def test_nothing_is_fetched_and_no_file_of_the_server_is_read(served, place):
    image = {"path": place, "url": place, "meta": {"_type": "gradio.FileData"}}
    event, error = post(served, image, "feature", 1, 1)
    assert event == "error"
    assert "root" not in json.dumps(error)
    assert served.refused_hosts == []


def test_a_call_can_be_cancelled(client, tmp_path):
    path = tmp_path / "large.jpg"
    Image.linear_gradient("L").resize((3600, 2500)).convert("RGB").save(path)
    job = client.submit(handle_file(path), api_name="/restore")
    while not job.status().progress_data:
        time.sleep(0.05)
    assert "tiles" in job.status().progress_data[0].desc
    job.cancel()
    start = time.monotonic()
    small = handle_file(EXAMPLES[0])
    client.predict(small, api_name="/restore")  # waits for the one that works
    assert time.monotonic() - start < 20  # the whole would take minutes on a busy machine


def test_it_is_a_tool_that_says_what_it_does(served):
    (tool,) = serving.tools(served.url)
    assert tool["name"].endswith("restore")
    assert "JPEG-damaged" in tool["description"]
    assert {*tool["inputSchema"]["properties"]} == {"image", "recipe", "scale", "strength"}


# ------------------------------------------------------------------- the page's own questions


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
    assert list(reply["crops"]) == ["input", *restoration_page.RECIPES]
    sizes = {from_url(url).size for url in reply["crops"].values()}
    assert sizes == {(restoration_page.CROP, restoration_page.CROP)}


GOOD = as_url(encode(photograph(128, 96)))


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
    {"image": as_url(encode(Image.new("RGB", (500, 500)))), "recipe": "pixel", "strengths": {}},
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
        if name == "restoration-feature":
            raise WeightsMissing("not there")
        return weights.Record({}, "pets", "MIT", "train", "a laptop", 1.0)

    monkeypatch.setattr(weights, "entry", entry)
    page = restoration_page.page()
    assert page.count("Its weights are not here.") == 1
    assert 'value="feature" disabled' in page
    assert 'value="gan" checked' in page


def test_a_recipe_says_what_was_measured(monkeypatch):
    metrics = {"gain_db": 2.14, "features": 0.615}
    record = weights.Record(metrics, "pets", "MIT", "train", "a laptop", 1.0)
    monkeypatch.setattr(weights, "entry", lambda name, folder=None: record)
    page = restoration_page.page()
    assert page.count("+2.1 dB</b>") == page.count("features 38 % closer") == 3
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
