"""The Human numbers tab: type a number, and a network goes on counting, word by word.

The page's side is in ``assets/human_numbers/``: ``words.js`` keeps and shows the text,
``next.js`` shows what may come next, ``heat.js`` what is inside, ``ladder.js`` all networks
side by side, ``counting.js`` asks and listens. They speak with this file through two events
with one output:

    ask         {"id": 7, "text": "eight thousand one,", "n": 60, "model": "counter",
                 "temperature": 0, "top_k": 0, "seed": 1}
    reply       several, as the words come:
                {"id": 7, "given": [...], "vocabulary": [...], "notice": "",
                 "from": 0, "words": [...], "done": false};
                or {"id": 7, "error": words}, or {"id": 7, "broken": words};
                first, while others are before it, {"id": 7, "wait": words}
    halt        {"id": 7}, without a reply: the words need not come any more
    compare     {"id": 8, "text": ..., "n": 24}
    reply       {"id": 8, "vocabulary": [...],
                 "ladder": [{"model": ..., "given": [...], "words": [...]}, ...]}

Everybody else uses the endpoint ``/continue_text``. Run this tab alone with
``python -m lesson7.ui.human_numbers``.
"""

import base64
import contextlib
import html
import json
import logging
import time
from collections.abc import Iterator
from string import Template
from types import ModuleType
from typing import Any

import gradio as gr
import numpy as np

from lesson7.core import weights
from lesson7.core.errors import InputError, WeightsError
from lesson7.ui import components, events, sent
from lesson7.ui.lanes import SHORT

# Who may go on with a text: API name, name on the page, parameters, what is new in it.
NETWORKS = [
    ("model0", "Unrolled", 9_190, "sees three words, written out step by step"),
    ("model1", "Loop", 9_190, "the same three words, in a loop"),
    ("model2", "Every word", 9_190, "twenty words, learns from each of them"),
    ("model3", "Kept state", 9_190, "never forgets its state between batches"),
    ("model4", "RNN", 13_350, "PyTorch’s recurrent layer"),
    ("model5", "GRU", 54_950, "two layers with gates"),
    ("counter", "Counter", 113_831, "attention and a pointer, ours"),
    ("counter-9999", "Counter, all numbers", 113_831, "ours, trained on what it is asked here"),
]
MODELS = [model for model, *_ in NETWORKS]
COMPARED = MODELS[:7]

EXAMPLES = [
    "eight thousand one,",
    "8998, 8999,",
    "8098, 8099,",
    "ninety-eight, ninety-nine,",
    "Seven Thousand and Twelve",
    "five, ten, fifteen,",
]

_SHORT, _PAUSE = 0.06, 0.01  # seconds: between two replies of one answer, and to let one go out

_log = logging.getLogger(__name__)


def continue_text(
    text: str,
    n_tokens: float = 40,
    model: str = "counter",
    temperature: float = 0,
    top_k: float = 0,
    seed: float = 0,
) -> Iterator[dict[str, Any] | None]:
    """Go on counting from a text of numbers.

    "counter" was trained on 1 to 7,999, as the lesson's networks were, and "counter-9999" on all
    numbers that it may be asked.

    Args:
        text: numbers in English words or digits, such as "eight thousand one," or "8031, 8032".
        n_tokens: how many words to add, 1 to 2000; a comma is a word.
        model: "model0" to "model5" (the lesson's), "counter" or "counter-9999" (ours).
        temperature: 0 always takes the likeliest word, 1 draws by the network's probabilities.
        top_k: draw from so many likeliest words; 0 means from all.
        seed: a whole number; the same one draws the same words.

    Returns:
        "text", what was added
        its "words"
        the "probabilities" that the network gave them
        five "alternatives" to each
        "numbers_right", how many numbers were completed before the first mistake
        and "first_wrong", the place of that mistake among the words, or null.
    """
    said: list[Any] = []
    with components.in_words():
        asked = _checked("" if text is None else text, n_tokens, model, temperature, top_k, seed)
        given, words = _predictor().turns(*asked)
        yield from _gather(words, said)
    continuation = _predictor().Continuation(given, said)
    yield {
        "text": continuation.text,
        "words": continuation.tokens,
        "probabilities": continuation.probabilities,
        "alternatives": continuation.alternatives,
        "numbers_right": continuation.numbers,
        "first_wrong": continuation.wrong_at,
    }


def answer(event: gr.EventData) -> Iterator[str | None]:
    """Reply to one ``ask`` of the page, described at the top of this file."""
    question = events.asked(event)
    about = {"id": question.get("id")}
    try:
        for reply in _replies(question):
            yield None if reply is None else json.dumps(about | reply)
    except (InputError, WeightsError) as error:
        yield json.dumps(about | components.reply_to_error(error))


def compare(event: gr.EventData) -> Iterator[str | None]:
    """Reply to one ``compare`` of the page, described at the top of this file."""
    question = events.asked(event)
    reply: dict[str, Any] = {"id": question.get("id")}
    ladder = []
    for model in COMPARED:
        row: dict[str, Any] = {"model": model}
        said: list[Any] = []
        try:
            given, words = _stream({**question, "model": model, "temperature": 0, "top_k": 0})
            yield from _gather(words, said)
            row |= {"given": given, "words": list(map(_sent, said))}
        except InputError as error:
            yield json.dumps(reply | {"error": str(error)})
            return
        except WeightsError as error:
            _log.error("%s", error)
            row["broken"] = "could not be loaded"
        ladder.append(row)
    yield json.dumps(reply | {"ladder": ladder, "vocabulary": _predictor().ITOS})


def warm() -> None:
    """Import torch and let the network that is asked first say one word."""
    _predictor().continue_text("one,", 1)


