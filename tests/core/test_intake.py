"""Whatever a stranger sends is a clean picture within bounds, or words that help."""

import base64
import io
import os
import random
import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lesson7.core.errors import ImageError
from lesson7.core.intake import MAX_ASPECT, MAX_BYTES, MAX_PIXELS, MAX_SIDE, open_image

FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "TIFF"]


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def photo(width: int = 48, height: int = 32) -> Image.Image:
    """A picture with detail, so that a file of it is not a handful of bytes."""
    rng = np.random.default_rng(7)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG of one bit per pixel whose header may promise anything."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def many_scans() -> bytes:
    """A progressive JPEG of 10 megapixels that asks for its last pass 5000 times over.

    Half a minute of work in 150 KB, were the passes not counted first.
    """
    whole = encode(Image.new("L", (4000, 2500), 128), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    body = whole[:-2] + last * 5000 + whole[-2:]
    assert len(body) < MAX_BYTES
    return body


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


# ---------------------------------------------------------------------------- what is refused

NOT_PICTURES: dict[str, bytes] = {
    "text": b"hello, I am a text\n" * 20,
    "html": b"<!doctype html><html><body>404</body></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "zip": b"PK\x03\x04" + bytes(60),
    "pdf": b"%PDF-1.7\n1 0 obj\n" + bytes(60),
    "exe": b"MZ\x90\x00" + bytes(200),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "icon": encode(photo(16, 16), "ICO"),
    "portable pixmap": encode(photo(), "PPM"),
    "one byte": b"\x89",
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "only zeros": bytes(5000),
}


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


def test_a_png_with_a_wrong_header_is_refused():
    body = png_of_size(9, 9).replace(b"\0\0\0\rIHDR", b"\0\0\0\x05IHDR")
    with pytest.raises(ImageError, match="damaged or incomplete"):
        open_image(body)


BOMBS: dict[str, Callable[[], bytes]] = {
    "13000 x 13000": lambda: png_of_size(13000, 13000, bytes(1626 * 13000)),
    "20000 x 20000": lambda: png_of_size(20000, 20000, bytes(2501 * 20000)),
    "60000 x 1": lambda: png_of_size(60000, 1, bytes(7501)),
    "2^31 x 1": lambda: png_of_size(2**31, 1),
    "2^31-1 x 2^31-1": lambda: png_of_size(2**31 - 1, 2**31 - 1),
    "0 x 0": lambda: png_of_size(0, 0),
    "0 x 5": lambda: png_of_size(0, 5),
    "GIF 65535 x 65535": lambda: b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",",
    "BMP 2^31 wide": lambda: (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**31 - 1, 9, 1, 24, *[0] * 6)
    ),
    "WebP 16383 x 16383": lambda: (
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xfe\x3f\0\xfe\x3f\0" + bytes(4)
    ),
    "JPEG 65535 x 65535": lambda: encode(photo(), "JPEG").replace(
        struct.pack(">HH", 32, 48), b"\xff\xff\xff\xff"
    ),
    "JPEG of 5000 scans": many_scans,
    "17 MB": lambda: encode(photo(), "PNG") + bytes(17_000_000),
}


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


# ------------------------------------------------------------------------------- the sources


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


# -------------------------------------------------------------------- upright, clean, first


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


# --------------------------------------------------------------------------------- the fuzz

WHOLE = [encode(photo(), format) for format in FORMATS] + [
    encode(photo().convert("P"), "PNG", transparency=3),
    encode(photo(), "JPEG", progressive=True),
    encode(photo(), "TIFF", compression="tiff_lzw"),
]
SIGNATURES = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"MM\0*"]


def assert_refused_or_within_bounds(body: bytes) -> None:
    try:
        opened = open_image(body, keep_alpha=True)
    except ImageError:
        return
    width, height = opened.size
    assert opened.mode == "RGBA"
    assert 1 <= min(width, height) <= max(width, height) <= MAX_SIDE
    assert width * height <= MAX_PIXELS
    assert max(width, height) <= MAX_ASPECT * min(width, height)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(signature=st.sampled_from(SIGNATURES), noise=st.binary(max_size=400))
def test_random_bytes_never_crash(signature: bytes, noise: bytes):
    assert_refused_or_within_bounds(signature + noise)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.sampled_from(WHOLE), seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_mutated_pictures_never_crash(body: bytes, seed: int, changes: int):
    """Bytes replaced, cut out, doubled; more often near the start, where the headers are."""
    rng = random.Random(seed)
    mutated = bytearray(body)
    for _ in range(changes):
        at = int(len(mutated) * rng.random() ** 3)
        match rng.randrange(4):
            case 0 | 1:
                mutated[at : at + 1] = rng.randbytes(1)
            case 2:
                del mutated[at : at + rng.randrange(9)]
            case 3:
                mutated[at:at] = mutated[at : at + rng.randrange(99)]
    assert_refused_or_within_bounds(bytes(mutated))


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=500, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_png_chunks_with_right_checksums_never_crash(seed: int):
    """Past the checksums: a valid PNG whose header, palette and pixels are made up."""
    rng = random.Random(seed)
    header = struct.pack(
        ">IIBBBBB",
        rng.choice([1, 9, 300, 9000]),
        rng.choice([1, 9, 300, 9000]),
        rng.choice([1, 2, 4, 8, 16, 3]),
        rng.choice([0, 2, 3, 4, 6, 5]),
        0,
        0,
        rng.choice([0, 1]),
    )
    extra = b"".join(
        chunk(kind, rng.randbytes(rng.randrange(60)))
        for kind in rng.sample([b"PLTE", b"tRNS", b"iCCP", b"gAMA", b"eXIf", b"zTXt", b"acTL"], 3)
    )
    pixels = zlib.compress(rng.randbytes(rng.randrange(3000)) + bytes(20_000))
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    assert_refused_or_within_bounds(b"\x89PNG\r\n\x1a\n" + body)


def test_the_way_in_does_not_wait_for_torch():
    source = "import sys, lesson7.core.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], timeout=60, check=False).returncode == 0
