"""The tab without a browser: its endpoint over HTTP and MCP, and its answers to the page."""

import base64
import json
import math

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from lesson7.core.errors import WeightsMissing
from lesson7.human_numbers import predict
from lesson7.ui import components, human_numbers
from tests import serving


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    with serving.app(folder, "-m", "lesson7.ui.human_numbers") as served:
        yield served.url
        assert served.refused_hosts == []


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False, analytics_enabled=False)


def asked(**question):
    event = gr.EventData(None, {"id": 7, "model": "counter", "n": 6, **question})
    return [json.loads(reply) for reply in human_numbers.answer(event) if reply is not None]


def test_a_text_is_continued_over_http(client):
    said = client.predict("8998, 8999,", 9, api_name="/continue_text")
    assert said["text"] == "nine thousand, nine thousand one, nine thousand"
    assert said["words"][:3] == ["nine", "thousand", ","]
    assert said["numbers_right"] == 2
    assert said["first_wrong"] is None
    assert all(0.5 < probability <= 1 for probability in said["probabilities"])
    assert [len(five) for five in said["alternatives"]] == [5] * 9


def test_every_network_and_every_option_can_be_asked_for(client):
    for model in human_numbers.MODELS:
        said = client.predict("one, two,", 5, model, 0.8, 3, 7, api_name="/continue_text")
        again = client.predict("one, two,", 5, model, 0.8, 3, 7, api_name="/continue_text")
        assert said == again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["thosand"], "did you mean thousand"),
        ([""], "Type a number to begin with"),
        (["<b>😀</b>"], "I only know the words of numbers"),
        (["one, " * 5_000], "too long"),
        (["one", 0], "Ask for 1 to 2,000 words"),
        (["one", 1e6], "Ask for 1 to 2,000 words"),
        (["one", 5, "counter", -1], "temperature"),
        (["one", 5, "counter", 1, 2.5], "Top-k"),
        (["one", 5, "counter", 1, 0, -3], "seed"),
    ],
)
def test_what_cannot_be_meant_is_answered_in_words(client, arguments, words):
    with pytest.raises(AppError, match=words):
        client.predict(*arguments, api_name="/continue_text")


def test_it_is_a_tool_with_a_description(url):
    (tool,) = serving.tools(url)
    assert tool["name"].endswith("continue_text")
    assert "counting" in tool["description"]
    assert {"text", "n_tokens", "model"} <= {*tool["inputSchema"]["properties"]}


def test_the_page_gets_words_with_everything_to_draw():
    replies = asked(text="8998, 8999,")
    assert replies[-1]["done"]
    words = [word for reply in replies for word in reply["words"]]
    assert [word["word"] for word in words] == ["nine", "thousand", ",", "nine", "thousand", "one"]
    first = words[0]
    assert first["right"] is True
    likely = np.frombuffer(base64.b64decode(first["likely"]), "<u2")
    known = replies[0]["vocabulary"]
    said = predict.continue_text("8998, 8999,", 1).words[0]
    assert len(likely) == len(known) == 38
    own = math.exp(-int(likely[known.index("nine")]) / 1000)
    assert own == pytest.approx(said.probability, abs=2e-3)
    assert len(base64.b64decode(first["inside"])) == 24


def test_replies_of_one_answer_follow_each_other():
    replies = asked(text="one,", n=300)
    at = 0
    for reply in replies:
        assert reply["from"] == at
        at += len(reply["words"])
    assert at == 300
    assert [reply["done"] for reply in replies] == [False] * (len(replies) - 1) + [True]


def test_a_long_text_is_read_in_turns(monkeypatch):
    """So that nobody else waits for all of it: none of its turns reads more than a breath."""
    steps = []
    counter = predict.load("counter")
    step = counter.step
    monkeypatch.setattr(counter, "step", lambda *asked: steps.append(1) or step(*asked))
    event = gr.EventData(None, {"id": 7, "model": "counter", "n": 1, "text": "one, " * 100})
    turns = []
    for _ in human_numbers.answer(event):
        turns.append(len(steps))
        steps.clear()
    assert turns[:6] == [predict.BREATH] * 6
    assert sum(turns) == 202  # the mark, 100 numbers and commas, and the word that was added


@pytest.mark.parametrize(
    "question",
    [{"text": None}, {"text": "hello"}, {"text": "one", "model": "x"}, {"text": "one", "n": 1e9},
     {"text": "one", "n": None}, {"text": "one", "temperature": "hot"}, {"text": "one", "seed": {}},
     {"text": "one", "model": ["counter"]}],
)  # fmt: skip
def test_a_strange_question_is_answered_in_words(question):
    (reply,) = asked(**question)
    assert reply["id"] == 7
    assert reply["error"]


def test_the_ladder_is_answered_for_all_seven():
    event = gr.EventData(None, {"id": -1, "text": "one, two,", "n": 5})
    *_, reply = human_numbers.compare(event)
    reply = json.loads(reply)
    assert [row["model"] for row in reply["ladder"]] == human_numbers.COMPARED
    assert all(len(row["words"]) == 5 for row in reply["ladder"])
    (refusal,) = human_numbers.compare(gr.EventData(None, {"text": "?"}))
    assert json.loads(refusal)["error"]


def test_a_network_that_cannot_be_loaded_leaves_the_tab_alive(monkeypatch):
    def missing(*_, **__):
        raise WeightsMissing("weights/human-numbers-counter.safetensors is not there.")

    monkeypatch.setattr(predict, "load", missing)
    (reply,) = asked(text="one,")
    assert reply["broken"] == components.BROKEN
    with pytest.raises(gr.Error, match="could not be loaded"):
        next(human_numbers.continue_text("one,"))
