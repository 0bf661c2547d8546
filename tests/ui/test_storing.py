"""Stored pictures: one file for equal ones, whole whenever somebody fetches it."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesson7.ui import storing


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def noise():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8))


def test_a_picture_comes_back_as_it_was(noise, folder):
    path = storing.store_png(noise, "rooms")
    assert Path(path).name == "rooms.png"
    assert Path(path).is_relative_to(folder.resolve())
    with Image.open(path) as stored:
        np.testing.assert_array_equal(np.asarray(stored), np.asarray(noise))


def test_equal_pictures_have_one_file_and_others_another(noise, folder):
    first = storing.store_png(noise, "rooms")
    assert storing.store_png(noise.copy(), "rooms") == first
    assert storing.store_png(noise.crop((0, 0, 9, 9)), "rooms") != first
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


def test_who_fetches_while_it_is_stored_again_gets_all_of_it(noise):
    path = Path(storing.store_png(noise, "rooms", squeeze=1))
    whole, done, fetched = path.read_bytes(), threading.Event(), []

    def fetch():
        while not done.is_set():
            fetched.append(path.read_bytes() == whole)

    fetching = threading.Thread(target=fetch)
    fetching.start()
    stored, end = 0, time.monotonic() + 60
    while (stored < 30 or len(fetched) <= 20) and time.monotonic() < end:
        storing.store_png(noise, "rooms", squeeze=1)
        stored += 1
    done.set()
    fetching.join()
    assert stored >= 30
    assert len(fetched) > 20
    assert all(fetched)


def test_a_disk_that_fails_leaves_nothing_behind(noise, folder, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        storing.store_png(noise, "rooms")
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_large_picture_is_not_squeezed_for_long(monkeypatch):
    monkeypatch.setattr(storing, "LARGE", 100 * 100)
    striped = Image.fromarray(np.tile(np.arange(100, dtype=np.uint8), (100, 1)))
    small = striped.crop((0, 0, 100, 99))
    sizes = [Path(storing.store_png(one, "a")).stat().st_size for one in (striped, small)]
    assert sizes[0] > sizes[1]
