"""The Digits tab: draw a digit, see ten probabilities move with every stroke, look inside.

The page's side is in ``assets/mnist/``: ``pad.js`` keeps the drawing, ``source.js`` brings
pictures from elsewhere, ``digits.js`` sends what is there and shows the answer, ``inside.js``
paints what the network makes of it. They speak with this file through one event with one
output:

    question    {"id": 7, "ask": "reading", "image": data URL, "model": "best"}
    reply       {"id": 7, "digit": 3, "message": "", "probabilities": [...], "seen": base64,
                 "notice": ""}
    or first    {"id": 7, "wait": words}, several times, while others are before it
    question    {"id": 8, "ask": "inside", ...}      reply {"id": 8, "inside": {...}}
    question    {"id": 9, "ask": "comparison", ...}  reply {"id": 9, "compared": {"cnn": {...}}}
    or, to each {"id": 7, "error": words} or {"id": 7, "broken": words}

The page asks for readings while somebody draws, and for the rest when the pen has come to
rest, because looking inside takes several times as long.

Everybody else uses the endpoint ``/classify``. Run this tab alone with
``python -m lesson7.ui.mnist``.
"""

import base64
import contextlib
import html
import json
import logging
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

import gradio as gr
import numpy as np

from lesson7.core import weights
from lesson7.core.errors import InputError, WeightsError
from lesson7.ui import components, events, sent
from lesson7.ui.lanes import SHORT

# What a visitor may have the digit read by: API name, name on the page, number of parameters.
NETWORKS = [
    ("cnn", "The lesson’s CNN", 12_126),
    ("resnet", "The lesson’s ResNet", 41_132),
    ("best", "Ours", 471_275),
]
MODELS = [model for model, _, _ in NETWORKS]
CHOOSE = "Choose a network first"

# What a layer's feature maps are about, by their side in pixels.
LAYER_SAYS = {
    28: "Every pixel is still in its place.",
    14: "Edges and strokes, each map looking for its own slant.",
    7: "Pieces of strokes meet: corners, bends, ends.",
    4: "Parts of a digit: a loop above, a hook to the left.",
    2: "What lies in each quarter of the picture.",
    1: "No place is left: numbers that the answer is made of.",
}
SCORES_SAY = {
    10: "One score per digit. The highest wins.",
    11: "One score per digit, and one for “no digit at all” (×), from five networks together; "
    "the maps are the first one’s. The highest wins.",
}

EXAMPLE_NAMES = {
    "2": "grey pencil",
    "3": "white on black",
    "4": "red pen",
    "5": "blue pen",
    "6": "on yellow paper",
    "7": "black pen",
    "8": "chalk on a board",
    "9": "white on blue",
}

_log = logging.getLogger(__name__)


def classify(image: str, model: str = "best") -> dict[str, float]:
    """Read one handwritten digit in a picture.

    Dark ink on light paper or the reverse, anywhere in the picture, of any size: the digit is
    found, scaled and centred first. A blank picture, a scribble, a letter or several digits
    are refused with words.

    Args:
        image: the picture, uploaded or as a data URL (PNG, JPEG, WebP, BMP, GIF, AVIF, TIFF).
        model: "cnn" (the lesson's CNN), "resnet" (the lesson's ResNet) or "best" (ours).

    Returns:
        The probability of each digit: keys "0" to "9", values in [0, 1] with sum 1.
    """
    with components.in_words():
        if image is None:
            raise InputError("Send a picture of one handwritten digit.")
        sent.one_of(MODELS, model, CHOOSE)
        probabilities = _predictor().classify(image, model)
    return {str(digit): probability for digit, probability in probabilities.items()}


def answer(event: gr.EventData) -> str:
    """Reply to one question of the page, described at the top of this file."""
    question = events.asked(event)
    image, model = question.get("image"), question.get("model")
    reply: dict[str, Any] = {"id": question.get("id")}
    try:
        if not isinstance(image, str) or not image.startswith("data:"):  # never a path of ours
            raise InputError("Draw a digit first.")
        model = sent.one_of(MODELS, model, CHOOSE)
        match question.get("ask"):
            case "reading":
                reply |= _reading(image, model)
            case "inside":
                reply["inside"] = _inside(image, model)
            case "comparison":
                reply["compared"] = _compared(image)
            case _:
                raise InputError("Ask for a reading, the inside or a comparison.")
    except InputError as error:
        reply["error"] = str(error)
    except WeightsError as error:
        _log.error("%s", error)
        reply["broken"] = components.BROKEN
    return json.dumps(reply)


def warm() -> None:
    """Import torch and read one blank picture with the network that is asked first."""
    _predictor().read(np.full((28, 28), 255, np.uint8))