def build() -> gr.Blocks:
    """The tab. ``/continue_text`` is its one public endpoint."""
    scripts = [
        f"human_numbers/{name}.js" for name in ("words", "next", "heat", "ladder", "counting")
    ]
    with gr.Blocks(analytics_enabled=False) as tab:
        desk = gr.HTML(
            value="",
            html_template=_page(),
            js_on_load=components.asset("address.js", "able.js", *scripts),
            apply_default_css=False,
            elem_id="human-numbers",
        )
        halted = gr.State(events.Halted())  # copied for each visitor
        with gr.Row(visible=False):
            text = sent.unchecked(gr.Textbox(label="text"))
            n_tokens = sent.unchecked(gr.Number(40, label="n_tokens"))
            model = sent.unchecked(gr.Radio(MODELS, value="counter", label="model"))
            temperature = sent.unchecked(gr.Number(0, label="temperature"))
            top_k = sent.unchecked(gr.Number(0, label="top_k"))
            seed = sent.unchecked(gr.Number(0, label="seed"))
            added = gr.JSON(label="continuation")
            run = gr.Button("continue_text")

        asked = [
            event(events.for_page(SHORT, reply), halted, desk, **events.QUIET, **events.OPEN)
            for event, reply in ((desk.ask, answer), (desk.compare, compare))
        ]
        desk.halt(events.halt, halted, None, queue=False, **events.QUIET)
        for event, part in zip(asked, ("counting", "hn-ladder"), strict=True):
            event.failure(
                None, js=components.failed("human-numbers", part), api_visibility="private"
            )
        events.endpoint(
            run, SHORT, continue_text, [text, n_tokens, model, temperature, top_k, seed], added
        )
        components.warm_up_on_load(tab, warm)
    return tab


def _predictor() -> ModuleType:
    """``lesson7.human_numbers.predict``, imported at first use: it brings torch."""
    from lesson7.human_numbers import predict

    return predict


def _whole(number: object) -> object:
    """JSON's 40.0 as 40; anything else as it is, to be refused in words."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _replies(question: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    given, words = _stream(question)
    known = _predictor().ITOS
    reply = {"given": given, "vocabulary": known, "notice": " ".join(weights.notices())}
    ready: list[dict[str, Any]] = []
    gone, since = 0, time.monotonic()
    for word in words:
        if word is None:
            yield None
            since = time.monotonic()
            continue
        ready.append(_sent(word))
        if time.monotonic() - since > _SHORT:
            yield reply | {"from": gone, "words": ready, "done": False}
            time.sleep(_PAUSE)
            gone, ready, since = gone + len(ready), [], time.monotonic()
    yield reply | {"from": gone, "words": ready, "done": True}


def _gather(words: Iterator[Any | None], into: list[Any]) -> Iterator[None]:
    """Put the words into a list; gives others their turn every now and then."""
    since = time.monotonic()
    for word in words:
        if word is not None:
            into.append(word)
        if time.monotonic() - since > _SHORT:
            yield None
            since = time.monotonic()


def _stream(question: dict[str, Any]) -> tuple[list[str], Iterator[Any | None]]:
    text, n, model = (question.get(key) for key in ("text", "n", "model"))
    options = [question.get(key, 0) for key in ("temperature", "top_k", "seed")]
    given, words = _predictor().turns(*_checked(text, n, model, *options))
    return given, words


def _checked(text: object, n: object, model: object, *options: object) -> list[object]:
    """What a stranger asks for; whether its numbers are in range, ``predict`` says."""
    if not isinstance(text, str):
        raise InputError("Type a number to begin with, such as: eight thousand one,")
    sent.one_of(MODELS, model, "Choose a network first")
    return [text, _whole(n), model, *map(_whole, options)]


def _sent(word: Any) -> dict[str, Any]:
    """A word as the page gets it: lists of numbers as bytes, so that a thousand are light."""
    likely = np.clip(-1000 * np.log(np.maximum(word.probabilities, 1e-28)), 0, 65_535)
    inside = np.clip(127.5 + 127.5 * np.asarray(word.inside), 0, 255)
    return {
        "word": word.word,
        "likely": _base64(likely.astype("<u2")),
        "right": word.right,
        "expected": word.expected,
        "numbers": word.numbers,
        "inside": _base64(inside.astype(np.uint8)),
    }


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _page() -> str:
    """The tab's HTML: examples, networks and vocabulary filled in."""
    examples = "".join(
        f'<button type="button" class="l7-button" lang="en">{html.escape(example)}</button>'
        for example in EXAMPLES
    )
    networks = "".join(_network(*network) for network in NETWORKS)
    page = Template(components.asset("human_numbers/counting.html"))
    return page.substitute(examples=examples, networks=networks)


def _network(model: str, name: str, parameters: int, says: str) -> str:
    """One choice, with its size and its accuracy on numbers that it never saw, if known."""
    facts = [f"{parameters:,}\u00a0parameters"]  # each stays on one line
    if model != "counter-9999":
        with contextlib.suppress(WeightsError, KeyError):  # said in words when it is asked
            accuracy = weights.entry(f"human-numbers-{model}").metrics["accuracy"]
            right = f"{100 * min(accuracy, 0.9999):.{2 if accuracy > 0.99 else 1}f}"
            facts.append(f"{right}\u00a0%\u00a0right")
    shown = html.escape(" · ".join(facts))
    checked = " checked" if model == "counter" else ""
    return (
        f'<label class="l7-choice"><input type="radio" name="hn-network" value="{model}"{checked}>'
        f"<strong>{html.escape(name)}</strong><span>{html.escape(says)}</span>"
        f'<span class="hn-facts">{shown}</span></label>'
    )


if __name__ == "__main__":
    components.page([("Human numbers", build)]).launch(**components.LAUNCH)
