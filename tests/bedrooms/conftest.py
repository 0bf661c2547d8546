"""Small random networks in the place of the shipped ones."""

from pathlib import Path

import pytest

from lesson7.bedrooms import predict, rooms


@pytest.fixture(scope="session")
def weights_folder(stand_in_bedrooms: Path) -> Path:
    """Both recipes' stand-ins."""
    return stand_in_bedrooms


def _forget() -> None:
    for cached in (rooms._loaded, rooms.directions, predict._scorer):
        cached.cache_clear()


@pytest.fixture
def small_networks(weights_folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Whatever is drawn, the stand-ins draw it."""
    monkeypatch.setenv("LESSON7_WEIGHTS", str(weights_folder))
    _forget()
    yield weights_folder
    _forget()
