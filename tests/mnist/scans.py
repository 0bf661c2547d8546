"""Digits that MNIST never saw, and that nobody made up: other people wrote them [1].

References:
    [1] Alpaydin and Kaynak, Optical recognition of handwritten digits, 1998 (CC BY 4.0).
        https://archive.ics.uci.edu/dataset/80
"""

import numpy as np
from sklearn.datasets import load_digits


def small_scans() -> tuple[np.ndarray, np.ndarray]:
    """The 1,797 scans that come with scikit-learn, by 13 writers, and their labels.

    Returns:
        ``(1797, 8, 8)`` uint8, white on black, which the ink fills from edge to edge, in 17 levels
        of grey; and ``(1797,)``.
    """
    found = load_digits()
    return np.round(found.images * (255 / 16)).astype(np.uint8), found.target
