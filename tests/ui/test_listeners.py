"""Who listens is known, and for who never listens nothing is computed to its end."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.context import LocalContext

from lesson7.ui import events, listeners
from lesson7.ui.lanes import Lane
from lesson7.ui.listeners import Listeners, has_listener

STREAMS = {
    "/gradio_api/queue/data?session_hash=ada": "ada",
    "/gradio_api/queue/data?x=1&session_hash=ada&session_hash=eve": "ada",
    "/gradio_api/call/classify/7f": "7f",
    "/gradio_api/call/v2/classify/7f": "7f",
}
OTHERS = [
    "/", "/gradio_api/queue/data", "/gradio_api/queue/data?session_hash=", "/gradio_api/call/7f",
    "/gradio_api/queue/status?session_hash=ada", "/gradio_api/heartbeat/ada",
]  # fmt: skip


def opened(address: str, method: str = "GET", fails: bool = False) -> list[str]:
    """What is listened to while a request is answered; afterwards it must be nothing."""
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    during: list[str] = []

    async def app(*_: Any) -> None:
        during.extend(listeners._open)
        if fails:
            raise ConnectionError

    async def ask() -> None:
        unused: Any = None
        await Listeners(app)(scope, unused, unused)

    if fails:
        with pytest.raises(ConnectionError):
            asyncio.run(ask())
    else:
        asyncio.run(ask())
    assert not listeners._open
    return during


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("address", STREAMS)
def test_a_stream_is_known_while_it_is_open(address: str, fails: bool):
    assert opened(address, fails=fails) == [STREAMS[address]]


@pytest.mark.parametrize("address", OTHERS)
def test_nothing_else_is_a_stream(address: str):
    assert opened(address) == []


def test_asking_is_not_listening():
    assert opened("/gradio_api/call/classify/7f", method="POST") == []


def test_one_of_two_streams_that_ends_leaves_the_other():
    scope = {"type": "http", "method": "GET", "path": "/gradio_api/call/classify/7f"}

    async def both() -> None:
        ends = [asyncio.Event(), asyncio.Event()]
        unused: Any = None

        async def listen(end: asyncio.Event) -> None:
            async def app(*_: Any) -> None:
                await end.wait()

            await Listeners(app)(scope, unused, unused)

        streams = [asyncio.create_task(listen(end)) for end in ends]
        await asyncio.sleep(0)
        ends[0].set()
        await streams[0]
        assert has_listener("nobody", "7f")
        ends[1].set()
        await streams[1]
        assert not has_listener("nobody", "7f")

    asyncio.run(both())


# ------------------------------------------------------------------- what is done about it

TURNS = 30  # of a second each


class Asked:
    """A question in Gradio's queue, a clock, and what of it was computed.

    Args:
        patch: to put them where they are looked for.
        hears: what begins to listen, "ada" or "7f"; nobody else does.
        after: so many turns.
    """

    def __init__(self, patch: pytest.MonkeyPatch, hears: str = "", after: int = 0) -> None:
        self.event = SimpleNamespace(_id="7f", session_hash="ada", alive=True)
        self.turns = 0
        queue = SimpleNamespace(event_ids_to_events={"7f": self.event})
        here = {"blocks": SimpleNamespace(_queue=queue), "event_id": "7f"}
        for name, value in here.items():
            variable: ContextVar[Any] = ContextVar(name)
            variable.set(value)
            patch.setattr(LocalContext, name, variable)
        patch.setattr(events, "time", SimpleNamespace(monotonic=lambda: float(self.turns)))

        def job(*_: Any) -> Iterator[str]:
            for turn in range(TURNS):
                if hears and turn == after:
                    patch.setitem(listeners._open, hears, 1)
                self.turns = turn + 1
                yield json.dumps({"id": 3, "turn": turn})

        self.job = job

    def call(self) -> Any:
        """As a caller does."""
        return asyncio.run(events.for_callers(Lane(patience=60, most=8), self.job)())

    def ask(self) -> list[Any]:
        """As the page does."""

        async def replies() -> list[Any]:
            answer = events.for_page(Lane(patience=60, most=8), self.job)
            question = gr.EventData(None, {"id": 3})
            *said, last = [one async for one in answer(events.Halted(), question)]
            assert last == gr.skip(), "what comes last is said twice, so it is nothing"
            return [json.loads(one) for one in said]

        return asyncio.run(replies())


def test_who_never_listens_costs_little_and_hears_why_if_he_comes_after_all(
    monkeypatch: pytest.MonkeyPatch,
):
    asked = Asked(monkeypatch)
    with pytest.raises(gr.Error) as given_up:
        asked.call()
    assert given_up.value.message == events.UNHEARD
    assert asked.turns == events.GRACE + 1
    asked = Asked(monkeypatch)
    assert asked.ask()[-1] == {"id": 3, "error": events.UNHEARD}
    assert asked.turns == events.GRACE + 1


@pytest.mark.parametrize("after", [0, 10])
@pytest.mark.parametrize("hears", ["ada", "7f"])
def test_who_listens_a_little_late_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, hears: str, after: int
):
    last = {"id": 3, "turn": TURNS - 1}
    assert json.loads(Asked(monkeypatch, hears, after).call()) == last
    monkeypatch.setattr(listeners, "_open", Counter())
    assert Asked(monkeypatch, hears, after).ask()[-1] == last


def test_a_listener_to_something_else_does_not_count(monkeypatch: pytest.MonkeyPatch):
    asked = Asked(monkeypatch, hears="eve")
    with pytest.raises(gr.Error, match="Nobody was listening"):
        asked.call()


def test_who_has_gone_is_told_nothing(monkeypatch: pytest.MonkeyPatch):
    asked = Asked(monkeypatch)
    asked.event.alive = False
    assert asked.call() is None
    assert asked.turns == 0
