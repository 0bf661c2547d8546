"""Keeps bounded what visitors leave behind: files in the temporary folder, notes in memory.

    housekeeping    does both every twenty seconds, as long as the app runs
    sweep           of our files in a folder: no more than so many bytes, nothing too old
    forget          what Gradio's queue keeps for callers who have gone, or never came

Gradio deletes the files that it knows of an hour after they came (``delete_cache``). It knows
nothing of an upload that broke off, keeps the folder that each file had to itself, and sets no
limit to how much comes within the hour.
"""

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from gradio.queueing import Queue
from gradio.routes import App
from gradio.utils import get_upload_folder

from lesson7.ui.listeners import has_listener

PERIOD = 20.0  # seconds
MOST = 2**30  # bytes of files
OLDEST = 7200.0  # seconds; longer than Gradio takes, which is not told of what is deleted here
UNFETCHED = 30.0  # seconds for which an answer that is ready is kept for nobody
YOUNG = 60.0  # seconds for which an empty folder may be waiting for its file

OURS = re.compile(r"[0-9a-f]{64}|tmp[a-z0-9_]{8}")
"""What is made in the temporary folder: a folder per content, and what is on its way there."""


def sweep(folder: Path, most: int = MOST, oldest: float = OLDEST) -> None:
    """Delete old files, the oldest ones of too many, and folders that are empty.

    Only what Gradio and ``storing`` make here is looked at: the folder may hold more. A page
    whose upload is gone sends it again. What vanishes meanwhile, or cannot be deleted, is
    passed over, and does not count.

    Args:
        folder: need not be there.
        most: bytes that may stay.
        oldest: seconds after which a file goes in any case.
    """
    now, files = time.time(), []
    for path in _made_here(folder):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode):
                files.append((status.st_mtime, status.st_size, path))
            elif now - status.st_mtime > YOUNG:
                path.rmdir()  # fails unless it is empty
    stored = sum(size for _, size, _ in files)
    for changed, size, path in sorted(files):
        if stored <= most and now - changed <= oldest:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        stored -= size


def _made_here(folder: Path) -> Iterator[Path]:
    """What lies in the folder under a name of ``OURS``, and everything below it."""
    for place, folders, files in os.walk(folder):
        names = [*folders, *files]
        if Path(place) == folder:
            names = [name for name in names if OURS.fullmatch(name)]
            folders[:] = [name for name in folders if name in names]
        yield from (Path(place, name) for name in names)


def forget(queue: Queue, unfetched: dict[str, float], now: float) -> None:
    """Drop answers that nobody fetches, and the queue's notes about visitors who have gone.

    Gradio keeps answers for the latest 2000 visitors, which may be a megabyte for each, until
    they are fetched, and lists of questions, empty or not, for ever.

    Args:
        queue: of the app.
        unfetched: when each visitor was first seen to have answers and nobody to fetch them;
            kept from call to call.
        now: seconds on any clock that does not go back.
    """
    waiting = {visitor for visitor in queue.pending_messages_per_session if _left(queue, visitor)}
    for visitor in unfetched.keys() - waiting:
        del unfetched[visitor]
    for visitor in waiting:
        if now - unfetched.setdefault(visitor, now) >= UNFETCHED:
            queue.pending_messages_per_session.pop(visitor, None)
            del unfetched[visitor]
    for visitor in list(queue.pending_event_ids_session):
        if visitor not in queue.pending_messages_per_session:
            queue.pending_event_ids_session.pop(visitor, None)


def _left(queue: Queue, visitor: str) -> bool:
    """Whether there are answers to a visitor, all of them ready, and nobody listens."""
    if queue.pending_messages_per_session[visitor].empty():
        return False
    questions = queue.pending_event_ids_session.get(visitor, set())
    return not any(
        question in queue.event_ids_to_events or has_listener(visitor, question)
        for question in (visitor, *questions)
    )


def housekeeping(
    period: float = PERIOD, most: int = MOST
) -> Callable[[App], AbstractAsyncContextManager[None]]:
    """What the server runs beside itself: a ``lifespan`` for its settings."""

    async def go_round(app: App) -> None:
        folder, unfetched = Path(get_upload_folder()), dict[str, float]()
        while True:
            await asyncio.sleep(period)
            forget(app.get_blocks()._queue, unfetched, time.monotonic())
            await asyncio.to_thread(sweep, folder, most)

    @contextlib.asynccontextmanager
    async def lifespan(app: App) -> AsyncGenerator[None, None]:
        rounds = asyncio.create_task(go_round(app))
        try:
            yield
        finally:
            rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rounds

    return lifespan
