"""A folder for what visitors send and get: the app stops at once, in words, where there is none.

    check       finds out before Gradio is imported, which would stop with a traceback

Gradio keeps uploads and results in GRADIO_TEMP_DIR, or else in ``gradio`` in the system's
folder for temporary files; there it may belong to somebody else on the same machine. A disk
that is only full does not keep the app from starting: most of it needs no room.
"""

import os
import tempfile
from pathlib import Path


def check() -> None:
    """Make the folder, unless it is there, and try it.

    Raises:
        SystemExit: nothing can be written; the message says where, why, and what to do.
    """
    folder = os.environ.get("GRADIO_TEMP_DIR", "")
    try:
        folder = folder or str(Path(tempfile.gettempdir()) / "gradio")
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        place = f"to {folder}" if folder else "anywhere"
        raise SystemExit(
            f"The app cannot write {place} ({error.strerror}): "
            "name a folder for uploads and results in GRADIO_TEMP_DIR."
        ) from None
