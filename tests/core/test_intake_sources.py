"""From wherever a picture comes, it is the same one; what is no source is refused in words."""

import base64
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesson7.core.errors import DataError, ImageError
from lesson7.core.intake import MAX_BYTES, MAX_SIDE, open_image, open_own
from tests.core.picture_files import encode, photo


def test_every_source_gives_the_same_picture(tmp_path: Path):
    image = photo()
    body = encode(image, "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(body)
    sources = [
        path,
        str(path),
        body,
        bytearray(body),
        memoryview(body),
        io.BytesIO(body),
        "data:image/png;base64," + base64.b64encode(body).decode(),
        "DATA:;BASE64," + base64.b64encode(body).decode(),
        image,
        np.asarray(image),
    ]
    for source in sources:
        opened = open_image(source)
        assert opened.mode == "RGB"
        assert opened.tobytes() == image.tobytes(), type(source)
    with path.open("rb") as file:
        assert open_image(file).tobytes() == image.tobytes()


def test_a_pipe_that_gives_a_little_at_a_time_is_read_to_its_end():
    body = encode(photo(), "PNG")
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(body)  # fits in the pipe
    with os.fdopen(reading, "rb", buffering=0) as file:
        assert open_image(file).size == (48, 32)


@pytest.mark.parametrize("name", ["a.jpg", "a.html", "ünï çödé 図.exe", "con", "x" * 200, ".."])
def test_the_content_decides_not_the_name(tmp_path: Path, name: str):
    folder = tmp_path / "inner"
    folder.mkdir()
    if name == "..":
        with pytest.raises(ImageError, match="no such file"):
            open_image(folder / name)
        return
    (folder / name).write_bytes(encode(photo(), "WEBP", lossless=True))
    assert open_image(folder / name).tobytes() == photo().tobytes()


@pytest.mark.parametrize("name", ["missing.png", "nul\0byte.png", "\ud800.png", "y" * 5000, ""])
def test_a_name_without_a_file_is_refused_without_repeating_it(tmp_path: Path, name: str):
    with pytest.raises(ImageError, match="no such file") as caught:
        open_image(str(tmp_path / name))
    assert str(tmp_path) not in str(caught.value)


def test_a_named_pipe_does_not_block(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="no such file"):
        open_image(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "no picture yet"),
        ({"url": "x"}, "not a picture"),
        ([[0, 1], [1, 0]], "not a picture"),
        (7, "not a picture"),
        (io.StringIO("text"), "not a picture"),
        ("http://127.0.0.1:1/a.png", "not fetched"),
        ("https://example.org/a.png", "not fetched"),
        ("file:///etc/passwd", "not fetched"),
        ("data:image/png;base64,!!!!", "data: URL"),
        ("data:image/png;base64,äöü", "data: URL"),
        ("data:image/png,abc", "data: URL"),
        ("data:", "data: URL"),
        ("data:image/png;base64,", "empty"),
        ("data:;base64," + "A" * (MAX_BYTES * 4 // 3 + 5), "larger than 10 MB"),
        (io.BytesIO(bytes(MAX_BYTES + 1)), "larger than 10 MB"),
        (bytes(MAX_BYTES + 1), "larger than 10 MB"),
        (np.zeros((4, 4, 5), np.uint8), "not a picture"),
        (np.zeros(9, np.uint8), "not a picture"),
        (np.zeros((0, 4), np.uint8), "no pixels"),
        (np.full((4, 4), np.nan), "known scale"),
        (np.full((4, 4), -1), "known scale"),
        (np.full((4, 4), 1e9), "known scale"),
        (np.full((4, 4), "a"), "known scale"),
        (np.full((4, 4), 1j), "known scale"),
    ],
)
def test_what_cannot_be_a_source_is_refused_in_words(source: object, words: str):
    with pytest.raises(ImageError, match=words):
        open_image(source)  # type: ignore[arg-type]


def test_a_pillow_image_is_left_as_it_was():
    image = Image.new("LA", (5, 4), (100, 50))
    image.info["comment"] = "mine"
    opened = open_image(image)
    opened.putpixel((0, 0), (1, 2, 3))
    assert (image.mode, image.info, image.getpixel((0, 0))) == (
        "LA",
        {"comment": "mine"},
        (100, 50),
    )


def test_a_closed_pillow_image_is_refused_in_words():
    image = Image.open(io.BytesIO(encode(photo(), "PNG")))
    image.close()
    with pytest.raises(ImageError, match="damaged"):
        open_image(image)


def test_ones_own_photograph_is_the_same_and_may_be_larger(tmp_path: Path):
    file = tmp_path / "own.png"
    image = photo()
    image.putalpha(128)
    image.save(file)
    assert open_own(file).tobytes() == open_image(file).tobytes()
    Image.new("RGB", (MAX_SIDE + 8, 4)).save(file)
    with pytest.raises(ImageError):
        open_image(file)
    assert open_own(file).size == (MAX_SIDE + 8, 4)
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(DataError, match=r"own\.png cannot be read as a photograph"):
        open_own(file)
