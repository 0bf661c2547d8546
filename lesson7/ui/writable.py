"""A folder for what visitors send and get: the app stops at once, in words, where there is none.

    check       finds out before Gradio is imported, which would stop with a traceback

It lies in the folder that GRADIO_TEMP_DIR names, or else in the system's for temporary files,
and is the app's own, because what is old in it is deleted (``housekeeping``): Gradio would
share one with every other app on the same machine. A disk that is only full does not keep the
app from starting: most of it needs no room.
"""

import os
import sys
import tempfile
from pathlib import Path

OWN = "lesson7-visitors"


def check() -> None:
    """Make the folder, unless it is there, try it, and have Gradio use it.

    Where Gradio is imported already, as by its own ``gradio`` command, it keeps the folder that
    it has: its modules read the name once.

    Raises:
        SystemExit: nothing can be written; the message says where, why, and what to do.
    """
    folder = os.environ.get("GRADIO_TEMP_DIR", "")
    try:
        folder = folder or tempfile.gettempdir()
        own = Path(folder) if Path(folder).name == OWN else Path(folder) / OWN
        own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=own):
            pass
    except OSError as error:
        place = f"to {folder}" if folder else "anywhere"
        raise SystemExit(
            f"The app cannot write {place} ({error.strerror}): "
            "name a folder for uploads and results in GRADIO_TEMP_DIR."
        ) from None
    if "gradio" not in sys.modules:
        os.environ["GRADIO_TEMP_DIR"] = str(own)
