"""Networks for the tests of what people use: random weights, or simple stand-ins."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torch import nn

from lesson7.restoration import networks
from tests.restoration import stand_ins


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights for every recipe and the critic: the shipped architecture, random."""
    folder = tmp_path_factory.mktemp("weights")
    stand_ins.save(folder)
    return folder


@pytest.fixture
def random_networks(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The networks are loaded from the folder of random weights, and forgotten after it."""
    monkeypatch.setenv("LESSON7_WEIGHTS", str(weights_folder))
    networks.load.cache_clear()
    networks.load_critic.cache_clear()
    yield
    networks.load.cache_clear()
    networks.load_critic.cache_clear()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[nn.Module], None]:
    """Put a network in the place of every recipe's."""

    def put(network: nn.Module) -> None:
        monkeypatch.setattr(networks, "load", lambda recipe: network.eval())

    return put
