"""The app over HTTP: what callers get, what they are told, and what is kept from them."""

import base64
import io
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from lesson7.core.errors import WeightsMissing
from lesson7.mnist import predict
from lesson7.ui import components, guard, mnist  # no Blocks here: Gradio leaves loops open
from tests import serving

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


def request(url: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
    """(status, headers, body) of one request, whatever the status."""
    sent = {"content-type": "application/json", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, sent), timeout=30) as got:
            return got.status, dict(got.headers), got.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def call(url: str, image: object, model: str = "best") -> tuple[str, object]:
    """(event, data) of ``/classify`` called the way that curl would."""
    address = f"{url}/gradio_api/call/classify"
    status, _, body = request(address, json.dumps({"data": [image, model]}).encode())
    assert status == 200, body
    _, _, stream = request(f"{address}/{json.loads(body)['event_id']}")
    lines = [line for line in stream.decode().splitlines() if line]
    event, data = lines[-2].removeprefix("event: "), lines[-1].removeprefix("data: ")
    return event, json.loads(data)


def as_data_url(content: bytes) -> dict[str, object]:
    url = "data:image/png;base64," + base64.b64encode(content).decode()
    return {"url": url, "meta": {"_type": "gradio.FileData"}}


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


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
    event, data = call(url, as_data_url(SEVEN.read_bytes()))
    assert event == "complete"
    assert max(data[0], key=data[0].__getitem__) == "7"


BLANK = png(Image.new("L", (100, 100), 255))
BAD_PICTURES = {
    "text named png": b"Dear Sir or Madam,",
    "empty": b"",
    "truncated": SEVEN.read_bytes()[:300],
    "blank": BLANK,
    "tiny": png(Image.new("L", (1, 1))),
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
        event, error = call(url, as_data_url(content))
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
    image = {"path": link, "url": link, "meta": {"_type": "gradio.FileData"}}
    event, error = call(served.url, image)
    assert event == "error"
    assert error["error"] == "Send the picture itself, not a link to it."
    assert served.refused_hosts == []


@pytest.mark.parametrize("path", ["/etc/passwd", "app.py", "../../etc/passwd"])
def test_a_path_on_the_server_is_not_read(url: str, path: str):
    event, error = call(url, {"path": path, "meta": {"_type": "gradio.FileData"}})
    assert event == "error"
    assert "root" not in json.dumps(error)


def test_an_unknown_network_is_refused(url: str):
    event, _ = call(url, as_data_url(SEVEN.read_bytes()), model="gpt")
    assert event == "error"


def test_missing_weights_are_said_in_words_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch):
    def missing(image: object, model: str) -> None:
        raise WeightsMissing("/secret/mnist-best.safetensors is not there.")

    monkeypatch.setattr(predict, "classify", missing)
    monkeypatch.setattr(predict, "read", missing)
    with pytest.raises(gr.Error) as caught:
        mnist.classify(str(SEVEN))
    assert caught.value.message == components.BROKEN
    assert ask("reading", SEVEN) == {"id": 3, "broken": components.BROKEN}


def test_only_what_is_meant_for_callers_is_listed(url: str):
    info = json.loads(request(f"{url}/gradio_api/info")[2])
    assert set(info["named_endpoints"]) == {PROMISED[tab][0] for tab in TABS}
    assert info["unnamed_endpoints"] == {}


def test_gradio_reads_nothing_out_to_a_screen_reader(url: str):
    """The page says itself what it does; Gradio would say, among others, "common.complete"."""
    events = json.loads(request(f"{url}/config")[2])["dependencies"]
    own = [one for one in events if one["backend_fn"] and one["api_visibility"] != "public"]
    assert len(own) > len(TABS)
    assert {one["show_progress"] for one in own} == {"hidden"}


def test_an_assistant_finds_every_endpoint_described(url: str):
    tools = {tool["name"]: tool for tool in json.loads(request(f"{url}/gradio_api/mcp/schema")[2])}
    assert len(tools) == len(TABS)
    for endpoint, words, parameters in map(PROMISED.__getitem__, TABS):
        tool = tools[endpoint.removeprefix("/")]
        assert words in tool["description"]
        assert set(tool["inputSchema"]["properties"]) == parameters


# ------------------------------------------------------------------- the page's own questions


def reply_to(question: object) -> dict:
    return json.loads(mnist.answer(gr.EventData(None, question)))


def ask(what: str, path: Path) -> dict:
    image = as_data_url(path.read_bytes())["url"]
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


BLANK_URL = as_data_url(BLANK)["url"]


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


# ------------------------------------------------------------------------------ the guard


def test_a_body_over_the_limit_is_refused(url: str):
    big = json.dumps({"data": ["data:" + "A" * guard.MAX_BODY, "best"]}).encode()
    status, _, body = request(f"{url}/gradio_api/call/classify", big)
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
    assert request(f"{url}/gradio_api/upload", body, **headers)[0] == 413


@pytest.mark.parametrize("path", ["file=https://example.com", "file=http://127.0.0.1:1/x"])
def test_the_server_fetches_no_address_for_anybody(served: serving.Served, path: str):
    assert request(f"{served.url}/gradio_api/{path}")[0] == 403
    assert served.refused_hosts == []


@pytest.mark.parametrize("path", ["/", "/gradio_api/info", "/nowhere"])
def test_every_answer_carries_the_security_headers(url: str, path: str):
    _, headers, _ = request(url + path)
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in sent["content-security-policy"]
    assert "frame-ancestors *" in sent["content-security-policy"]


def test_the_queue_cannot_be_passed_by(url: str):
    body = json.dumps({"data": [None, "best"]}).encode()
    assert request(f"{url}/gradio_api/run/classify", body)[0] == 404
    assert request(f"{url}/monitoring/summary")[0] in (403, 404)


# ------------------------------------------------------------------------ the page's sources


def test_the_networks_are_as_large_as_the_page_says():
    for model, _, parameters in mnist.NETWORKS:
        network = predict.NETWORKS[model]()
        assert sum(one.numel() for one in network.parameters()) == parameters


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


@pytest.mark.parametrize(
    "environ",
    [{}, {"SYSTEM": "spaces", "SPACE_ID": "someone/lesson7", "GRADIO_SSR_MODE": "True"}],
    ids=["laptop", "Space"],
)
def test_the_app_starts_and_answers_without_a_network(tmp_path: Path, environ: dict[str, str]):
    with serving.app(tmp_path, **environ) as served:
        event, data = call(served.url, as_data_url(SEVEN.read_bytes()))
        assert event == "complete", served.log.read_text()
        assert max(data[0], key=data[0].__getitem__) == "7"
        assert served.refused_hosts == []


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_runs_alone(tmp_path: Path, tab: str):
    with serving.app(tmp_path, "-m", f"lesson7.ui.{tab}") as served:
        assert request(served.url)[0] == 200
