"""The table of bad inputs, sent to every endpoint and to every question of the page's scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio.utils import get_upload_folder

from tests import serving
from tests.core.picture_files import encode
from tests.hostile.inputs import (
    JUNK,
    NUMBERS,
    ODD_PICTURES,
    PICTURES,
    TEXTS,
    places,
)
from tests.hostile.whole_app import Answer, WholeApp, as_upload, judge
from tests.restoration.pictures import photograph

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",  # Gradio's open loops, see conftest.py
    "ignore::ResourceWarning",
    "ignore::UserWarning",  # Pillow grumbles at damaged metadata and goes on
)

Taker = Callable[[WholeApp, Any], Answer]

ROOM = {"seed": 7, "index": 0, "truncation": 1, "moves": {}}


def _digits(what: str) -> Taker:
    return lambda app, image: app.ask(
        "digits", "ask", {"id": 1, "ask": what, "image": image, "model": "best"}
    )


def _restoration(event: str, key: str) -> Taker:
    others = {"recipe": "pixel", "scale": 1, "strength": 1, "centre": [0.5, 0.5], "strengths": {}}
    return lambda app, image: app.ask("restoration", event, {"id": 1, **others, key: image})


# Who takes a picture, as a file of Gradio's (a dict), as an upload's path, or as a data URL.
AS_FILE: dict[str, Taker] = {
    "/classify": lambda app, image: app.call("classify", image, "best"),
    "/restore": lambda app, image: app.call("restore", image, "pixel", 1, 1),
}
AS_PATH: dict[str, Taker] = {
    "ask of restoration": _restoration("ask", "path"),
    "crops of restoration": _restoration("crops", "path"),
}
AS_URL: dict[str, Taker] = {
    "reading of digits": _digits("reading"),
    "inside of digits": _digits("inside"),
    "comparison of digits": _digits("comparison"),
    "spoil of restoration": _restoration("spoil", "image"),
    "sights of restoration": _restoration("sights", "image"),
}
SENT = [
    *((f"{name} by data URL", taker, "url") for name, taker in AS_FILE.items()),
    *((f"{name} by upload", taker, "upload") for name, taker in AS_FILE.items()),
    *((name, taker, "path") for name, taker in AS_PATH.items()),
    *((name, taker, "data URL") for name, taker in AS_URL.items()),
]


def wrapped(content: bytes, by: str) -> Any:
    if by in ("url", "data URL"):
        url = serving.data_url(content)
        return url if by == "data URL" else {"url": url, "meta": serving.META}
    path = as_upload(Path(get_upload_folder()) / "hostile", content)
    return path if by == "path" else {"path": path, "meta": serving.META}


# ------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize(("taker", "by"), [s[1:] for s in SENT], ids=[s[0] for s in SENT])
@pytest.mark.parametrize("name", PICTURES)
def test_what_is_no_picture_is_refused_in_words(app: WholeApp, taker: Taker, by: str, name: str):
    judge(app, taker(app, wrapped(PICTURES[name], by)), must_refuse=True)


@pytest.mark.parametrize(("taker", "by"), [s[1:] for s in SENT], ids=[s[0] for s in SENT])
def test_an_odd_picture_is_answered(app: WholeApp, taker: Taker, by: str):
    for content in ODD_PICTURES.values():
        judge(app, taker(app, wrapped(content, by)))


@pytest.mark.parametrize("taker", [AS_FILE["/classify"], _digits("reading")], ids=["call", "page"])
@pytest.mark.parametrize("name", ["white", "invisible", "one pixel of ink"])
def test_a_blank_is_no_digit(app: WholeApp, taker: Taker, name: str):
    image = wrapped(ODD_PICTURES[name], "url")
    if taker is AS_FILE["/classify"]:
        judge(app, taker(app, image), must_refuse=True)
    else:
        (reply,) = taker(app, image["url"]).data
        assert reply["digit"] is None
        assert reply["message"]


TAKERS = {**AS_FILE, **AS_PATH, **AS_URL}


@pytest.mark.parametrize("taker", TAKERS.values(), ids=TAKERS.keys())
def test_no_file_is_read_that_was_not_uploaded_and_nothing_is_fetched(
    app: WholeApp, taker: Taker, tmp_path: Path
):
    """The file is a picture that all of them would take, were it uploaded."""
    file = tmp_path / "private.png"
    file.write_bytes(encode(photograph(64, 64), "PNG"))
    for name, place in places(file, Path(get_upload_folder())).items():
        answer = taker(app, place)
        judge(app, answer)
        assert answer.words or answer.data[-1].get("gone"), name


@pytest.mark.parametrize("taker", AS_FILE.values(), ids=AS_FILE.keys())
@pytest.mark.parametrize("name", JUNK)
def test_junk_is_no_picture(app: WholeApp, taker: Taker, name: str):
    judge(app, taker(app, JUNK[name]), must_refuse=True)
    judge(app, taker(app, {"url": JUNK[name]}), must_refuse=True)
    judge(app, taker(app, {"path": JUNK[name], "meta": serving.META}), must_refuse=True)


# -------------------------------------------------------------------------------- numbers

PICTURE = serving.image(encode(photograph(24, 20), "PNG"))

# Endpoint, valid arguments, and the places of its numbers with what is meant there after all.
CALLS: dict[str, tuple[list[Any], dict[int, set[str]]]] = {
    "restore": ([PICTURE, "pixel", 1, 1], {2: set(), 3: set()}),
    "continue_text": (["one,", 2, "counter", 0.5, 0, 0],
                      {1: set(), 3: set(), 4: {"2^64", "10^400"}, 5: set()}),
    "draw": ([2, 7, 1, "modern"], {0: set(), 1: set(), 2: set()}),
}  # fmt: skip
SLOTS = [(name, at) for name, (_, slots) in CALLS.items() for at in slots]


@pytest.mark.parametrize(("endpoint", "at"), SLOTS)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_cannot_be_meant_is_refused(app: WholeApp, endpoint: str, at: int, name: str):
    arguments, slots = CALLS[endpoint]
    sent = [*arguments]
    sent[at] = NUMBERS[name]
    judge(app, app.call(endpoint, *sent), must_refuse=name not in slots[at])


@pytest.mark.parametrize("endpoint", CALLS)
def test_the_arguments_themselves_are_fine(app: WholeApp, endpoint: str):
    answer = app.call(endpoint, *CALLS[endpoint][0])
    assert answer.words == ""
    assert any(answer.data)


@pytest.mark.parametrize(
    ("endpoint", "at"), [("classify", 1), ("restore", 1), ("continue_text", 2), ("draw", 3)]
)
@pytest.mark.parametrize("name", [*NUMBERS, *TEXTS])
def test_a_choice_that_is_not_offered_is_refused(app: WholeApp, endpoint: str, at: int, name: str):
    sent = [*CALLS.get(endpoint, ([PICTURE, "best"], {}))[0]]
    sent[at] = (NUMBERS | TEXTS)[name]
    judge(app, app.call(endpoint, *sent), must_refuse=True)


@pytest.mark.parametrize("endpoint", ["classify", "restore", "continue_text", "draw", "ladder"])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_too_few_or_too_many_arguments_are_answered(app: WholeApp, endpoint: str, count: int):
    judge(app, app.call(endpoint, *[None] * count), must_refuse=endpoint != "ladder")


# ---------------------------------------------------------------------------------- texts


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_number_is_refused(app: WholeApp, name: str):
    judge(app, app.call("continue_text", TEXTS[name], 2, "counter", 0, 0, 0), must_refuse=True)
    question = {"id": 1, "text": TEXTS[name], "n": 2, "model": "counter"}
    for event in ("ask", "compare"):
        judge(app, app.ask("human-numbers", event, question), must_refuse=True)


# -------------------------------------------------------------- the questions of the page

# One valid question of each kind; every value in it is exchanged for everything in the table.
QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "reading": ("digits", "ask", {"ask": "reading", "image": PICTURE["url"], "model": "best"}),
    "words": ("human-numbers", "ask", {"text": "one", "n": 2, "model": "counter", "temperature": 1,
                                       "top_k": 2, "seed": 1}),
    "ladder": ("human-numbers", "compare", {"text": "one", "n": 2}),
    "rooms": ("bedrooms", "ask", {"ask": "rooms", "recipe": "modern", "room": ROOM}),
    "walk": ("bedrooms", "ask", {"ask": "walk", "recipe": "modern", "stops": [ROOM, ROOM]}),
    "scores": ("bedrooms", "ask", {"ask": "scores", "recipe": "wgan", "room": ROOM}),
    "stages": ("bedrooms", "ask", {"ask": "stages", "recipe": "modern", "room": ROOM}),
    "ask": ("restoration", "ask", {"path": "", "recipe": "pixel", "scale": 1, "strength": 1,
                                   "name": "x", "show": True}),
    "crops": ("restoration", "crops", {"path": "", "scale": 1, "strength": 1, "centre": [0, 0]}),
    "spoil": ("restoration", "spoil", {"image": PICTURE["url"], "strengths": {"blur": 1}, "seed": 1,
                                       "recipe": "pixel"}),
    "halt": ("restoration", "halt", {}),
    "halt counting": ("human-numbers", "halt", {}),
    "story": ("restoration", "story", {}),
}  # fmt: skip
BAD = {**NUMBERS, **TEXTS, **JUNK}


@pytest.mark.parametrize("name", QUESTIONS)
def test_whatever_a_question_holds_it_is_answered(app: WholeApp, name: str):
    tab, event, question = QUESTIONS[name]
    for key in question:
        if key == "path":
            continue  # above
        for bad in BAD.values():
            if isinstance(bad, str) and len(bad) > 100_000 and key != "text":
                continue
            path = {"path": wrapped(encode(photograph(24, 20), "PNG"), "path")}
            sent = {"id": 1, **question, **(path if "path" in question else {}), key: bad}
            judge(app, app.ask(tab, event, sent))


@pytest.mark.parametrize(
    "place", app_questions := [(tab, event) for tab, event, _ in QUESTIONS.values()]
)
@pytest.mark.parametrize("name", JUNK)
def test_a_question_that_is_none_is_answered(app: WholeApp, place: tuple[str, str], name: str):
    judge(app, app.ask(*place, JUNK[name]))


def test_every_question_of_the_page_is_in_the_table(app: WholeApp):
    listed = {(tab, event) for tab, event, _ in QUESTIONS.values()} | {("restoration", "sights")}
    assert listed == set(app.questions)


def test_every_endpoint_is_in_the_table(app: WholeApp):
    assert set(app.endpoints) == {*CALLS, "classify", "ladder"}
