"""What comes out of a file: its first frame, upright, without metadata."""

import numpy as np
import pytest
from PIL import Image

from lesson7.core.intake import open_image
from tests.core.picture_files import encode, photo


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """How a camera stores a picture that its EXIF orientation then turns upright."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: np.rot90(upright, 2),
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(format: str, orientation: int):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16] = 255, 0, 0  # red on the upper left, blue on the lower right
    upright[16:, 32:] = 0, 0, 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(upright, orientation)))
    opened = np.asarray(open_image(encode(image, format, exif=exif.tobytes())), int)
    assert opened.shape == upright.shape
    assert np.abs(opened[4:12, 4:12] - upright[4:12, 4:12]).max() < 12
    assert np.abs(opened[20:28, 36:44] - upright[20:28, 36:44]).max() < 12


@pytest.mark.filterwarnings("ignore")  # as for visitors: Pillow grumbles and goes on
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x09\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x02\x36\0\0\0",  # as text
        b"Exif\0\0",
    ],
)
def test_damaged_metadata_does_not_cost_the_picture(exif: bytes):
    assert open_image(encode(photo(), "JPEG", exif=exif)).size == (48, 32)


@pytest.mark.parametrize("keep_alpha", [False, True])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_no_metadata_is_left(format: str, keep_alpha: bool):
    exif = Image.Exif()
    exif[0x010E] = "SECRET" * (9000 if format == "JPEG" else 170_000)  # up to 1 MB
    exif.get_ifd(0x8825)[0x001D] = "2018:12:SECRET"  # GPS
    body = encode(photo(), format, exif=exif.tobytes(), xmp=b"SECRET", comment=b"SECRET")
    assert b"SECRET" in body
    opened = open_image(body, keep_alpha=keep_alpha)
    assert opened.info == {}
    assert dict(opened.getexif()) == {}
    for written in ("PNG", "TIFF"):
        assert b"SECRET" not in encode(opened, written)


def frames(count: int) -> list[Image.Image]:
    return [
        Image.new("RGB", (9, 7), (255, 0, 0) if n == 0 else (0, n % 256, 255)) for n in range(count)
    ]


@pytest.mark.parametrize("format", ["PNG", "GIF", "WEBP", "TIFF", "AVIF"])
def test_the_first_frame_is_taken(format: str):
    first, *rest = frames(4)
    opened = open_image(encode(first, format, save_all=True, append_images=rest))
    assert opened.size == (9, 7)
    assert np.abs(np.asarray(opened, int) - (255, 0, 0)).max() <= 12


def test_ten_thousand_frames_cost_no_more_than_one():
    """Only the first is read, whatever stands after it."""
    two = encode(frames(2)[0], "GIF", save_all=True, append_images=frames(2)[1:])
    second = two[two.rindex(b"\x21\xf9") : -1]
    body = two[:-1] + second * 9_998 + b";"
    assert np.abs(np.asarray(open_image(body), int) - (255, 0, 0)).max() == 0
