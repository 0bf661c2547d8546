"""One page for all tests of this folder, with stand-ins where networks are slow or not here yet."""

import gc
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lesson7.bedrooms import predict as bedrooms
from lesson7.bedrooms import rooms
from lesson7.core import weights
from lesson7.mnist import predict as mnist
from lesson7.restoration import networks
from tests import serving
from tests.hostile.whole_app import WholeApp
from tests.restoration.stand_ins import Same, compact


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory, stand_in_bedrooms: Path) -> Path:
    """The embedded weights, and small random ones for the Bedrooms."""
    folder = tmp_path_factory.mktemp("hostile") / "weights"
    shutil.copytree(weights.EMBEDDED, folder)
    named = {**_index(folder), **_index(stand_in_bedrooms)}
    shutil.copytree(stand_in_bedrooms, folder, dirs_exist_ok=True)
    (folder / "index.json").write_text(json.dumps(named))
    return folder


def _index(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "index.json").read_text())


@pytest.fixture(scope="module")
def app(weights_folder: Path) -> Iterator[WholeApp]:
    """The page; restoration leaves pictures as they are, the Bedrooms are stand-ins.

    The best digit network looks once at each picture instead of five times.

    Gradio leaves event loops open, one for each component: they are swept up here, where
    nobody else's test can be blamed for them.
    """
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", ResourceWarning)
        patch.setenv("LESSON7_WEIGHTS", str(weights_folder))
        _forget()
        same = Same().eval()
        feature = compact()  # its encoder is asked what it sees
        patch.setattr(networks, "load", lambda recipe: feature if recipe == "feature" else same)
        patch.setattr(mnist.load("best"), "looks", False)
        whole = WholeApp()
        yield whole
        whole.close()
        _forget()
        del whole
        gc.collect()


@dataclass(frozen=True)
class Faulty:
    """The served app of ``faulty.py``.

    Args:
        served: the running app.
        place: the file that says what is wrong.
    """

    served: serving.Served
    place: Path

    @property
    def url(self) -> str:
        return self.served.url

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """While the block lasts, this is wrong."""
        self.place.write_text(name)
        yield
        self.place.write_text("")


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, weights_folder: Path) -> Iterator[Faulty]:
    """The app in a process of its own, healthy until a test says otherwise."""
    folder = tmp_path_factory.mktemp("faulty")
    environ = {"LESSON7_WEIGHTS": str(weights_folder), "FAULT": str(folder / "fault")}
    with serving.app(folder, "-m", "tests.hostile.faulty", **environ) as served:
        yield Faulty(served, folder / "fault")
        assert served.refused_hosts == []


def _forget() -> None:
    for cached in (rooms._loaded, rooms.directions, bedrooms._scorer):
        cached.cache_clear()
