"""Files that are wrong at random: refused, or opened within bounds, and never a crash."""

import random
import struct
import zlib
from collections import Counter

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

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by its kind of colour
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}  # bits
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]  # left, top, and the steps from there  # fmt: skip


def assert_refused_or_within_bounds(body: bytes) -> bool:
    """Whether it is opened."""
    try:
        opened = open_image(body, keep_alpha=True)
    except ImageError:
        return False
    width, height = opened.size
    assert opened.mode == "RGBA"
    assert 1 <= min(width, height) <= max(width, height) <= MAX_SIDE
    assert width * height <= MAX_PIXELS
    assert max(width, height) <= MAX_ASPECT * min(width, height)
    return True


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


def rows(rng: random.Random, width: int, height: int, bits: int, adam7: bool) -> bytes:
    """The pixels of a PNG: lines of random bytes, each after one of the five filters."""
    passes = ADAM7 if adam7 else [(0, 0, 1, 1)]
    lines = bytearray()
    for left, top, right, down in passes:
        across = -(-(width - left) // right)
        for _ in range(-(-(height - top) // down) if across > 0 else 0):
            lines += bytes([rng.randrange(5)]) + rng.randbytes(-(-across * bits // 8))
    return bytes(lines)


def made_up_png(rng: random.Random) -> tuple[int, bytes]:
    """Its kind of colour, and a PNG with right checksums that is mostly as it should be.

    What is wrong with it, if anything: a depth that the colours cannot have, a palette that is
    missing, cut or not asked for, a filter that does not exist, pixels that end early, chunks
    full of noise.
    """
    colour = rng.choice([*DEPTHS, 3])
    depth = rng.choice(DEPTHS[colour] if rng.random() < 0.9 else [1, 2, 3, 4, 8, 16])
    width, height = rng.choice([1, 3, 9, 20]), rng.choice([1, 3, 9, 20])
    adam7 = rng.random() < 0.3
    pixels = bytearray(rows(rng, width, height, depth * CHANNELS[colour], adam7))
    if rng.random() < 0.1:
        pixels[rng.randrange(len(pixels))] = rng.randrange(256)
    if rng.random() < 0.1:
        del pixels[rng.randrange(len(pixels)) :]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, adam7)
    chunks = [chunk(b"IHDR", header)]
    if rng.random() < (0.75 if colour == 3 else 0.15):
        entries = 3 * rng.randint(1, 2 ** min(depth, 8)) - (rng.random() < 0.1)
        chunks.append(chunk(b"PLTE", rng.randbytes(entries)))
    extra = [b"tRNS", b"iCCP", b"gAMA", b"eXIf", b"zTXt", b"acTL", b"cHRM", b"sRGB"]
    for kind in rng.sample(extra, rng.choice([0, 0, 1, 1, 2, 3])):
        chunks.append(chunk(kind, rng.randbytes(rng.choice([1, 2, 6, rng.randrange(60)]))))
    chunks += [chunk(b"IDAT", zlib.compress(bytes(pixels))), chunk(b"IEND", b"")]
    return colour, SIGNATURES[1] + b"".join(chunks)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=1000, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_png_chunks_with_right_checksums_never_crash(seed: int):
    """Past the checksums: a PNG whose header, palette, pixels and chunks are made up."""
    assert_refused_or_within_bounds(made_up_png(random.Random(seed))[1])


@pytest.mark.filterwarnings("ignore")
def test_the_made_up_pngs_get_far_enough_to_find_something():
    """A fair share of them is opened, of every kind of colour; and a fair share refused."""
    opened: Counter[int] = Counter()
    refused: Counter[int] = Counter()
    for seed in range(400):
        colour, body = made_up_png(random.Random(seed))
        (opened if assert_refused_or_within_bounds(body) else refused)[colour] += 1
    for colour in DEPTHS:
        made = opened[colour] + refused[colour]
        assert min(opened[colour], refused[colour]) > 0.1 * made, (colour, opened, refused)
    assert opened.total() > 400 / 3
