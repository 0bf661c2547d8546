"""The guard in front of the app, with an app of a few lines behind it."""

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from lesson7.core.errors import InputError
from lesson7.ui import guard
from lesson7.ui.guard import (
    FULL_SAYS,
    HEADERS,
    MAX_VALUES,
    MOST_TOOLS,
    NO_ROOM,
    NO_ROOM_SAYS,
    Guard,
)
from tests.hostile.asgi import LIMIT, Got, request

# --------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/x"])
def test_a_body_is_counted_whatever_its_form(kind: str):
    just = request(parts=(b"A" * 600, b"A" * 400), content_type=kind)
    assert (just.status, just.body, just.seen) == (200, b"fine", LIMIT)
    over = request(parts=(b"A" * 600, b"A" * 401), content_type=kind)
    assert (over.status, over.seen) == (413, 600)
    assert over.words == "This is too large: at most 0 MB are accepted."
    told = request(parts=(b"A" * 1001,), content_type=kind, content_length="1001")
    assert (told.status, told.seen) == (413, 0)


def test_a_length_that_lies_does_not_help():
    assert request(parts=(b"A" * 5000,), content_length="10").status == 413
    assert request(parts=(b"A",), content_length="ten").status == 200


def test_an_app_that_hides_the_refusal_is_not_believed():
    async def hide(receive: Callable) -> int:
        try:
            await receive()
        except Exception:
            return 400
        return 200

    assert request(hide, parts=(b"A" * 5000,)).status == 413


def test_many_small_values_are_too_many():
    """In ten megabytes there is room for three million lists."""
    assert guard.MAX_BODY == 10 * 2**20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "MAX_VALUES", 100)
        assert request(parts=(b"[],[],[]" * 10,)).status == 200
        got = request(parts=(b"[],[],[]" * 10, b"[],[],[]" * 20))
        assert (got.status, "values" in got.words) == (413, True)
        form = request(parts=(b"[" * 500,), content_type="multipart/form-data; boundary=x")
        assert form.status == 200
    assert MAX_VALUES == 100_000


def test_a_body_that_stops_coming_is_given_up():
    got = request(parts=(b"A", None))
    assert (got.status, got.seen) == (408, 1)
    assert "did not come" in got.words


def test_a_long_answer_may_take_its_time():
    """After the body, ``receive`` waits for the client to hang up, longer than for a part."""

    async def wait(receive: Callable) -> int:
        await receive()
        await asyncio.wait([asyncio.ensure_future(receive())], timeout=0.2)
        return 200

    assert request(wait, parts=(b"{}",)).status == 200


# --------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("number", sorted(NO_ROOM))
@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/call/restore"])
def test_a_full_disk_has_words(number: int, path: str):
    async def full(receive: Callable) -> int:
        raise OSError(number, "No space left on device", "/secret/place")

    got = request(full, path=path)
    assert (got.status, got.words) == (507, NO_ROOM_SAYS)


@pytest.mark.parametrize("error", [KeyError(999), TypeError("/secret"), IndexError()])
def test_a_call_that_gradio_stumbles_over_is_the_callers_mistake(error: Exception):
    async def stumble(receive: Callable) -> int:
        raise error

    got = request(stumble)
    assert got.status == 400
    assert "secret" not in got.words
    with pytest.raises(type(error)):  # anywhere else it is a defect of ours
        request(stumble, path="/config", method="GET")


def test_an_unqueued_call_that_fails_is_the_callers_mistake():
    async def fail(receive: Callable) -> int:
        return 500

    assert request(fail, path="/gradio_api/run/predict").status == 400
    assert request(fail, path="/config", method="GET").status == 500


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/restore"])
def test_a_full_queue_has_our_words(path: str):
    async def full(receive: Callable) -> int:
        await receive()
        return 503

    got = request(full, path=path, parts=(b"{}",))
    assert (got.status, got.words) == (503, FULL_SAYS)
    assert "x-own" not in got.headers
    assert HEADERS.items() <= got.headers.items()
    assert request(full, path="/config", method="GET").body == b"fine"


