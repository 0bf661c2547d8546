"""Between an event and the function that answers it: turns, places in line, and giving up.

    for_page        has a function answer what a page's own script asks, in a lane
    for_callers     has a function answer an endpoint, in a lane
    endpoint        offers a function to callers in that way
    check_place     whether an endpoint's lane would take one more call
    Halted, halt    which of a visitor's questions need no answer any more
    OPEN            goes with each such event: Gradio's queue lets it through to its lane
    QUIET           goes with each event of a page's own script

An answering function is plain, or a generator whose items are turns (see ``lanes``); None is
a turn without anything to say. While a question waits, the page hears of it:

    reply           {"id": 7, "wait": "You are number 3 in the queue."}

Gradio says the last item of a generator twice, and then closes the line to the page. A page asks
again on the first copy; were the second one large, it would still be on its way, and the page
would wait for its next answer on a line that is closed. So the last item is nothing.

Whoever is refused for want of a place is told so in the same way as of any other mistake:
the page by ``{"id": 7, "error": words}``, a caller by ``gr.Error``. Most callers hear it at
the door already (see ``guard``): on its way through Gradio's queue even a refusal takes time of
the one event loop from those who are served.

Nobody computes for nobody: when the browser is closed or the connection is cut, the job ends
with its turn. So it does where nobody ever listened for its answer, for ``GRACE`` seconds; who
comes later is told, until that is dropped, too (``housekeeping``). And so it does when the page
halts it. Gradio's own way to cancel names no
question, and when it comes late it hits the visitor's next one.
"""

import contextlib
import functools
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from lesson7.ui import listeners
from lesson7.ui.lanes import Busy, Lane, Last, Wait

GRACE = 10.0  # seconds from a question to the first listener: of a slow network, or of a person

PEOPLE = 4.0  # times the patience of programs: people see their place in line, and rather wait

UNHEARD = "Nobody was listening for this answer, so it was given up. Please ask again."

OPEN: dict[str, Any] = {"concurrency_limit": None}
QUIET: dict[str, Any] = {
    "trigger_mode": "multiple",  # the page's own script says when it asks again
    "show_progress": "hidden",
    "api_visibility": "private",
}

Packed = str | dict[str, Any]
Replies = Callable[["Halted", gr.EventData], AsyncIterator[Packed]]

_lanes: dict[str, Lane] = {}  # of the endpoints

_MOST_ID = 2**53  # the largest whole number that a page's script knows


@dataclass
class Halted:
    """Which of one visitor's questions need no answer any more: those up to the latest halt.

    A page numbers its questions upwards from 1. Those below zero cannot be halted.
    """

    latest: int = 0

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 < number <= self.latest


def asked(event: gr.EventData) -> dict[str, Any]:
    """The question of a page's script; nothing where a stranger sent something else."""
    return event._data if isinstance(event._data, dict) else {}


def halt(halted: Halted, event: gr.EventData) -> None:
    """Take note of the page's ``{"id": 7}``: question 7 and those before it are given up."""
    match asked(event):
        case {"id": int() as number} if number <= _MOST_ID:
            halted.latest = max(halted.latest, number)


def for_page(
    lane: Lane,
    answer: Callable[[gr.EventData], Any],
    pack: Callable[[dict[str, Any]], Packed] = json.dumps,
) -> Replies:
    """Have ``answer`` reply to a page's own script, in its turns.

    Args:
        lane: where it computes.
        answer: an event -> a reply, or an iterator over replies and None.
        pack: makes of our own replies what ``answer`` makes of its.

    Returns:
        A function for an event whose one input is a ``gr.State`` of ``Halted()``.
    """

    async def replies(halted: Halted, event: gr.EventData) -> AsyncIterator[Packed]:
        number, asker = asked(event).get("id"), _Asker()
        about = {"id": number}
        job = lane.run(
            _turns(answer, event),
            lambda: number in halted or asker.has_gone(),
            kind=f"{answer.__module__}.{answer.__name__}",
            fondness=PEOPLE,
        )
        try:
            async with contextlib.aclosing(job) as steps:
                async for step in steps:
                    if isinstance(step, Wait):
                        yield pack(about | {"wait": str(step)})
                    elif step is not None and number not in halted:
                        yield step
        except Busy as busy:
            yield pack(about | {"error": str(busy)})
        else:
            if asker.never_listened:
                yield pack(about | {"error": UNHEARD})
        yield gr.skip()  # what comes last, Gradio says twice

    return replies


def for_callers(
    lane: Lane, function: Callable[..., Any]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Have ``function`` answer an endpoint, in its turns; its last item is the answer.

    Name, parameters and description stay, for those who look the endpoint up. Callers hear
    of their place in line as of progress.
    """

    _lanes[function.__name__] = lane

    @functools.wraps(function)
    async def answer(*args: Any) -> Any:
        last, progress, asker = None, gr.Progress(), _Asker()
        job = lane.run(_turns(function, *args), asker.has_gone, kind=function.__name__)
        try:
            async with contextlib.aclosing(job) as steps:
                async for step in steps:
                    if isinstance(step, Wait):
                        progress(0, desc=str(step))
                    else:
                        last = step
        except Busy as busy:
            raise gr.Error(str(busy), print_exception=False) from busy
        if asker.never_listened:
            raise gr.Error(UNHEARD, print_exception=False)
        return last

    return answer


def check_place(endpoint: str) -> None:
    """Raise Busy if whoever calls ``endpoint`` would be refused; others are not known here."""
    if endpoint in _lanes:
        _lanes[endpoint].check_room(endpoint)


def endpoint(
    button: gr.Button,
    lane: Lane,
    function: Callable[..., Any],
    inputs: list[gr.components.Component],
    output: gr.components.Component,
) -> None:
    """Offer ``function`` to callers under its own name, in its turns.

    Args:
        button: pressed by nobody; Gradio's endpoints belong to events.
        lane: where it computes.
        function: as for ``for_callers``.
        inputs: one for each of its parameters.
        output: what takes its answer.
    """
    name = function.__name__
    button.click(for_callers(lane, function), inputs, output, api_name=name, **OPEN)


def _turns(function: Callable[..., Any], *args: Any) -> Iterator[Any]:
    """What ``function`` gives, item by item; nothing of it runs before the first turn."""
    if inspect.isgeneratorfunction(function):
        yield from function(*args)
    else:
        yield Last(function(*args))


class _Asker:
    """Whoever asked what is being answered: there, gone, or never come to hear the answer.

    Gradio's queue knows who has gone, and tells only generators.
    """

    def __init__(self) -> None:
        blocks, number = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
        self._event = blocks._queue.event_ids_to_events.get(number or "") if blocks else None
        self._heard = time.monotonic()
        self.never_listened = False

    def has_gone(self) -> bool:
        """Whether nothing more need be computed; asked before each turn."""
        if self._event is None:  # no question of the queue's
            return False
        now = time.monotonic()
        if listeners.has_listener(self._event.session_hash, self._event._id):
            self._heard = now
        self.never_listened = now - self._heard > GRACE
        return self.never_listened or not self._event.alive
