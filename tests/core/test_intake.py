"""What a stranger sends is a clean picture within bounds, or refused in words that help."""

import struct
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesson7.core.errors import ImageError
from lesson7.core.intake import MAX_ASPECT, MAX_PIXELS, MAX_SIDE, open_image
from tests.core.picture_files import BOMBS, FORMATS, NOT_PICTURES, chunk, encode, photo, png_of_size


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_named_so(name: str):
    with pytest.raises(ImageError, match="not a picture that can be read"):
        open_image(NOT_PICTURES[name])


def test_an_empty_file_is_named_so():
    with pytest.raises(ImageError, match="file is empty"):
        open_image(b"")


def test_a_heic_photograph_is_told_apart():
    heic = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(200)
    with pytest.raises(ImageError, match="HEIC photograph"):
        open_image(heic)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_truncated_picture_is_refused(format: str, part: float):
    whole = encode(photo(), format)
    with pytest.raises(ImageError, match=r"damaged or incomplete|not a picture"):
        open_image(whole[: int(len(whole) * part)])


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_a_png_with_a_wrong_checksum_is_refused(kind: bytes):
    whole = encode(photo(), "PNG")
    start = whole.index(kind)
    length = struct.unpack(">I", whole[start - 4 : start])[0]
    with pytest.raises(ImageError, match=r"damaged or incomplete|not a picture"):
        open_image(flip(whole, start + 4 + length))


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("keep_alpha", [False, True])
def test_a_png_of_palette_colours_without_a_palette_is_refused(depth: int, keep_alpha: bool):
    header = struct.pack(">IIBBBBB", 4, 4, depth, 3, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(4 * (1 + 4))))
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    with pytest.raises(ImageError, match="damaged or incomplete"):
        open_image(body + pixels + chunk(b"IEND", b""), keep_alpha=keep_alpha)
    palette = chunk(b"PLTE", bytes(range(6)))
    whole = open_image(body + palette + pixels + chunk(b"IEND", b""))
    assert whole.getpixel((0, 0)) == (0, 1, 2)


def test_a_png_with_a_wrong_header_is_refused():
    body = png_of_size(9, 9).replace(b"\0\0\0\rIHDR", b"\0\0\0\x05IHDR")
    with pytest.raises(ImageError, match="damaged or incomplete"):
        open_image(body)


def test_bombs_are_refused_at_once_and_without_unpacking(tmp_path: Path):
    """Each in less than a second, all of them together in less than 50 MB."""
    for number, make in enumerate(BOMBS.values()):
        (tmp_path / f"{number}.png").write_bytes(make())
    (tmp_path / "warm.png").write_bytes(encode(photo(), "PNG"))
    watch = textwrap.dedent(
        """
        import resource, sys, time, warnings
        from pathlib import Path
        from lesson7.core.errors import ImageError
        from lesson7.core.intake import open_image

        warnings.simplefilter(sys.argv[2])
        folder = Path(sys.argv[1])
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        open_image(folder / "warm.png")
        before = peak()
        for number in range(int(sys.argv[3])):
            start = time.process_time()
            try:
                sys.exit(f"{number}: opened {open_image(folder / f'{number}.png').size}")
            except ImageError as error:
                took = time.process_time() - start
                if took > 1 or peak() - before > 50:
                    sys.exit(f"{number}: {took:.2f} s, {peak() - before:.0f} MB: {error}")
        """
    )
    for warnings in ("ignore", "error"):  # as for visitors, and as in the tests
        done = subprocess.run(
            [sys.executable, "-c", watch, str(tmp_path), warnings, str(len(BOMBS))],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{list(BOMBS)}\n{done.stderr}"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((MAX_SIDE + 1, 900), "too many pixels"),
        ((4096, 3073), "too many pixels"),
        ((9, 9 * MAX_ASPECT + 1), "20 times longer"),
        ((9 * MAX_ASPECT + 1, 9), "20 times longer"),
    ],
)
def test_just_over_a_limit_is_refused_from_every_source(size: tuple[int, int], words: str):
    image = Image.new("1", size)
    for source in (encode(image, "PNG"), image, np.asarray(image)):
        with pytest.raises(ImageError, match=words):
            open_image(source)


@pytest.mark.parametrize("size", [(1, 1), (1, MAX_ASPECT), (3, 5), (MAX_SIDE, 1536), (4032, 3024)])
def test_just_within_the_limits_is_opened(size: tuple[int, int]):
    assert size[0] * size[1] <= MAX_PIXELS
    assert open_image(encode(Image.new("1", size), "PNG")).size == size


def test_the_way_in_does_not_wait_for_torch():
    source = "import sys, lesson7.core.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], timeout=60, check=False).returncode == 0
