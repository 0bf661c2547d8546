"""Which addresses are open, asked of the guard."""

import pytest

from lesson7.ui import doors
from lesson7.ui.guard import HEADERS
from tests.hostile.asgi import request

OPEN = [
    "GET /", "HEAD /", "GET /config", "GET /theme.css", "GET /favicon.ico", "GET /robots.txt",
    "GET /manifest.json", "GET /pwa_icon/512", "GET /assets/index-1.js", "GET /static/img/x.svg",
    "GET /gradio_api/info", "GET /gradio_api/openapi.json", "GET /gradio_api/startup-events",
    "POST /gradio_api/queue/join", "GET /gradio_api/queue/data", "GET /gradio_api/heartbeat/ab12",
    "POST /gradio_api/call/classify", "POST /gradio_api/call/v2/classify",
    "GET /gradio_api/call/classify/ab12", "POST /gradio_api/run/predict", "POST /gradio_api/upload",
    "GET /gradio_api/upload_progress", "GET /gradio_api/file=uploads/ab/x.png",
    "POST /gradio_api/cancel", "POST /gradio_api/reset", "POST /gradio_api/mcp/",
    "GET /gradio_api/mcp/schema", "DELETE /gradio_api/mcp/", "OPTIONS /gradio_api/call/classify",
]  # fmt: skip
CLOSED = [
    "POST /", "PUT /", "GET /nowhere", "GET /pwa_icon/30000", "GET /pwa_icon/-1", "POST /login",
    "GET /logout", "GET /monitoring", "GET /monitoring/summary", "GET /gradio_api/monitoring/x",
    "POST /gradio_api/component_server", "POST /gradio_api/process_recording", "GET /docs",
    "POST /gradio_api/vibe-edit", "GET /gradio_api/vibe-code", "GET /gradio_api/dev/reload",
    "GET /gradio_api/proxy=https://x.hf.space/", "GET /gradio_api/deep_link", "GET /openapi.json",
    "GET /gradio_api/custom_component/a/client/b/c", "GET /gradio_api/runs",
    "PUT /gradio_api/upload",
    "POST /gradio_api/run-history/connect", "POST /gradio_api/stream/ab12", "GET /gradio_api/token",
    "GET /gradio_api/stream/a/b/1/playlist.m3u8", "POST /gradio_api/api/classify",
    "POST /gradio_api/file=/etc/passwd", "DELETE /gradio_api/upload", "TRACE /", "GET /static/",
    "GET /gradio_api/profiling/traces", "GET //gradio_api/deep_link", "GET /GRADIO_API/INFO",
]  # fmt: skip


@pytest.mark.parametrize("door", OPEN)
def test_what_is_in_use_is_open(door: str):
    method, path = door.split(" ")
    assert request(path=path, method=method).status == 200


@pytest.mark.parametrize("door", CLOSED)
def test_what_is_not_in_use_is_closed(door: str):
    method, path = door.split(" ")
    got = request(path=path, method=method, parts=(b"x",))
    assert (got.status, got.seen) == (404, 0)
    assert got.words == "There is nothing at this address."


@pytest.mark.parametrize("path", ["file=https://a.example", "file=HTTP://a", "x/file=http:/a"])
def test_no_address_is_fetched(path: str):
    assert doors.is_fetch(f"/gradio_api/{path}")
    assert request(path=f"/gradio_api/{path}", method="GET").status == 403


@pytest.mark.parametrize("path", ["/", "/nowhere", "/gradio_api/file=http://a"])
def test_every_answer_carries_the_headers(path: str):
    got = request(path=path, method="GET")
    assert HEADERS.items() <= got.headers.items()
    assert ("x-own" in got.headers) == (path == "/")
