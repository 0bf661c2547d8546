"""Nothing that is handed out tells where a picture was taken, or what else its file says."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.core.picture_files import encode
from tests.hostile.test_table import AS_FILE, AS_PATH, AS_URL, Taker, wrapped
from tests.hostile.whole_app import WholeApp
from tests.restoration.pictures import photograph

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",  # Gradio's open loops, see conftest.py
    "ignore::ResourceWarning",
)


def marked(kind: str) -> bytes:
    """A photograph that says SECRET in its description, its place, its XMP and its comment."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    exif.get_ifd(0x8825)[0x001D] = "2018:12:SECRET"
    picture = photograph(80, 72)
    body = encode(picture, kind, exif=exif.tobytes(), xmp=b"SECRET", comment=b"SECRET")
    assert body.count(b"SECRET") >= 2
    return body


def files(answer: Any) -> list[bytes]:
    """Everything in an answer that is a file: by path, or as a data URL."""
    if isinstance(answer, dict):
        if isinstance(answer.get("path"), str):
            return [Path(answer["path"]).read_bytes()]
        return [file for one in answer.values() for file in files(one)]
    if isinstance(answer, list | tuple):
        return [file for one in answer for file in files(one)]
    if isinstance(answer, str) and re.match(r"data:image/\w+;base64,", answer):
        return [base64.b64decode(answer.partition(",")[2])]
    return []


WHO = {
    "/restore": (AS_FILE["/restore"], "upload"),
    **{name: (taker, "path") for name, taker in AS_PATH.items()},
    **{name: (AS_URL[name], "data URL") for name in AS_URL if "restoration" in name},
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("taker", "by"), WHO.values(), ids=WHO.keys())
def test_no_metadata_is_handed_out(app: WholeApp, taker: Taker, by: str, kind: str):
    answer = taker(app, wrapped(marked(kind), by))
    assert answer.words == ""
    handed_out = files(answer.data)
    assert handed_out
    assert all(b"SECRET" not in file and b"Exif" not in file for file in handed_out)


def test_the_original_is_not_handed_out_as_the_picture_before(app: WholeApp):
    """Where a browser cannot show a file, it gets a copy."""
    path = wrapped(marked("TIFF"), "path")
    question = {"id": 1, "path": path, "recipe": "pixel", "scale": 1, "strength": 1, "show": True}
    answer = app.ask("restoration", "ask", question)
    before, result = answer.data[-1]["before"], answer.data[-1]["result"]
    assert before["path"] != path
    assert all(b"SECRET" not in Path(file["path"]).read_bytes() for file in (before, result))
