"""Pictures that are fetched after the answer that names them: files that are whole from the start.

    store_png       a picture -> the path of its file, in the folder that the app hands out from

Equal pictures have one file. Gradio writes such a file anew in its place, so whoever is fetching
it at that moment gets a part of it; here it is written aside, and takes its place at once.
"""

import contextlib
import hashlib
import io
import os
import tempfile
from pathlib import Path

from gradio.utils import get_upload_folder
from PIL import Image

LARGE = 2_000_000  # pixels from which on a PNG is compressed in a hurry


def store_png(picture: Image.Image, name: str, *, squeeze: int = 6) -> str:
    """Store a picture where callers and pages can fetch it, until it is cleared away.

    Args:
        picture: any that a PNG can hold.
        name: of the file, without ending; checked by the caller.
        squeeze: 1 to 9, how hard a small picture is compressed; a large one by 1.

    Returns:
        The path. Equal pictures of one name have the same.

    Raises:
        OSError: it cannot be written; nothing of it stays.
    """
    file = io.BytesIO()
    large = picture.width * picture.height >= LARGE
    picture.save(file, "PNG", compress_level=1 if large else squeeze)
    content = file.getvalue()
    folder = Path(get_upload_folder()) / hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name}.png"
    number, aside = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(number, "wb") as out:
            out.write(content)
        Path(aside).replace(place)  # anew even if it is there: its hour begins again
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(aside).unlink()
        raise
    return str(place.resolve())
