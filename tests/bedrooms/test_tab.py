"""The tab without a browser: its endpoint over HTTP and MCP, and its answers to the page."""

import base64
import io
import json
import shutil

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from lesson7.bedrooms import predict, rooms
from lesson7.bedrooms.directions import ATTRIBUTES
from lesson7.bedrooms.film import FRAMES_A_TURN
from lesson7.core import weights
from lesson7.ui import bedrooms, bedrooms_replies, components
from tests import serving

ROOM = {"seed": 7, "index": 0, "truncation": 1, "moves": {}}


@pytest.fixture(scope="module")
def url(tmp_path_factory, weights_folder):
    folder = tmp_path_factory.mktemp("app")
    command = ("-m", "lesson7.ui.bedrooms")
    with serving.app(folder, *command, LESSON7_WEIGHTS=str(weights_folder)) as served:
        yield served.url
        assert served.refused_hosts == []


@pytest.fixture(scope="module")
def client(url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    return Client(url, verbose=False, analytics_enabled=False, download_files=folder)


def asked(**question):
    event = gr.EventData(None, {"id": 7, "recipe": "modern", "room": ROOM, **question})
    return [json.loads(reply) for reply in bedrooms.answer(event) if reply is not None]


def opened(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


# ---- everybody's endpoint


def test_rooms_are_drawn_over_http(client, small_networks):
    path = client.predict(5, 7, 1, "modern", api_name="/draw")
    with Image.open(path) as sheet:
        assert (sheet.format, sheet.size) == ("PNG", (3 * 66 - 2, 2 * 66 - 2))
        second = sheet.convert("RGB").crop((66, 0, 130, 64))
    assert second.tobytes() == predict.draw(2, 7)[1].tobytes()
    again = client.predict(seed=7, n=5, api_name="/draw")
    with Image.open(path) as a, Image.open(again) as b:
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([0, 7], "1 to 64"),
        ([1e9, 7], "1 to 64"),
        ([2.5, 7], "1 to 64"),
        ([4, -1], "whole number"),
        ([4, 1.5], "whole number"),
        ([4, 7, 1.5], "truncation"),
        ([4, 7, -1], "truncation"),
    ],
)
def test_what_cannot_be_meant_is_answered_in_words(client, arguments, words):
    with pytest.raises(AppError, match=words):
        client.predict(*arguments, api_name="/draw")


def test_it_is_a_tool_with_a_description(url):
    (tool,) = serving.tools(url)
    assert tool["name"].endswith("draw")
    assert "bedrooms" in tool["description"]
    assert set(tool["inputSchema"]["properties"]) == {"n", "seed", "truncation", "recipe"}


# ---- the page's own questions


@pytest.fixture
def page(small_networks):
    """Answers come from the stand-ins."""


def test_sixteen_rooms_come_in_growing_replies(page):
    replies = asked(ask="rooms")
    assert [len(reply["rooms"]) for reply in replies] == [4, 8, 12, 16]
    assert [reply["more"] for reply in replies] == [True, True, True, False]
    last = replies[-1]
    assert (last["id"], last["of"], last["size"], last["notice"]) == (7, 16, 64, "")
    wanted = predict.draw(16, 7)
    for room, url in zip(wanted, last["rooms"], strict=True):
        assert opened(url).convert("RGB").tobytes() == room.tobytes(), "to the last bit"


def test_sliders_say_what_was_measured(page):
    sliders = {one["name"]: one for one in asked(ask="rooms")[-1]["directions"]}
    found = predict.directions()
    wanted = dict(zip(found.names, found.r2, strict=True))
    assert list(sliders) == [name for name, r2 in wanted.items() if r2 >= 0.3]
    warmth, index = sliders["warmth"], found.names.index("warmth")
    assert warmth["ends"] == ["bluer", "redder"]
    assert (warmth["effect"], warmth["r2"]) == (found.effects[index], found.r2[index])


@pytest.mark.parametrize("recipe", bedrooms_replies.RECIPES)
def test_directions_can_be_asked_for_without_rooms(page, recipe):
    rooms = asked(ask="rooms", recipe=recipe)[-1]
    assert asked(ask="directions", recipe=recipe) == [{"id": 7, "directions": rooms["directions"]}]


def test_every_direction_that_can_be_found_has_words():
    assert set(bedrooms_replies.SLIDERS) == set(ATTRIBUTES)


def test_a_move_is_drawn(page):
    moved = asked(ask="rooms", room={**ROOM, "moves": {"warmth": 2}})[-1]["rooms"][0]
    assert moved != asked(ask="rooms")[-1]["rooms"][0]


STOPS = [ROOM, {**ROOM, "index": 3}]


def test_a_walk_tells_how_far_it_is_and_comes_in_rows(page):
    replies = asked(ask="walk", stops=STOPS)
    assert [reply["drawn"] for reply in replies[:-1]] == [16, 32, 48]
    last = replies[-1]
    assert (last["frames"], last["columns"], last["size"]) == (60, 30, 64)
    rows = [opened(row) for row in last["film"]]
    assert [row.size for row in rows] == [(30 * 64, 64)] * 2
    rooms = [predict.draw(4, 7)[index] for index in (0, 3)]
    for row, room in zip(rows, rooms, strict=True):
        apart = np.subtract(row.convert("RGB").crop((0, 0, 64, 64)), room, dtype=float)
        assert np.abs(apart).mean() < 3, "each row begins with a room"


