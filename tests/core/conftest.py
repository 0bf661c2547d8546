"""What the tests of weights share: an embedded folder of their own, empty or with a network."""

from pathlib import Path

import pytest
import torch

from lesson7.core import weights
from tests.core.small_net import RECORD, Net


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ``lesson7.core.weights`` looks in, not there yet, and no notices."""
    folder = tmp_path / "weights"
    monkeypatch.setattr(weights, "EMBEDDED", folder)
    monkeypatch.setattr(weights, "_notices", [])
    monkeypatch.delenv("LESSON7_WEIGHTS", raising=False)
    return folder


@pytest.fixture
def folder(embedded: Path) -> Path:
    """An embedded folder with one good network, ``net-a``, of width 5."""
    torch.manual_seed(0)
    weights.save("net-a", Net(5), {"width": 5}, record=RECORD, folder=embedded)
    return embedded
