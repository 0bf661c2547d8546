"""The one way in for pictures: page, API and command line all come through here.

A stranger's file may be damaged, enormous once unpacked, lying about its kind, or full of
metadata. ``open_image`` turns whatever is usable into an upright RGB picture without metadata
and answers everything else with an ``ImageError`` in plain words, in less than a second and
before memory is spent on it. Nothing is ever fetched from a network.

    open_image      a file, bytes, a data: URL, a picture or an array -> a clean picture
    open_own        a file of one's own, to train on: the same, however large
    MAX_BYTES ...   the limits, each with its unit

What is inside decides, never the name. Of an animation the first frame is taken.
"""

import base64
import binascii
import os
import re
import stat
from io import BytesIO
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lesson7.core.colours import eight_bits, separate
from lesson7.core.errors import DataError, ImageError

MAX_BYTES = 10 * 2**20  # of a file, or of what a data: URL holds
MAX_PIXELS = 4096 * 3072  # what a phone calls 12 megapixels
MAX_SIDE = 8192  # pixels
MAX_ASPECT = 20  # longer side / shorter side
MAX_SCANS = 100  # passes over a progressive JPEG, as libtiff allows; about ten are usual
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "TIFF")

Source: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | np.ndarray
)

_NOTHING = "There is no picture yet. Please choose one first."
_NOT_A_SOURCE = "This is not a picture. Please give an image file."
_NO_FILE = "There is no such file, or it cannot be read. Please check its name."
_EMPTY = "The file is empty. Please choose a picture."
_REMOTE = "Pictures are not fetched from addresses. Please save the picture and open the file."
_BAD_URL = "The data: URL cannot be read. Please send the picture as data:image/...;base64,..."
_TOO_MANY_BYTES = (
    f"The file is larger than {MAX_BYTES // 2**20} MB. "
    "Please save the picture smaller, or as JPEG, and try again."
)
_UNREADABLE = (
    "This is not a picture that can be read here. "
    "Please choose a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF file."
)
_HEIC = (
    "This is a HEIC photograph, which cannot be read here. Please save it as JPEG first "
    "(on an iPhone: Settings, Camera, Formats, Most Compatible)."
)
_DAMAGED = "The picture is damaged or incomplete. Please save or download it once more."
_TOO_LARGE = (
    f"The picture has too many pixels; {MAX_PIXELS / 1e6:.1f} million and {MAX_SIDE} along "
    "a side are the most. Please make it smaller and try again."
)
_TOO_LONG = (
    f"The picture is over {MAX_ASPECT} times longer than wide. Please crop it and try again."
)
_NO_SIZE = "The picture has no pixels. Please choose another one."

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_UPRIGHT = {  # EXIF orientation -> what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(source: Source, *, keep_alpha: bool = False) -> Image.Image:
    """Open a picture safely: upright, sRGB, eight bits, no metadata.

    Args:
        source: a path; the bytes of a file, or an open binary file (read from where it
            stands); a ``data:`` URL with base64; a Pillow image (its current frame; never
            changed); or an array ``(H, W)`` or ``(H, W, C)``, C of 1 to 4 for grey, grey and
            alpha, RGB, RGBA, in one of the scales of ``colours.eight_bits``.
        keep_alpha: return mode RGBA with the picture's transparency, 255 where it has none.
            Otherwise transparent parts are laid on white.

    Returns:
        A new image, mode RGB (or RGBA), of at most ``MAX_PIXELS`` pixels, ``MAX_SIDE`` along
        each side and an aspect ratio of ``MAX_ASPECT``; at least 1 x 1. No part of the
        metadata is left: EXIF, GPS, thumbnail, comments, colour profile.

    Raises:
        ImageError: the source is not a picture, is damaged, or is out of these bounds.

    >>> open_image(np.full((2, 3), 65535, np.uint16)).getpixel((2, 1))
    (255, 255, 255)
    """
    if isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, Image.Image):
        image = _load(source)
    else:
        image = _decode(_read(source))
    return _clean(image, keep_alpha=keep_alpha)


def open_own(file: Path) -> Image.Image:
    """Open a photograph of one's own: upright, sRGB, on white, of any size.

    Raises:
        DataError: it is no photograph, or damaged.
    """
    try:
        with Image.open(file) as opened:
            return _clean(opened, keep_alpha=False)
    except (OSError, UnidentifiedImageError, ImageError) as error:
        raise DataError(f"{file} cannot be read as a photograph: {error}") from error


