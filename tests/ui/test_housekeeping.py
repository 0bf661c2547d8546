"""What visitors leave behind stays bounded: files, folders, and Gradio's notes in memory."""

import os
import time
from asyncio import Queue as AsyncQueue
from pathlib import Path
from typing import Any

import pytest
from gradio.queueing import Queue

from lesson7.ui import listeners
from lesson7.ui.housekeeping import forget, sweep


def put(folder: Path, name: str, size: int, age: float) -> Path:
    path = folder / name / "file.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * size)
    for one in (path, path.parent):
        os.utime(one, (time.time() - age,) * 2)
    return path


def test_the_oldest_go_first_when_there_is_too_much(tmp_path: Path):
    files = [put(tmp_path, f"of{age}", 100, age) for age in (50, 40, 30, 20, 10)]
    sweep(tmp_path, most=250)
    assert [path.exists() for path in files] == [False, False, False, True, True]


def test_what_is_old_goes_and_what_is_young_stays(tmp_path: Path):
    old, young = put(tmp_path, "a", 1, 7300), put(tmp_path, "b", 1, 3600)
    sweep(tmp_path)
    assert not old.exists()
    assert young.exists()


def test_empty_folders_go_too_but_not_while_a_file_may_be_on_its_way(tmp_path: Path):
    old = put(tmp_path, "a", 1, 7300).parent
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    sweep(tmp_path)  # the file goes
    os.utime(old, (time.time() - 100,) * 2)
    sweep(tmp_path)
    assert not old.exists()
    assert fresh.exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path):
    kept = put(tmp_path / "outside", "a", 10, 9000)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file").symlink_to(kept)
    (inside / "folder").symlink_to(kept.parent)
    sweep(inside, most=0)
    assert kept.exists()


def test_a_folder_that_is_not_there_is_swept():
    sweep(Path("/nowhere/at/all"))


@pytest.mark.parametrize("moment", ["lstat", "unlink"])
def test_files_that_vanish_meanwhile_do_no_harm(tmp_path: Path, monkeypatch, moment: str):
    """A rival takes every second one in the moment before it is looked at, or deleted."""
    files = [put(tmp_path, str(i), 1, 9000) for i in range(6)]
    taken, really = files[::2], getattr(Path, moment)

    def too_late(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path in taken:
            taken.remove(path)
            os.unlink(path)  # noqa: PTH108
        return really(path, *args, **kwargs)

    monkeypatch.setattr(Path, moment, too_late)
    sweep(tmp_path)
    assert taken == []
    assert not any(path.exists() for path in files)


@pytest.fixture
def queue() -> Queue:
    """Gradio's, with an answer for Ada, to her question 1."""
    answers: AsyncQueue[str] = AsyncQueue()
    answers.put_nowait("seven")
    queue = object.__new__(Queue)
    queue.pending_messages_per_session = {"ada": answers}
    queue.pending_event_ids_session = {"ada": {"question 1"}}
    queue.event_ids_to_events = {}
    return queue


def test_the_queue_forgets_who_has_gone(queue: Queue):
    queue.pending_messages_per_session.clear()
    forget(queue, {}, 0)
    assert queue.pending_event_ids_session == {}


def test_an_answer_that_nobody_fetches_is_kept_for_a_while(queue: Queue):
    unfetched: dict[str, float] = {}
    for now in (100, 120, 129):
        forget(queue, unfetched, now)
        assert list(queue.pending_messages_per_session) == ["ada"]
    forget(queue, unfetched, 130)
    assert (queue.pending_messages_per_session, queue.pending_event_ids_session) == ({}, {})
    assert unfetched == {}


@pytest.mark.parametrize("why", ["page", "caller", "computing", "fetched"])
def test_an_answer_is_not_forgotten_under_the_hands_of_a_visitor(queue: Queue, monkeypatch, why):
    if why == "fetched":
        queue.pending_messages_per_session["ada"].get_nowait()
    elif why == "computing":
        queue.event_ids_to_events["question 1"] = None
    else:
        name = "ada" if why == "page" else "question 1"
        monkeypatch.setitem(listeners._open, name, 1)
    unfetched: dict[str, float] = {}
    for now in (0, 1000):
        forget(queue, unfetched, now)
    assert list(queue.pending_messages_per_session) == ["ada"]
    assert unfetched == {}


def test_a_visitor_who_comes_back_has_the_whole_time_again(queue: Queue, monkeypatch):
    unfetched: dict[str, float] = {}
    forget(queue, unfetched, 0)
    with monkeypatch.context() as listening:
        listening.setitem(listeners._open, "ada", 1)
        forget(queue, unfetched, 20)
    forget(queue, unfetched, 40)
    assert list(queue.pending_messages_per_session) == ["ada"]
