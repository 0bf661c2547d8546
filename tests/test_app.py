"""The app over HTTP: what callers get, what they are told, and what is kept from them."""

import contextlib
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from lesson7.ui import (  # no Blocks here: Gradio leaves loops open
    bedrooms,
    bedrooms_replies,
    components,
    guard,
    lesson,
    mnist,
    restoration_page,
)
from tests import serving
from tests.core.picture_files import encode

EXAMPLES = sorted((components.ASSETS / "mnist/examples").glob("*.png"))
SEVEN = components.ASSETS / "mnist/examples/7-0075.png"

TABS = re.findall(r"(\w+)\.build\b", (serving.ROOT / "app.py").read_text())

# What callers may rely on, by tab: the endpoint, words of its description, its parameters.
PROMISED = {
    "mnist": ("/classify", "Read one handwritten digit", {"image", "model"}),
    "restoration": ("/restore", "bad photograph", {"image", "recipe", "scale", "strength"}),
    "bedrooms": ("/draw", "bedrooms", {"n", "seed", "truncation", "recipe"}),
    "human_numbers": (
        "/continue_text",
        "counting",
        {"text", "n_tokens", "model", "temperature", "top_k", "seed"},
    ),
    "lesson": ("/ladder", "every network of the lesson", set()),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    with serving.app(tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture(scope="module")
def url(served: serving.Served) -> str:
    return served.url


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    downloads = tmp_path_factory.mktemp("downloads")
    return Client(url, verbose=False, analytics_enabled=False, download_files=downloads)


@pytest.mark.parametrize("value", ["typo", "ada/lesson7", "ada/lesson7@main", "~nobody-here/w"])
def test_a_wrong_source_of_weights_leaves_the_pages_as_they_are(
    monkeypatch: pytest.MonkeyPatch, value: str
):
    def pages() -> list[Any]:
        history = list(bedrooms_replies.to({"ask": "history"}))
        return [restoration_page.page(), bedrooms._page(), lesson.content(), history]

    before = pages()
    monkeypatch.setenv("LESSON7_WEIGHTS", value)
    assert pages() == before


def test_with_a_wrong_source_of_weights_the_app_starts_and_answers(tmp_path: Path):
    with serving.app(tmp_path, LESSON7_WEIGHTS="ada/lesson7") as app:
        event, data = serving.call(app.url, "classify", serving.image(SEVEN.read_bytes()), "best")
        log = app.log.read_text()
    assert event == "complete", data
    assert "names no commit of the Hub repository" in log


def call(url: str, image: object, model: str = "best") -> tuple[str, Any]:
    """(event, data) of ``/classify`` called the way that curl would."""
    return serving.call(url, "classify", image, model)


# ----------------------------------------------------------------------- the named endpoint


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_read_right(client: Client, path: Path):
    probabilities = client.predict(handle_file(path), api_name="/classify")
    assert sorted(probabilities) == list("0123456789")
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert max(probabilities, key=probabilities.__getitem__) == path.name[0]


@pytest.mark.parametrize("model", mnist.MODELS)
def test_every_network_can_be_asked(client: Client, model: str):
    probabilities = client.predict(handle_file(SEVEN), model, api_name="/classify")
    assert max(probabilities, key=probabilities.__getitem__) == "7"


def test_a_picture_may_come_as_a_data_url_over_rest(url: str):
    event, data = call(url, serving.image(SEVEN.read_bytes()))
    assert event == "complete"
    assert max(data[0], key=data[0].__getitem__) == "7"


BLANK = encode(Image.new("L", (100, 100), 255))
BAD_PICTURES = {
    "text named png": b"Dear Sir or Madam,",
    "empty": b"",
    "truncated": SEVEN.read_bytes()[:300],
    "blank": BLANK,
    "tiny": encode(Image.new("L", (1, 1))),
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=BAD_PICTURES.keys())
@pytest.mark.parametrize("by", ["upload", "data URL"])
def test_what_is_no_digit_is_refused_in_words(
    client: Client, url: str, tmp_path: Path, content: bytes, by: str
):
    if by == "upload":
        path = tmp_path / "digit.png"
        path.write_bytes(content)
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(path), api_name="/classify")
        words = str(caught.value)
    else:
        event, error = call(url, serving.image(content))
        assert event == "error"
        words = error["error"]
    assert len(words.split()) > 3
    assert "digit.png" not in words
    assert not any(sign in words for sign in ("Traceback", "Error", "/", "\\", "None"))


def test_a_missing_picture_is_asked_for(client: Client):
    with pytest.raises(AppError, match="Send a picture"):
        client.predict(None, api_name="/classify")


def test_a_link_is_refused_and_not_fetched(served: serving.Served):
    link = "https://example.com/seven.png"
    image = {"path": link, "url": link, "meta": serving.META}
    event, error = call(served.url, image)
    assert event == "error"
    assert error["error"] == "Send the picture itself, not a link to it."
    assert served.refused_hosts == []


@pytest.mark.parametrize("path", ["/etc/passwd", "app.py", "../../etc/passwd"])
def test_a_path_on_the_server_is_not_read(url: str, path: str):
    event, error = call(url, {"path": path, "meta": serving.META})
    assert event == "error"
    assert "root" not in json.dumps(error)


def test_an_unknown_network_is_refused(url: str):
    event, _ = call(url, serving.image(SEVEN.read_bytes()), model="gpt")
    assert event == "error"


def test_only_what_is_meant_for_callers_is_listed(url: str):
    info = json.loads(serving.request(f"{url}/gradio_api/info")[2])
    assert set(info["named_endpoints"]) == {PROMISED[tab][0] for tab in TABS}
    assert info["unnamed_endpoints"] == {}


def test_gradio_reads_nothing_out_to_a_screen_reader(url: str):
    """The page says itself what it does; Gradio would say, among others, "common.complete"."""
    events = json.loads(serving.request(f"{url}/config")[2])["dependencies"]
    own = [one for one in events if one["backend_fn"] and one["api_visibility"] != "public"]
    assert len(own) > len(TABS)
    assert {one["show_progress"] for one in own} == {"hidden"}


def test_an_assistant_finds_every_endpoint_described(url: str):
    tools = {tool["name"]: tool for tool in serving.tools(url)}
    assert len(tools) == len(TABS)
    for endpoint, words, parameters in map(PROMISED.__getitem__, TABS):
        tool = tools[endpoint.removeprefix("/")]
        assert words in tool["description"]
        assert set(tool["inputSchema"]["properties"]) == parameters


# ------------------------------------------------------------------------------ the guard


def test_a_body_over_the_limit_is_refused(url: str):
    big = json.dumps({"data": ["data:" + "A" * guard.MAX_BODY, "best"]}).encode()
    status, _, body = serving.request(f"{url}/gradio_api/call/classify", big)
    assert status == 413
    assert "at most 10 MB" in json.loads(body)["detail"]


def test_a_body_that_does_not_say_its_length_is_counted(url: str):
    address = f"{url}/gradio_api/call/classify"
    pieces = (b"A" * 65536 for _ in range(guard.MAX_BODY // 65536 + 2))
    sent = urllib.request.Request(address, pieces, {"content-type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, timeout=30)
    with caught.value as error:
        assert error.code in (400, 413)


def test_an_upload_over_the_limit_is_refused(url: str):
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="7.png"\r\n\r\n'
    body = part + b"A" * guard.MAX_BODY + b"\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert serving.request(f"{url}/gradio_api/upload", body, **headers)[0] == 413


@pytest.mark.parametrize("path", ["file=https://example.com", "file=http://127.0.0.1:1/x"])
def test_the_server_fetches_no_address_for_anybody(served: serving.Served, path: str):
    assert serving.request(f"{served.url}/gradio_api/{path}")[0] == 403
    assert served.refused_hosts == []


@pytest.mark.parametrize("path", ["/", "/gradio_api/info", "/nowhere"])
def test_every_answer_carries_the_security_headers(url: str, path: str):
    _, headers, _ = serving.request(url + path)
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors *" in headers["content-security-policy"]


def test_the_queue_cannot_be_passed_by(url: str):
    body = json.dumps({"data": [None, "best"]}).encode()
    assert serving.request(f"{url}/gradio_api/run/classify", body)[0] == 404
    assert serving.request(f"{url}/monitoring/summary")[0] in (403, 404)


# ------------------------------------------------------------------------ the page's sources


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]


def test_our_own_files_name_no_outside_host():
    for path in components.ASSETS.rglob("*.*"):
        if path.suffix in (".js", ".css"):
            assert "//" not in path.read_text().replace("// ", "").replace("//\n", ""), path
        if path.suffix == ".html":
            addresses = _Addresses()
            addresses.feed(path.read_text())
            assert not any("//" in one for one in addresses.found), path


# ------------------------------------------------------------------------------- python app.py


def test_torch_is_not_imported_before_the_page_is_up():
    """It takes seconds; the page does not need it."""
    check = "import sys, app; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=serving.ROOT, check=True, timeout=60)


SPACE = {"SYSTEM": "spaces", "SPACE_ID": "someone/lesson7", "GRADIO_SSR_MODE": "True"}


@pytest.mark.parametrize("place", ["laptop", "Space"])
def test_the_app_starts_and_answers_without_a_network(
    served: serving.Served, tmp_path: Path, place: str
):
    laptop = contextlib.nullcontext(served)
    with laptop if place == "laptop" else serving.app(tmp_path, **SPACE) as app:
        event, data = call(app.url, serving.image(SEVEN.read_bytes()))
        assert event == "complete", app.log.read_text()
        assert max(data[0], key=data[0].__getitem__) == "7"
        assert app.refused_hosts == []


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_runs_alone(tmp_path: Path, tab: str):
    with serving.app(tmp_path, "-m", f"lesson7.ui.{tab}") as served:
        assert serving.request(served.url)[0] == 200
