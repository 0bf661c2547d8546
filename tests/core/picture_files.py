"""Files that strangers send: good pictures, what is none, and what would cost too much.

encode, photo       a picture as a file's content, and a picture for it
chunk, png_of_size  a PNG put together by hand
NOT_PICTURES        by name, what no reader knows
BOMBS               by name, what makes them: small files that promise large pictures
"""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from lesson7.core.intake import MAX_BYTES

FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "TIFF"]


def encode(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    """The picture as a file's content."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def photo(width: int = 48, height: int = 32) -> Image.Image:
    """A picture with detail, so that a file of it is not a handful of bytes."""
    rng = np.random.default_rng(7)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG, with its checksum."""
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
