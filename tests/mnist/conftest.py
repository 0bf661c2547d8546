"""Real digits for the tests: 400 of MNIST's test images, see fixtures/README.md."""

from pathlib import Path

import numpy as np
import pytest

from lesson7.mnist import train


@pytest.fixture(scope="session")
def digits():
    """Images ``(400, 28, 28)`` uint8 and labels ``(400,)``."""
    with np.load(Path(__file__).parent / "fixtures" / "digits.npz") as file:
        return file["images"], file["labels"]


@pytest.fixture(scope="session")
def redrawn(tmp_path_factory):
    """The file in which a dry run keeps what it draws, for those who need not draw it again."""
    file = tmp_path_factory.mktemp("redrawn") / "mnist-redrawn-dry.pt"
    train.stranger_sets(None, file)
    return file
