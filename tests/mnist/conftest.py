"""Real digits for the tests: 400 of MNIST's test images, see fixtures/README.md."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def digits():
    """Images ``(400, 28, 28)`` uint8 and labels ``(400,)``."""
    with np.load(Path(__file__).parent / "fixtures" / "digits.npz") as file:
        return file["images"], file["labels"]
