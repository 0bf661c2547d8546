"""Who computes when: two lanes, in each of them one job at a time, all of them in turns.

    Lane            jobs that take turns; it has few places, and who waits knows the own one
    Busy            the lane has no place left
    Wait            what a job hears while it waits
    Last            an item that says that no other follows
    SHORT, LONG     the lane of digits, words and rooms, and that of photographs

A job is an iterator, a turn is one item of it: a tile of a photograph, some rooms, the words of a
sixteenth of a second. After its turn a job goes to the end of the line. So a small photograph
waits for one tile of a large one and not for all of it, and nobody who draws a digit waits for a
photograph. Where there are few cores the second lane slows the first one down; so its thread, and
those that torch starts from it, are nicer [1]. A lane does not take fewer threads when the other
one is at work: with another number of threads some float32 convolutions sum in another order, and
equal questions are to get equal answers, to the last bit.

A lane refuses at once whom it could not serve in time: it adds up what the jobs that are there,
and the new one, are expected to take, each as long as the last ones of its kind took on this
machine, with all that goes on beside them.

A lane belongs to the event loop of the one server in a process; only the turns run elsewhere,
in one thread per lane.

References:
    [1] sched(7): on Linux each thread has a nice value of its own, and inherits its maker's.
"""

import asyncio
import contextvars
import os
import statistics
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from lesson7.core.errors import InputError

T = TypeVar("T")

FIRST_NEWS, NEWS = 0.3, 1.0  # seconds of waiting after which a job is told its place, and again
REMEMBERED = 15  # jobs whose median time stands for that of the next ones of their kind

_END: Any = object()


class Busy(InputError):
    """A lane has no place left; the message says so to the visitor, with the place in line."""


@dataclass(frozen=True)
class Wait:
    """News for a job that waits for its turn.

    Args:
        place: in the line; 1 is next.
    """

    place: int

    def __str__(self) -> str:
        return "You are next." if self.place == 1 else f"You are number {self.place} in the queue."


@dataclass(frozen=True)
class Last:
    """A job's item that no other follows: it needs no turn more to find that out.

    Args:
        item: what whoever waits for the job is handed.
    """

    item: Any


class Lane:
    """One job at a time, all of them in turns.

    Args:
        patience: seconds that a new job may be expected to take, with all that are there.
        most: jobs that the lane takes, however quick they are.
        least: jobs that it takes even if they are slow.
        nice: how much it yields to other threads where there are not cores enough, 0 to 19;
            one step is a fifth less. Without effect where threads have no such value.
        clock: gives seconds; for tests.
    """

    def __init__(
        self,
        patience: float,
        most: int,
        least: int = 4,
        nice: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience, self.most, self.least = patience, most, least
        self._clock = clock
        self._jobs: Counter[str] = Counter()  # that were taken in and are not done, by kind
        self._line: deque[asyncio.Future[None]] = deque()  # those of them that want a turn
        self._taken = False  # whether a turn is under way, or about to begin
        self._seconds: dict[str, deque[float]] = {}  # of computing, of the last jobs of a kind
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix="lane", initializer=_be_nice, initargs=(nice,)
        )

    def __len__(self) -> int:
        """How many jobs are in the lane."""
        return self._jobs.total()

    async def run(
        self,
        job: Iterator[T],
        unwanted: Callable[[], bool] = lambda: False,
        kind: str = "",
        fondness: float = 1.0,
    ) -> AsyncGenerator[T | Wait, None]:
        """Take the turns of a job; yields its items, and news while it waits.

        Close the iterator to give up the job; it then ends with its turn, and is closed.

        Args:
            job: its items are computed in the lane's thread.
            unwanted: asked before each turn and while the job waits; True ends it.
            kind: what jobs that take about as long as this one are called.
            fondness: how many times the lane's patience it has, to wait rather than be refused.

        Raises:
            Busy: there is no place left; nothing of the job has run.
        """
        self.check_room(kind, fondness)
        self._jobs[kind] += 1
        spent = 0.0
        try:
            while not unwanted():
                place = self._stand_in_line()
                try:
                    await asyncio.wait([place], timeout=FIRST_NEWS)
                    while not place.done():
                        if unwanted():
                            return
                        yield Wait(self._line.index(place) + 1)
                        await asyncio.wait([place], timeout=NEWS)
                    start = self._clock()
                    item = await self._compute(job)
                    spent += self._clock() - start
                finally:
                    self._leave_line(place)
                over = item is _END or isinstance(item, Last)
                if over:
                    self._seconds.setdefault(kind, deque(maxlen=REMEMBERED)).append(spent)
                if item is not _END:
                    yield item.item if isinstance(item, Last) else item
                if over:
                    return
        finally:
            self._jobs[kind] -= 1
            close = getattr(job, "close", None)  # an iterator that is no generator has none
            if close is not None:
                close()

    def check_room(self, kind: str = "", fondness: float = 1.0) -> None:
        """Raise Busy, with the place in line, if the lane would not take such a job now."""
        there = len(self)
        expected = self._expected(kind) + sum(
            jobs * self._expected(one) for one, jobs in self._jobs.items()
        )
        late = expected > fondness * self.patience
        if there >= self.most or (late and there >= self.least):
            raise Busy(
                f"The app is busy: you would be number {there + 1} in the queue. "
                "Please try again in a moment."
            )

    def _expected(self, kind: str) -> float:
        """Seconds of computing; 0 before the first job of a kind."""
        seconds = self._seconds.get(kind)
        return statistics.median(seconds) if seconds else 0.0

    def _stand_in_line(self) -> asyncio.Future[None]:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(place)
        self._call_next()
        return place

    def _leave_line(self, place: asyncio.Future[None]) -> None:
        """End the turn of a place, or give it up before its turn."""
        if place.done():
            self._taken = False
            self._call_next()
        else:
            self._line.remove(place)

    def _call_next(self) -> None:
        if not self._taken and self._line:
            self._taken = True
            self._line.popleft().set_result(None)

    async def _compute(self, job: Iterator[T]) -> T:
        """One turn, in the lane's thread; not even who is cancelled leaves before it is over."""
        here, loop = contextvars.copy_context(), asyncio.get_running_loop()
        turn = loop.run_in_executor(self._thread, lambda: here.run(next, job, _END))
        try:
            return await asyncio.shield(turn)
        finally:
            if not turn.done():
                await asyncio.wait([turn])


def _be_nice(nice: int) -> None:
    """Have this thread, and those that it will start, yield to others."""
    if nice and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


SHORT = Lane(patience=0.4, most=24, least=2)
LONG = Lane(patience=3.0, most=12, least=2, nice=3)
