"""The table of bad inputs: what strangers send, by name, whatever endpoint they send it to.

PICTURES        bytes that are no picture, or one that must not be opened
ODD_PICTURES    bytes that are a picture, of a kind that breaks careless code
NUMBERS         for a parameter that is a number
TEXTS           for a parameter that is a text
JUNK            for anything, and as a question of the page
places          where a picture might be read from, if anybody looked
"""

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.core.picture_files import BOMBS, NOT_PICTURES, encode, photo
from tests.serving import META

_HEIC = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(200)

PICTURES: dict[str, bytes] = {
    "nothing": b"",
    **NOT_PICTURES,
    "HEIC": _HEIC,
    **{f"{kind} cut": encode(photo(), kind)[:-60] for kind in ("PNG", "JPEG", "WEBP", "GIF")},
    "PNG with a wrong checksum": encode(photo(), "PNG").replace(b"IDAT", b"IDAT\xff", 1),
    **{name: make() for name, make in BOMBS.items() if name != "17 MB"},  # the guard's
    "1 x 1": encode(Image.new("RGB", (1, 1)), "PNG"),
    "1 x 15": encode(Image.new("RGB", (1, 15)), "PNG"),
    "3 x 5": encode(Image.new("RGB", (3, 5)), "PNG"),
    "21 times longer than wide": encode(Image.new("L", (21 * 20, 20)), "PNG"),
    "scale of brightness unknown": encode(Image.fromarray(np.full((30, 30), -1e9, "f4")), "TIFF"),
}


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


_DOT = np.pad([[0]], 20, constant_values=255).astype("u1")
_DEEP = np.arange(48 * 32, dtype="u2").reshape(32, 48) * 40

ODD_PICTURES: dict[str, bytes] = {
    "white": encode(Image.new("L", (40, 40), 255), "PNG"),
    "invisible": encode(Image.new("RGBA", (40, 40), (9, 9, 9, 0)), "PNG"),
    "one pixel of ink": encode(Image.fromarray(_DOT), "PNG"),
    **{mode: encode(photo().convert(mode), "TIFF") for mode in ("1", "LA", "P", "CMYK", "LAB")},
    "YCbCr": encode(photo().convert("YCbCr"), "JPEG"),
    "sixteen bits": encode(Image.fromarray(_DEEP), "PNG"),
    "floats": encode(Image.fromarray((_DEEP / _DEEP.max()).astype("f4")), "TIFF"),
    "palette with a hole": encode(photo().convert("P"), "PNG", transparency=3),
    **{f"turned {n}": encode(photo(), "JPEG", exif=_exif(n)) for n in (6, 9)},
    "animated": encode(photo(), "GIF", save_all=True, append_images=[photo(48, 32)] * 3),
    "AVIF": encode(photo(), "AVIF"),
    "16 x 320": encode(photo(16, 320), "PNG"),
    "a megabyte of EXIF": encode(photo(), "JPEG") + b"\xff\xe1" + bytes(1_000_000),
}

NUMBERS: dict[str, Any] = {
    "NaN": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "minus one": -1,
    "minus a bit": -1e-300,
    "2^64": 2**64,
    "10^400": 10**400,
    "true": True,
    "text": "7",
    "null": None,
    "list": [7],
    "object": {"value": 7},
}

TEXTS: dict[str, Any] = {
    "empty": "",
    "spaces": " \t\n\u00a0\u2003",
    "a megabyte": "nine " * 210_000,
    "a megabyte without a space": "nine" * 260_000,
    "NUL": "\0",
    "emoji": "👩‍👩‍👧‍👦 one",
    "right to left": "\u202eeno\u202c שלוש",
    "lone surrogate": "one \ud800",
    "unknown words": "forty-twelve gazillion",
    "markup": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "template": "${7*7} {{7*7}} {7}",
    "expanding letters": "\ufdfa" * 19_000,
    "digits without end": "9" * 20_000,
    "number": 8001,
    "null": None,
    "list": ["one"],
    "object": {"text": "one"},
    "true": True,
}


def _nested(depth: int) -> list[Any]:
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    return deep


JUNK: dict[str, Any] = {
    "null": None,
    "number": 5,
    "NaN": math.nan,
    "true": True,
    "text": "data:",
    "list": [],
    "list of lists": [[None] * 3] * 3,
    "deep list": _nested(200),
    "empty object": {},
    "object of junk": {"ask": {"ask": []}, "image": [], "path": {}, "id": {}, "model": None},
    "prototype": {"__proto__": {"ask": "reading"}, "__class__": "dict"},
}


def places(file: Path, uploads: Path) -> dict[str, Any]:
    """Every way to name ``file``, which was never uploaded, and addresses elsewhere."""
    up = "/".join([".."] * len(uploads.parts))
    names = {
        "path": str(file),
        "path with dots": f"{uploads}/{up}{file}",
        "path through the uploads": f"{uploads}/x/../{up}{file}",
        "relative path": f"{up}{file}",
        "file:": f"file://{file}",
        "file= of ours": f"/gradio_api/file={file}",
        "folder": str(file.parent),
        "folder of the uploads": str(uploads),
        "device": "/dev/zero",
        "process": "/proc/self/environ",
        "with NUL": f"{file}\0.png",
        "http": "http://192.0.2.1/a.png",
        "HTTPS": "HTTPS://example.org/a.png",
        "https after a space": " https://example.org/a.png",
        "no scheme": "//example.org/a.png",
        "ftp": "ftp://example.org/a.png",
        "share": "\\\\example.org\\a.png",
        "tilde": "~/a.png",
        "very long": "a" * 5000,
    }
    found: dict[str, Any] = {}
    for name, place in names.items():
        found[name] = place
        found[f"{name}, as file"] = {"path": place, "meta": META}
        found[f"{name}, as file without mark"] = {"path": place}
        found[f"{name}, as address"] = {"url": place, "meta": META}
        found[f"{name}, as both"] = {"path": place, "url": place, "is_stream": True}
    return found
