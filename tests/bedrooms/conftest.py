"""Small random networks in the place of the shipped ones."""

from pathlib import Path

import pytest

from lesson7.bedrooms import predict, rooms
from tests.bedrooms import stand_ins


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both recipes' stand-ins, shipped once for all tests."""
    folder = tmp_path_factory.mktemp("weights")
    stand_ins.ship(folder)
    return folder


def _forget() -> None:
    for cached in (rooms.load, rooms.directions, predict._scorer):
        cached.cache_clear()


@pytest.fixture
def small_networks(weights_folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Whatever is drawn, the stand-ins draw it."""
    monkeypatch.setenv("LESSON7_WEIGHTS", str(weights_folder))
    _forget()
    yield weights_folder
    _forget()