def _clean(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    colours, alpha = separate(_turn_upright(image))
    mode, ground = ("RGBA", (0, 0, 0, 255)) if keep_alpha else ("RGB", (255, 255, 255))
    clean = Image.new(mode, colours.size, ground)  # new, so that no metadata comes along
    if keep_alpha:
        clean.paste(colours)
        if alpha is not None:
            clean.putalpha(alpha)
    else:
        clean.paste(colours, mask=alpha)
    return clean


def _read(source: Any) -> bytes:
    """The bytes of a file, at most ``MAX_BYTES`` of them."""
    if source is None:
        raise ImageError(_NOTHING)
    if isinstance(source, str) and source[:5].lower() == "data:":
        body = _from_data_url(source)
    elif isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source):
        raise ImageError(_REMOTE)
    elif isinstance(source, str | os.PathLike):
        body = _from_path(source)
    elif isinstance(source, bytes | bytearray | memoryview):
        body = bytes(source)
    elif hasattr(source, "read"):
        body = _from_file(source)
    else:
        raise ImageError(_NOT_A_SOURCE)
    if not body:
        raise ImageError(_EMPTY)
    if len(body) > MAX_BYTES:
        raise ImageError(_TOO_MANY_BYTES)
    return body


def _from_path(path: str | os.PathLike[str]) -> bytes:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a folder, a pipe, a device
            raise ImageError(_NO_FILE)
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name no file can have
        raise ImageError(_NO_FILE) from error


def _from_file(file: IO[bytes]) -> bytes:
    """Read to the end, or until it is too much; a pipe may give less than it is asked for."""
    body = bytearray()
    while len(body) <= MAX_BYTES:
        part = file.read(MAX_BYTES + 1 - len(body))
        if not isinstance(part, bytes):
            raise ImageError(_NOT_A_SOURCE)
        if not part:
            break
        body += part
    return bytes(body)


def _from_data_url(url: str) -> bytes:
    head, _, payload = url.partition(",")
    if not head.lower().endswith(";base64"):
        raise ImageError(_BAD_URL)
    if len(payload) > MAX_BYTES * 4 // 3 + 4:
        raise ImageError(_TOO_MANY_BYTES)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError: not even ASCII
        raise ImageError(_BAD_URL) from error


def _from_array(array: np.ndarray) -> Image.Image:
    channels = 1 if array.ndim == 2 else array.shape[-1] if array.ndim == 3 else 0
    if not 1 <= channels <= 4:
        raise ImageError(_NOT_A_SOURCE)
    _check_size(array.shape[1], array.shape[0])
    values = eight_bits(array)
    return Image.fromarray(values.reshape(values.shape[:2]) if channels == 1 else values)


def _decode(body: bytes) -> Image.Image:
    """The first picture in the bytes of a file, with its pixels."""
    if body.startswith(b"\xff\xd8") and body.count(b"\xff\xda") > MAX_SCANS:
        # Each pass costs milliseconds and needs 20 bytes: 10 MB would keep us for an hour.
        raise ImageError(_DAMAGED)
    try:
        image = Image.open(BytesIO(body), formats=FORMATS)
        _check_size(*image.size)  # before anything is unpacked
        if image.format == "PNG":
            image.verify()  # the checksums, which loading skips
            image = Image.open(BytesIO(body), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        heic = body[4:8] == b"ftyp" and body[8:12] in _HEIC_BRANDS
        raise ImageError(_HEIC if heic else _UNREADABLE) from error
    except ImageError:
        raise
    except Exception as error:  # what Pillow raises on hostile bytes is no closed list
        raise ImageError(_DAMAGED) from error
    return _load(image)


def _load(image: Image.Image) -> Image.Image:
    """Unpack the pixels, which is where damage shows."""
    _check_size(*image.size)
    try:
        image.load()
    except Exception as error:  # as above
        raise ImageError(_DAMAGED) from error
    if image.mode in ("P", "PA") and image.palette is None:  # Pillow opens it all the same
        raise ImageError(_DAMAGED)
    return image


def _check_size(width: int, height: int) -> None:
    if min(width, height) < 1:
        raise ImageError(_NO_SIZE)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ImageError(_TOO_LARGE)
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError(_TOO_LONG)


def _turn_upright(image: Image.Image) -> Image.Image:
    """Undo the EXIF orientation; ``ImageOps.exif_transpose`` without rewriting the metadata."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged metadata of a picture that is whole: as if it had none
        return image
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)
