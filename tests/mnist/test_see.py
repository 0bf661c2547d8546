"""What is taken for ink and what for paper, before a network reads it."""

import numpy as np
import pytest
from PIL import Image

from lesson7.core.errors import NotADigitError
from lesson7.mnist import predict


@pytest.mark.parametrize("ink", ["white", "yellow", "black"])
def test_ink_of_any_colour_on_nothing(digits, ink):
    """A canvas saved as PNG, which a dark page showed."""
    images, labels = (part[:20] for part in digits)
    read = []
    for image in images:
        picture = Image.new("RGBA", (140, 140), ink)
        picture.putalpha(Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC))
        read.append(predict.read(picture).digit)
    assert np.mean([a == b for a, b in zip(read, labels, strict=True)]) >= 0.95
    with pytest.raises(NotADigitError, match="Draw a digit first"):
        predict.see(Image.new("RGBA", (140, 140), (0, 0, 0, 0)))
