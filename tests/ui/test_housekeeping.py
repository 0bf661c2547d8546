"""What visitors leave behind stays bounded: files, folders, and Gradio's notes in memory."""

import errno
import hashlib
import os
import tempfile
import time
from asyncio import Queue as AsyncQueue
from pathlib import Path
from typing import Any

import pytest
from gradio import processing_utils
from gradio.queueing import Queue
from PIL import Image

from lesson7.ui import listeners
from lesson7.ui.housekeeping import forget, sweep
from lesson7.ui.storing import store_png


def put(folder: Path, name: str, size: int, age: float) -> Path:
    """A file as Gradio stores it, in a folder named after a hash."""
    path = folder / hashlib.sha256(name.encode()).hexdigest() / "file.png"
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
    fresh = tmp_path / "tmpfresh_1"
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
    (inside / ("a" * 64)).symlink_to(kept)
    (inside / ("b" * 64)).symlink_to(kept.parent)
    (put(inside, "b", 1, 9000).parent / "folder").symlink_to(kept.parent)
    sweep(inside, most=0)
    assert kept.exists()
    assert not any(path.is_symlink() for path in inside.rglob("*"))


def test_what_others_keep_in_the_folder_stays(tmp_path: Path):
    """Somebody may name a folder that is in use, and a full one."""
    names = ["thesis.odt", "photos/1.jpg", f"photos/{'a' * 64}/2.jpg", "tmp/3", "tmpfile.txt",
             "deep_links/4.json", "a" * 63, "A" * 64, "tmp_1234567x"]  # fmt: skip
    kept = [tmp_path / name for name in names]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (0, 0))
    (tmp_path / "empty").mkdir()
    os.utime(tmp_path / "empty", (0, 0))
    sweep(tmp_path, most=0)
    assert [path for path in kept if not path.exists()] == []
    assert (tmp_path / "empty").exists()


def test_everything_that_gradio_and_the_app_make_is_swept(tmp_path: Path, monkeypatch):
    """Made by them, so that the sweep learns of a name that a later Gradio chooses."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    picture = Image.effect_noise((30, 20), 30)
    store_png(picture, "a")
    processing_utils.save_pil_to_cache(picture, str(tmp_path))
    processing_utils.save_base64_to_cache("data:image/png;base64,QUJD", str(tmp_path))
    with tempfile.NamedTemporaryFile(dir=tmp_path, delete=False) as upload:  # as Gradio's parser
        upload.write(b"half of it")
    (Path(tempfile.mkdtemp(dir=tmp_path)) / "cut-off.png").touch()  # as store_png's, killed
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 5
    sweep(tmp_path, most=0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


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


def test_a_folder_that_vanishes_while_it_is_walked_does_no_harm(tmp_path: Path, monkeypatch):
    files = [put(tmp_path, str(i), 1, 9000) for i in range(6)]
    really, looked_at = os.scandir, []

    def too_late(place: Any) -> Any:
        looked_at.append(place)
        if len(looked_at) in (2, 4):  # the first is the folder itself
            (Path(place) / "file.png").unlink()
            Path(place).rmdir()
        return really(place)

    monkeypatch.setattr(os, "scandir", too_late)
    sweep(tmp_path)
    monkeypatch.undo()
    assert len(looked_at) == 7
    assert not any(path.exists() for path in files)


def test_a_file_that_cannot_be_deleted_does_not_keep_the_others(tmp_path: Path, monkeypatch):
    """Nor does it count, or all that comes would have to go in its place."""
    stuck, old, young = (put(tmp_path, str(age), 100, age) for age in (9000, 8000, 10))
    really = Path.unlink

    def refuse(path: Path, *args: Any, **kwargs: Any) -> None:
        if path == stuck:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        really(path, *args, **kwargs)

    monkeypatch.setattr(Path, "unlink", refuse)
    sweep(tmp_path, most=100)
    assert [path.exists() for path in (stuck, old, young)] == [True, False, True]


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
