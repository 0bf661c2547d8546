"""What the tests of weights share: an embedded folder of their own."""

from pathlib import Path

import pytest

from lesson7.core import weights


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ``lesson7.core.weights`` looks in, not there yet, and no notices."""
    folder = tmp_path / "weights"
    monkeypatch.setattr(weights, "EMBEDDED", folder)
    monkeypatch.setattr(weights, "_notices", [])
    monkeypatch.delenv("LESSON7_WEIGHTS", raising=False)
    return folder
