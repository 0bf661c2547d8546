"""What visitors leave behind stays bounded: files, folders, and Gradio's notes in memory."""

import os
import threading
import time
from pathlib import Path

import pytest
from gradio.queueing import Queue

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


def test_files_that_vanish_meanwhile_do_no_harm(tmp_path: Path):
    sweep(tmp_path / "nowhere")
    files = [put(tmp_path, str(i), 1, 9000) for i in range(300)]
    rival = threading.Thread(target=lambda: [path.unlink(missing_ok=True) for path in files])
    rival.start()
    sweep(tmp_path)
    rival.join()
    assert not any(path.exists() for path in files)


@pytest.mark.parametrize("is_here", [True, False])
def test_the_queue_forgets_who_has_gone_and_nobody_else(is_here: bool):
    queue = object.__new__(Queue)
    queue.pending_messages_per_session = {"ada": None} if is_here else {}
    queue.pending_event_ids_session = {"ada": {"question"}}
    forget(queue)
    assert ("ada" in queue.pending_event_ids_session) is is_here