def build() -> gr.Blocks:
    """The tab. ``/classify`` is its one public endpoint."""
    with gr.Blocks(analytics_enabled=False) as tab:
        desk = gr.HTML(
            value="",
            html_template=_page(),
            js_on_load=components.asset(
                "address.js",
                "able.js",
                *(f"mnist/{name}.js" for name in ("pad", "inside", "source", "digits")),
            ),
            apply_default_css=False,
            elem_id="digits",
        )
        halted = gr.State(events.Halted())  # copied for each visitor
        with gr.Row(visible=False):
            image = sent.unread(gr.Image(type="filepath", label="image"))
            model = sent.unchecked(gr.Radio(MODELS, value="best", label="model"))
            probabilities = gr.JSON(label="probabilities")
            run = gr.Button("classify")

        asked = desk.ask(
            events.for_page(SHORT, answer),
            halted,
            desk,
            **events.QUIET,
            **events.OPEN,
        )
        asked.failure(None, js=components.failed("digits", "digits"), api_visibility="private")
        events.endpoint(run, SHORT, classify, [image, model], probabilities)
        components.warm_up_on_load(tab, warm)
    return tab


def _predictor() -> ModuleType:
    """``lesson7.mnist.predict``, imported at first use: it brings torch, which takes seconds."""
    from lesson7.mnist import predict

    return predict


def _reading(image: str, model: str) -> dict[str, Any]:
    reading = _predictor().read(image, model)
    return {
        "digit": reading.digit,
        "message": reading.message,
        "probabilities": [round(reading.probabilities[digit], 5) for digit in range(10)],
        "seen": _base64(np.asarray(reading.seen)),
        "notice": " ".join(weights.notices()),
    }


def _compared(image: str) -> dict[str, Any]:
    """What each network reads; one whose weights cannot be used is left out."""
    compared = {}
    for model in MODELS:
        try:
            probabilities = _predictor().read(image, model).probabilities
        except WeightsError as error:
            _log.error("%s", error)
            continue
        digit = max(probabilities, key=probabilities.__getitem__)
        compared[model] = {"digit": digit, "probability": round(probabilities[digit], 5)}
    return compared


def _inside(image: str, model: str) -> dict[str, Any]:
    inside = _predictor().look_inside(image, model)
    layers = [
        {
            "name": layer.name,
            "size": layer.size,
            "channels": layer.channels,
            "says": _says(layer.size, layer.channels),
            "maps": _base64((255 * layer.maps).round()),
        }
        for layer in inside.layers
    ]
    return {
        "layers": layers,
        "digit": inside.digit,
        "evidence": _base64((128 + 127 * inside.evidence).round()),
    }


def _says(size: int, channels: int) -> str:
    if size == 1 and channels in SCORES_SAY:
        return SCORES_SAY[channels]
    return LAYER_SAYS.get(size, "")


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def _page() -> str:
    """The tab's HTML: ten bars, the examples and the networks filled in."""
    bars = "".join(
        f'<div class="bar" role="meter" aria-label="{digit}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="0" aria-valuetext="0 %"><b>{digit}</b><i></i><span>0 %</span></div>'
        for digit in range(10)
    )
    examples = "".join(map(_example, sorted((components.ASSETS / "mnist/examples").glob("*.png"))))
    networks = "".join(_network(*network) for network in NETWORKS)
    page = Template(components.asset("mnist/digits.html"))
    return page.substitute(bars=bars, examples=examples, networks=networks)


def _example(path: Path) -> str:
    digit = path.name[0]
    name = f"Example: a {digit}, {EXAMPLE_NAMES[digit]}"
    return (
        f'<button type="button" aria-label="{name}">'
        f'<img src="{components.picture_url(path)}" alt="" width="140" height="140"></button>'
    )


def _network(model: str, name: str, parameters: int) -> str:
    """One choice, with its size and its accuracy on MNIST's test set where the index has them."""
    facts = [f"{parameters:,} parameters"]
    with contextlib.suppress(WeightsError, KeyError):  # said in words when a digit is drawn
        accuracy = weights.entry(f"mnist-{model}").metrics["test_accuracy"]
        facts.append(f"{100 * accuracy:.2f} % right")
    lines = "".join(f"<span>{html.escape(fact)}</span>" for fact in facts)
    checked = " checked" if model == "best" else ""
    return (
        f'<label class="l7-choice"><input type="radio" name="network" value="{model}"{checked}>'
        f'<strong>{html.escape(name)}</strong><span class="network-facts">{lines}</span>'
        '<span class="network-says"></span></label>'
    )


if __name__ == "__main__":
    components.page([("Digits", build)]).launch(**components.LAUNCH)