def test_a_call_without_a_place_costs_the_app_nothing():
    def full(endpoint: str) -> None:
        if endpoint == "restore":
            raise InputError("The app is busy: you would be number 13 in the queue.")

    for path in ("/gradio_api/call/restore", "/gradio_api/call/v2/restore/"):
        got = request(path=path, parts=(b"{}",), check_place=full)
        assert (got.status, got.seen) == (503, 0)
        assert got.words.endswith("number 13 in the queue.")
        assert got.headers["retry-after"] == "2"
    assert request(path="/gradio_api/call/classify", check_place=full).status == 200
    assert request(path="/gradio_api/call/restore/x", method="GET", check_place=full).status == 200


TOOL = "/gradio_api/mcp/"


class Crowd:
    """Requests at the same time to one guard, whose app answers when it may."""

    def __init__(self) -> None:
        self.may_answer, self.inside, self.fails = asyncio.Event(), 0, False
        self.guard = Guard(self.app)

    async def app(self, scope: dict, receive: Callable, send: Callable) -> None:
        await receive()
        self.inside += 1
        gone = asyncio.ensure_future(receive())  # as Gradio, which gives up when the caller has
        may = asyncio.ensure_future(self.may_answer.wait())
        await asyncio.wait([gone, may], return_when=asyncio.FIRST_COMPLETED)
        for waiting in (gone, may):
            waiting.cancel()
        self.inside -= 1
        if self.fails:
            raise LookupError("no such tool")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(self, path: str = TOOL, method: str = "POST", *, leaves: bool = False) -> Got:
        got, bodies = Got(), [b"{}"]

        async def receive() -> dict[str, Any]:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            if not leaves:
                await asyncio.sleep(3600)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            got.status = message.get("status", got.status)
            got.headers |= {name.decode(): v.decode() for name, v in message.get("headers", [])}
            got.body += message.get("body", b"")

        await self.guard(
            {"type": "http", "method": method, "path": path, "headers": []}, receive, send
        )
        return got

    async def asking(self, n: int, *args: str, leaves: bool = False) -> list[asyncio.Future[Got]]:
        """So many at once, and time for each to get where it can."""
        asked = [asyncio.ensure_future(self.ask(*args, leaves=leaves)) for _ in range(n)]
        await asyncio.sleep(0.05)
        return asked


@pytest.mark.parametrize("leaves", [False, True], ids=["wait", "leave"])
def test_tools_leave_threads_for_everybody_else(leaves: bool):
    """Each keeps its thread until it is answered, also when whoever asked has gone."""

    async def crowd() -> None:
        crowd = Crowd()
        first = await crowd.asking(MOST_TOOLS, leaves=leaves)
        assert crowd.inside == MOST_TOOLS
        for path in (TOOL, TOOL.rstrip("/"), TOOL + "http"):
            got = await crowd.ask(path)
            assert (got.status, got.words, got.headers["retry-after"]) == (503, FULL_SAYS, "2")
        others = [*await crowd.asking(2, "/gradio_api/call/classify"),
                  *await crowd.asking(2, TOOL, "GET")]  # fmt: skip
        assert crowd.inside == MOST_TOOLS + 4
        crowd.may_answer.set()
        assert {one.status for one in await asyncio.gather(*first, *others)} == {200}
        assert (await crowd.ask()).status == 200

    asyncio.run(crowd())


def test_a_tool_that_fails_gives_its_place_back():
    async def crowd() -> None:
        crowd = Crowd()
        crowd.may_answer.set()
        crowd.fails = True
        for _ in range(MOST_TOOLS):
            with pytest.raises(LookupError, match="no such tool"):
                await crowd.ask()
        crowd.fails = False
        assert (await crowd.ask()).status == 200

    asyncio.run(crowd())


def test_anybody_else_who_leaves_is_noticed():
    async def crowd() -> None:
        crowd = Crowd()
        assert (await crowd.ask("/gradio_api/call/classify", leaves=True)).status == 200

    asyncio.run(crowd())


def test_who_leaves_in_the_middle_of_an_upload_is_no_defect():
    """Nobody waits for an answer, and there is nothing for the log."""

    async def left(receive: Callable) -> int:
        raise ClientDisconnect

    assert request(left, "/gradio_api/upload").status == 0


def test_other_trouble_with_files_is_a_defect():
    async def trouble(receive: Callable) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        request(trouble, path="/gradio_api/upload")
