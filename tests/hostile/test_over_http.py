"""The app as strangers reach it: over HTTP, at its endpoints, at its tools, at its doors."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import serving
from tests.core.picture_files import BOMBS, encode
from tests.hostile.conftest import Faulty
from tests.hostile.whole_app import INSIDES
from tests.restoration.pictures import photograph

EXAMPLES = serving.ROOT / "lesson7/ui/assets/mnist/examples"
SEVEN = serving.image((EXAMPLES / "7-0075.png").read_bytes())
API = "/gradio_api"


@pytest.fixture(scope="module", autouse=True)
def log(faulty: Faulty) -> Iterator[None]:
    """Whatever strangers send, the log holds no traceback of it."""
    before = len(faulty.served.log.read_text())
    yield
    assert "Traceback" not in faulty.served.log.read_text()[before:]


def test_it_answers(faulty: Faulty):
    event, data = serving.call(faulty.url, "classify", SEVEN, "best")
    assert event == "complete"
    assert max(data[0], key=data[0].__getitem__) == "7"


MALFORMED: dict[str, tuple[str, Any]] = {
    "no such endpoint": ("/call/nothing", {"data": []}),
    "no such endpoint, v2": ("/call/v2/nothing", {"data": []}),
    "no such parameter": ("/call/v2/classify", {"picture": 1}),
    "no parameters": ("/call/v2/classify", {}),
    "no data": ("/call/classify", {}),
    "data no list": ("/call/classify", {"data": "x"}),
    "a list": ("/call/classify", []),
    "no JSON": ("/call/classify", b"data=1"),
    "half of JSON": ("/call/classify", b'{"data": ['),
    "no letters": ("/call/classify", b"\xff\xfe\x00"),
    "5000 deep": ("/call/classify", b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "too many values": ("/call/classify", b'{"data":[' + b"[]," * 200_000 + b"0]}"),
    "function 999": ("/queue/join", {"data": [], "session_hash": "x", "fn_index": 999}),
    "function -1": ("/queue/join", {"data": [], "session_hash": "x", "fn_index": -1}),
    "no function": ("/queue/join", {"data": [], "session_hash": "x"}),
    "past the queue": ("/run/classify", {"data": [None, "best"]}),
    "past the queue, by number": ("/run/x", {"data": [None, "best"], "fn_index": 0}),
    "past the queue, no such": ("/run/nothing", {"data": []}),
    "the old way": ("/api/classify", {"data": []}),
    "no form": ("/upload", {}),
    "a method of a component": (
        "/component_server",
        {"data": [], "component_id": 1, "session_hash": "x", "fn_name": "__init__"},
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_makes_no_sense_is_refused(faulty: Faulty, name: str):
    path, body = MALFORMED[name]
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, headers, answer = serving.request(faulty.url + API + path, sent)
    assert 400 <= status < 500
    assert "content-security-policy" in headers
    assert not INSIDES.search(answer.decode()), answer


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "script.js", "../../x.html"])
def test_an_upload_is_never_shown_as_a_page(faulty: Faulty, name: str):
    content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    status, _, body = serving.request(
        faulty.url + API + "/upload",
        head.encode() + content + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert status == 200
    (path,) = json.loads(body)
    assert ".." not in path
    status, headers, served = serving.request(f"{faulty.url}{API}/file={path}")
    assert (status, served) == (200, content)
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"


FILES = [
    "/etc/passwd", "app.py", "README.md", "weights/index.json", "../../../etc/passwd", "%00",
    "..%2f..%2f..%2fetc/passwd", "/proc/self/environ", "~/.bashrc", "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("file", [*FILES, str(serving.ROOT / "app.py")])
def test_no_file_of_the_server_is_handed_out(faulty: Faulty, file: str):
    status, _, body = serving.request(f"{faulty.url}{API}/file={file}")
    assert 400 <= status < 500
    assert b"root:" not in body
    assert b"import" not in body


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_page_may_not_use_the_app_on_this_machine(faulty: Faulty, origin: str):
    _, headers, _ = serving.request(faulty.url + API + "/info", origin=origin)
    assert headers.get("access-control-allow-origin") not in ("*", origin)


# ------------------------------------------------------------------------------ assistants


def tool(url: str, name: str, **arguments: Any) -> str:
    """What an assistant is told by a tool that it calls."""
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    accept = "application/json, text/event-stream"
    sent = json.dumps(asked).encode()
    status, _, body = serving.request(url + API + "/mcp/", sent, accept=accept)
    assert status < 500
    return body.decode()


def names(url: str) -> dict[str, str]:
    return {re.sub(r"^.*?(?=classify|restore|draw|continue|ladder)", "", one["name"]): one["name"]
            for one in serving.tools(url)}  # fmt: skip


NOT_SENT = [
    "http://192.0.2.1/a.png", "https://example.org/a.png", "/etc/passwd", "x", 5, None,
    "data:image/png;base64,AAAA", {"path": "/etc/passwd"}, {"url": "http://192.0.2.1/"},
]  # fmt: skip


@pytest.mark.parametrize("image", NOT_SENT, ids=str)
def test_an_assistant_gets_words_and_nothing_is_fetched_for_it(faulty: Faulty, image: Any):
    said = tool(faulty.url, names(faulty.url)["classify"], image=image)
    assert '"isError":true' in said
    assert "root:" not in said
    assert "Traceback" not in said
    assert faulty.served.refused_hosts == []


def test_an_assistant_is_answered(faulty: Faulty):
    said = tool(faulty.url, names(faulty.url)["continue_text"], text="one,", n_tokens=2)
    assert "two" in said


# --------------------------------------------------------------------------------- storms


def memory(process: int) -> float:
    """The most memory that the process ever had, in MB."""
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(line) / 1024


def test_a_storm_of_bombs_costs_little_and_others_are_answered(faulty: Faulty):
    bomb = serving.image(BOMBS["13000 x 13000"]())
    small = serving.image(encode(photograph(24, 24)))
    serving.call(faulty.url, "restore", small, "pixel", 1, 1)
    before = memory(faulty.served.process.pid)
    with ThreadPoolExecutor(20) as pool:
        bombs = [pool.submit(serving.call, faulty.url, "classify", bomb, "best") for _ in range(10)]
        bombs += [
            pool.submit(serving.call, faulty.url, "restore", bomb, "pixel", 1, 1) for _ in range(9)
        ]
        for _ in range(50):  # "busy" is an answer for a moment
            event, said = serving.call(faulty.url, "classify", SEVEN, "best")
            if event == "complete" or "busy" not in str(said):
                break
            time.sleep(0.1)
    assert event == "complete", said
    for one in bombs:
        event, said = one.result()
        assert event != "complete"
        assert "too many pixels" in str(said) or "busy" in str(said)
    assert memory(faulty.served.process.pid) - before < 200
