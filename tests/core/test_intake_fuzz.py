"""Files that are wrong at random: refused, or opened within bounds, and never a crash."""

import random
import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lesson7.core.errors import ImageError
from lesson7.core.intake import MAX_ASPECT, MAX_PIXELS, MAX_SIDE, open_image
from tests.core.picture_files import FORMATS, chunk, encode, photo

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
