"""What the page asks the Digits tab, and how it is answered; no browser and no server."""

import base64
import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from lesson7.core.errors import WeightsMissing
from lesson7.mnist import predict
from lesson7.ui import components, mnist  # no Blocks here: Gradio leaves loops open
from tests import serving
from tests.core.picture_files import encode

SEVEN = components.ASSETS / "mnist/examples/7-0075.png"


def reply_to(question: object) -> dict:
    return json.loads(mnist.answer(gr.EventData(None, question)))


def ask(what: str, path: Path) -> dict:
    image = serving.data_url(path.read_bytes())
    return reply_to({"id": 3, "ask": what, "image": image, "model": "best"})


def test_a_drawing_is_answered_with_all_that_the_page_shows():
    reply = ask("reading", SEVEN)
    assert (reply["id"], reply["digit"], reply["message"]) == (3, 7, "")
    assert len(reply["probabilities"]) == 10
    assert np.argmax(reply["probabilities"]) == 7
    assert len(base64.b64decode(reply["seen"])) == 28 * 28


def test_the_inside_has_every_size_and_a_sentence_for_it():
    inside = ask("inside", SEVEN)["inside"]
    assert inside["digit"] == 7
    assert len(base64.b64decode(inside["evidence"])) == 28 * 28
    assert {layer["size"] for layer in inside["layers"]} >= {14, 7, 4, 2, 1}
    for layer in inside["layers"]:
        assert len(base64.b64decode(layer["maps"])) == layer["channels"] * layer["size"] ** 2
        assert layer["says"]


def test_the_networks_can_be_compared():
    compared = ask("comparison", SEVEN)["compared"]
    assert list(compared) == mnist.MODELS
    assert {one["digit"] for one in compared.values()} == {7}


def test_a_network_without_weights_is_left_out_of_the_comparison(monkeypatch: pytest.MonkeyPatch):
    read = predict.read

    def some_missing(image: str, model: str) -> predict.Reading:
        if model == "cnn":
            raise WeightsMissing("mnist-cnn.safetensors is not there.")
        return read(image, model)

    monkeypatch.setattr(predict, "read", some_missing)
    assert list(ask("comparison", SEVEN)["compared"]) == ["resnet", "best"]


BLANK_URL = serving.data_url(encode(Image.new("L", (100, 100), 255)))


@pytest.mark.parametrize(
    "question",
    [
        None,
        ["data:"],
        {},
        {"ask": "reading", "image": None, "model": "best"},
        {"ask": "reading", "image": 5, "model": "best"},
        {"ask": "reading", "image": "/etc/passwd", "model": "best"},
        {"ask": "reading", "image": "https://example.com/7.png", "model": "best"},
        {"ask": "reading", "image": "data:image/png;base64,????", "model": "best"},
        {"ask": "reading", "image": "data:text/plain,seven", "model": "best"},
        {"ask": "reading", "image": BLANK_URL, "model": "gpt"},
        {"ask": "reading", "image": BLANK_URL, "model": ["best"]},
        {"ask": "inside", "image": BLANK_URL, "model": "best"},
        {"ask": ["inside"], "image": BLANK_URL, "model": "best"},
        {"image": BLANK_URL, "model": "best"},
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_answered_in_words(question: object):
    assert len(reply_to(question)["error"].split()) > 2


def test_missing_weights_are_said_in_words_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch):
    def missing(image: object, model: str) -> None:
        raise WeightsMissing("/secret/mnist-best.safetensors is not there.")

    monkeypatch.setattr(predict, "classify", missing)
    monkeypatch.setattr(predict, "read", missing)
    with pytest.raises(gr.Error) as caught:
        mnist.classify(str(SEVEN))
    assert caught.value.message == components.BROKEN
    assert ask("reading", SEVEN) == {"id": 3, "broken": components.BROKEN}


def test_the_networks_are_as_large_as_the_page_says():
    for model, _, parameters in mnist.NETWORKS:
        network = predict.NETWORKS[model]()
        assert sum(one.numel() for one in network.parameters()) == parameters