def test_a_walk_comes_as_a_gif(page):
    film = opened(asked(ask="gif", stops=STOPS)[-1]["gif"])
    assert (film.format, film.size) == ("GIF", (192, 192))


@pytest.mark.parametrize(("ask", "unit"), [("walk", 30), ("gif", FRAMES_A_TURN)])
def test_who_waits_for_a_walk_to_be_written_lets_others_have_their_turns(page, ask, unit):
    """No turn draws more than four frames, or writes more than some of them."""
    event = gr.EventData(None, {"id": 7, "ask": ask, "recipe": "modern", "stops": STOPS})
    turns = list(bedrooms.answer(event))
    assert len(turns) >= 60 // 4 + 60 // unit


@pytest.mark.parametrize("recipe", bedrooms_replies.RECIPES)
def test_inside_has_scores_and_stages_with_a_sentence_each(page, recipe):
    (scores,) = asked(ask="scores", recipe=recipe)
    assert len(scores["scores"]) == 16
    assert scores["said_by"]
    (built,) = asked(ask="stages", recipe=recipe, room={**ROOM, "index": 2})
    assert {stage["size"] for stage in built["stages"]} == {4, 8, 16, 32} | (
        {64} if recipe == "modern" else set()
    )
    for stage in built["stages"]:
        maps = base64.b64decode(stage["maps"])
        assert len(maps) % stage["size"] ** 2 == 0
        assert opened(stage["seen"]).size == (stage["size"],) * 2
        assert stage["says"]


def test_the_history_has_both_recipes(page):
    (reply,) = asked(ask="history")
    assert set(reply["history"]) == {"modern", "wgan"}
    for one in reply["history"].values():
        assert opened(one["moments"][0]["sheet"]).size == (256, 256)
        assert one["curves"]["generator_loss"]


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ask": "everything"},
        {"ask": ["rooms"]},
        {"ask": "rooms", "recipe": "diffusion"},
        {"ask": "rooms", "recipe": ["modern"]},
        {"ask": "directions", "recipe": "diffusion"},
        {"ask": "rooms", "room": None},
        {"ask": "rooms", "room": {"seed": "7"}},
        {"ask": "rooms", "room": {**ROOM, "seed": -1}},
        {"ask": "rooms", "room": {**ROOM, "truncation": 2}},
        {"ask": "rooms", "room": {**ROOM, "truncation": None}},
        {"ask": "rooms", "room": {**ROOM, "moves": ["warmth"]}},
        {"ask": "rooms", "room": {**ROOM, "moves": {"warmth": 1e9}}},
        {"ask": "rooms", "room": {**ROOM, "moves": {"nonsense": 1}}},
        {"ask": "stages", "room": {**ROOM, "index": 99}},
        {"ask": "walk"},
        {"ask": "walk", "stops": [ROOM]},
        {"ask": "walk", "stops": [ROOM] * 7},
        {"ask": "walk", "stops": [ROOM, 5]},
        {"ask": "gif", "stops": "all"},
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_answered_in_words(page, question):
    (reply,) = asked(**question)
    assert reply["id"] == 7
    assert len(reply["error"].split()) > 2


def test_a_question_that_is_no_question_is_answered_too():
    (reply,) = bedrooms.answer(gr.EventData(None, ["rooms"]))
    assert json.loads(reply)["error"]


def test_missing_weights_are_said_in_words_and_nothing_else_is(page, tmp_path, monkeypatch):
    monkeypatch.setenv("LESSON7_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(weights, "EMBEDDED", tmp_path)
    rooms._loaded.cache_clear()
    assert asked(ask="rooms") == [{"id": 7, "broken": components.BROKEN}]
    with pytest.raises(gr.Error, match="could not be loaded"):
        next(bedrooms.draw())
    (reply,) = asked(ask="history")
    assert "no record" in reply["error"]
    assert bedrooms._page().count("parameters") == 0


@pytest.fixture
def only_ours(page, weights_folder, tmp_path, monkeypatch):
    """The lesson's network has left its record and its moments, and no weights."""
    folder = shutil.copytree(weights_folder, tmp_path / "weights")
    index = json.loads((folder / "index.json").read_text("utf-8"))
    ours = {name: one for name, one in index.items() if not name.startswith("bedrooms-wgan")}
    (folder / "index.json").write_text(json.dumps(ours), "utf-8")
    monkeypatch.setenv("LESSON7_WEIGHTS", str(folder))
    monkeypatch.setattr(weights, "EMBEDDED", folder)


def test_a_network_without_weights_is_not_offered_and_still_in_the_time_machine(only_ours):
    page = bedrooms._page()
    assert 'value="modern" checked>' in page
    assert 'value="wgan" disabled>' in page
    assert "Its weights are not here. See the time machine." in page
    questions = {"rooms": {}, "scores": {}, "stages": {}, "walk": {"stops": [ROOM, ROOM]}}
    for ask, more in questions.items():
        (reply,) = asked(ask=ask, recipe="wgan", **more)
        assert "not among the weights" in reply["error"], ask
    with pytest.raises(gr.Error, match="not among the weights"):
        next(bedrooms.draw(recipe="wgan"))
    assert len(asked(ask="rooms")[-1]["rooms"]) == 16
    (reply,) = asked(ask="history")
    assert set(reply["history"]) == {"modern", "wgan"}


def test_the_page_says_how_large_the_networks_are(page):
    assert "3,613,696 parameters" in bedrooms._page()
