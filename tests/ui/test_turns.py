"""Who computes when, over HTTP: lanes, places in line, refusals, and jobs that nobody wants.

Nothing here measures the networks: ``slow_app`` has stand-ins that only note their turns.
"""

import contextlib
import http.client
import io
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from lesson7.ui import components, lanes
from lesson7.ui.events import UNHEARD
from tests import serving
from tests.ui.slow_app import TURN, TURNS, Noted

SEVEN = components.ASSETS / "mnist/examples/7-0075.png"
PATIENCE = 30.0  # seconds, for what comes when it comes


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Noted:
    return Noted(tmp_path_factory.mktemp("turns") / "turns")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, noted: Noted) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    with serving.app(folder, "-m", "tests.ui.slow_app", TURNS=str(noted.path)) as app:
        yield app.url
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


def post(address: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to JSON, as JSON."""
    headers = {"content-type": "application/json"}
    sent = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(sent, timeout=PATIENCE) as got:
        return json.load(got)


class Asking:
    """One question and the connection over which its answer comes.

    Args:
        url: of the app.
        where: the path that takes the question.
        body: the question.
        answers: the path that the answer comes from; EVENT stands for its number.
    """

    def __init__(self, url: str, where: str, body: dict[str, Any], answers: str) -> None:
        event = post(url + where, body)["event_id"]
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
        self._connection.request("GET", answers.replace("EVENT", event))
        self._answer = self._connection.getresponse()

    def lines(self) -> Iterator[Any]:
        """What comes, as it comes; who stops reading goes away."""
        try:
            for line in self._answer:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))
        finally:
            self.drop()

    def drop(self) -> None:
        """Go away without a word."""
        self._answer.close()
        self._connection.close()


def call(url: str, endpoint: str, *data: object) -> Asking:
    """As curl would."""
    where = f"/gradio_api/call/{endpoint}"
    return Asking(url, where, {"data": data}, f"{where}/EVENT")


def question_of(
    url: str, tab: str, event: str, session: str, question: dict[str, object]
) -> dict[str, Any]:
    """What the page's script asks, as Gradio's sends it."""
    with urllib.request.urlopen(f"{url}/config", timeout=PATIENCE) as got:
        config = json.load(got)
    (desk,) = (one["id"] for one in config["components"] if one["props"].get("elem_id") == tab)
    (function,) = (one["id"] for one in config["dependencies"] if [desk, event] in one["targets"])
    return {
        "data": [None],
        "event_data": question,
        "fn_index": function,
        "session_hash": session,
        "trigger_id": desk,
    }


def ask(url: str, tab: str, session: str = "", **question: object) -> Asking:
    """As the page would."""
    session = session or uuid.uuid4().hex
    body = question_of(url, tab, "ask", session, question)
    answers = f"/gradio_api/queue/data?session_hash={session}"
    return Asking(url, "/gradio_api/queue/join", body, answers)


def upload(url: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "PNG")
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body += file.getvalue() + b"\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    sent = urllib.request.Request(f"{url}/gradio_api/upload", body, headers)
    with urllib.request.urlopen(sent, timeout=PATIENCE) as got:
        return json.load(got)[0]


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def turns_to_the_end(noted: Noted, name: str) -> int:
    """How many turns jobs still take until they end: seconds, but of a busy machine's time.

    They have ended when it is quiet twice in a row: once may be an app that got no processor.
    """
    start = last = noted.count(name)
    quiet = 0
    while quiet < 2:
        time.sleep(8 * TURN)
        quiet = quiet + 1 if noted.count(name) == last else 0
        last = noted.count(name)
    return last - start


def restoration(url: str, **more: object) -> Asking:
    question = {"id": 1, "path": upload(url), "recipe": "pixel", "scale": 1, "strength": 1}
    return ask(url, "restoration", **question | more)


def counting(url: str) -> Asking:
    return ask(url, "human-numbers", id=1, text="one,", n=600, model="counter")


def walk(url: str) -> Asking:
    room = {"seed": 7, "index": 0, "truncation": 1, "moves": {}}
    return ask(url, "bedrooms", id=1, ask="walk", recipe="modern", stops=[room, room])


def photograph() -> dict[str, object]:
    return serving.image(SEVEN.read_bytes())


def restoring(url: str) -> Asking:
    return call(url, "restore", photograph(), "pixel", 1, 1)


JOBS: dict[str, tuple[str, Callable[[str], Asking]]] = {
    "the page's restoration": ("restoration", restoration),
    "the page's counting": ("words", counting),
    "the page's walk": ("rooms", walk),
    "a caller's restoration": ("restoration", restoring),
    "a caller's counting": (
        "words",
        lambda url: call(url, "continue_text", "one,", 600, "counter", 0, 0, 0),
    ),
    "a caller's rooms": ("rooms", lambda url: call(url, "draw", 64, 7, 1, "modern")),
}


@pytest.mark.parametrize(("name", "begin"), JOBS.values(), ids=JOBS.keys())
def test_nobody_computes_for_who_has_gone(url: str, noted: Noted, name: str, begin: Callable):
    before = noted.count(name)
    asking = begin(url)
    until(lambda: noted.count(name) >= before + 3)
    asking.drop()
    assert turns_to_the_end(noted, name) * TURN <= 1


def test_who_waits_hears_the_place_and_who_finds_none_is_told(url: str, noted: Noted):
    """And a digit is read while all places for photographs are taken."""
    most = lanes.LONG.most
    with contextlib.ExitStack() as leaving:
        for _ in range(most - 1):
            leaving.callback(restoring(url).drop)
        waiting = restoration(url)
        leaving.callback(waiting.drop)
        told = next(line for line in waiting.lines() if line["msg"] == "process_generating")
        (reply,) = told["output"]["data"]
        assert reply["id"] == 1
        assert reply["wait"].startswith("You are number ")
        late = f"busy: you would be number {most + 1} in the queue"
        with pytest.raises(urllib.error.HTTPError) as refusal:
            restoring(url)
        with refusal.value as answer:
            assert answer.code == 503
            assert late in json.load(answer)["detail"]
            assert int(answer.headers["retry-after"]) > 0
        assert late in json.dumps(list(restoration(url).lines()))
        (probabilities,) = next(call(url, "classify", photograph(), "cnn").lines())
        assert max(probabilities, key=probabilities.__getitem__) == "7"
    assert turns_to_the_end(noted, "restoration") * TURN <= 1


def test_a_halt_ends_the_question_it_names_and_no_later_one(url: str, noted: Noted):
    session, path = uuid.uuid4().hex, upload(url)
    before = noted.count("restoration")
    first = restoration(url, id=7, session=session, path=path)
    until(lambda: noted.count("restoration") >= before + 2)
    body = question_of(url, "restoration", "halt", session, {"id": 7})
    post(f"{url}/gradio_api/run/predict", body)
    assert list(first.lines())[-1]["msg"] == "close_stream"
    assert noted.count("restoration") - before < TURNS
    before = noted.count("restoration")
    second = restoration(url, id=8, session=session, path=path)
    until(lambda: noted.count("restoration") >= before + 5)
    second.drop()


def test_nobody_computes_for_who_never_listens(url: str, noted: Noted):
    """Others, who do, lose nothing; and whoever comes too late hears why there is no answer."""
    with contextlib.ExitStack() as leaving:
        for listened in (restoration(url), JOBS["a caller's counting"][1](url)):
            leaving.callback(listened.drop)
        before = noted.count("rooms")
        where = f"{url}/gradio_api/call/draw"
        event = post(where, {"data": [64, 7, 1, "modern"]})["event_id"]
        until(lambda: noted.count("rooms") > before)
        turns_to_the_end(noted, "rooms")
        assert noted.count("rooms") - before < TURNS
        for name in ("restoration", "words"):
            now = noted.count(name)
            until(lambda name=name, now=now: noted.count(name) > now)
        with urllib.request.urlopen(f"{where}/{event}", timeout=PATIENCE) as late:
            assert UNHEARD in late.read().decode()
