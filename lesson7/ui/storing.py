"""Pictures that are fetched after the answer that names them: files that are whole from the start.

    store_png       a picture -> the path of its file, in the folder that the app hands out from

Equal pictures have one file. A picture that Gradio is handed is written anew in its place, so
whoever is fetching it at that moment gets a part of it; a file is copied aside by Gradio, and
takes its place at once. So pictures are handed over as files.
"""

import tempfile
from pathlib import Path

from gradio.processing_utils import save_file_to_cache
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
    large = picture.width * picture.height >= LARGE
    folder = get_upload_folder()
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        file = Path(aside) / f"{name}.png"
        picture.save(file, compress_level=1 if large else squeeze)
        return save_file_to_cache(file, folder)
