"""What callers rely on: every endpoint as it was promised, every example of the README as it is.

The examples are cut out of README.md and run against an app, each in a folder that holds the
files they name; only the app's address is another one.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from tests import serving
from tests.golden import api

ASSETS = serving.ROOT / "lesson7/ui/assets"
SECTION = "From Python, HTTP and the command line"
ADDRESS = "http://127.0.0.1:7860"


def examples(language: str) -> list[str]:
    """The section's blocks of code in a language, in their order."""
    readme = (serving.ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split(f"\n## {SECTION}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.+?)^```", section, re.DOTALL | re.MULTILINE)


def example(language: str, holds: str) -> str:
    """The one block in a language that holds some words."""
    [found] = [block for block in examples(language) if holds in block]
    return found


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving.app(tmp_path_factory.mktemp("app")) as served:
        yield served.url


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name: a seven and two small photographs."""
    with Image.open(ASSETS / "mnist/examples/7-0075.png") as seven:
        seven.save(tmp_path / "photo.png")
    with Image.open(ASSETS / "restoration/examples/small.jpg") as photograph:
        photograph.resize((48, 36)).save(tmp_path / "photo.jpg")
        photograph.resize((48, 36)).convert("L").save(tmp_path / "grandmother.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_shell(script: str) -> str:
    """What the commands print; the first that fails ends them."""
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "PATH": binaries, "PYTHONPATH": str(serving.ROOT)},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_python(script: str) -> list[object]:
    """Run a script, and return the values of the lines that are bare calls, as a shell would."""
    values: list[object] = []

    def shown(value: object) -> None:
        if value is not None:
            values.append(value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "displayhook", shown)
        names: dict[str, object] = {}
        for statement in re.split(r"\n(?=\S)", script):
            exec(compile(statement + "\n", "README.md", "single"), names)
    return values


def size(path: object) -> tuple[int, int]:
    with Image.open(str(path)) as picture:
        return picture.size


def likeliest(probabilities: dict) -> str:
    return str(max(probabilities, key=probabilities.__getitem__))


# ------------------------------------------------------------------------------ the promise


def test_every_endpoint_is_what_callers_were_promised(url: str):
    """If it changed on purpose, ``python -m tests.golden.api`` writes the new promise."""
    assert api.describe(api.info(url)) == api.FILE.read_text(encoding="utf-8")


def test_the_promise_can_be_read():
    """Names, types and defaults; and none that is missing would go unseen."""
    info = {
        "named_endpoints": {
            "/draw": {
                "parameters": [
                    {"parameter_name": "n", "python_type": {"type": "float"},
                     "parameter_has_default": True, "parameter_default": 16},
                    {"parameter_name": "seed", "python_type": {"type": "float"}},
                ],
                "returns": [{"label": "sheet", "python_type": {"type": "filepath"}}],
            }
        }
    }  # fmt: skip
    assert (
        api.describe(info) == "/draw\n    n: float = 16\n    seed: float\n    -> sheet: filepath\n"
    )


# ----------------------------------------------------------------------------- the examples


def test_no_example_is_left_out():
    """The tests below run all blocks; another one wants a test of its own."""
    assert (len(examples("sh")), len(examples("python"))) == (2, 2)


def test_the_command_line(here: Path):
    said = run_shell(example("sh", "lesson7.mnist.predict"))
    assert "photo.png: 7" in said
    assert "eight thousand two" in said
    assert size(here / "restored/photo.png") == (96, 72)
    assert size(here / "restored/grandmother.png") == (48, 36)
    assert len(list((here / "rooms").glob("*.png"))) >= 16


def test_python_without_the_app(here: Path):
    digits, counted = run_python(example("python", "import classify"))
    assert likeliest(digits) == "7"
    assert counted.startswith("eight thousand two, ")
    assert size(here / "clean.png") == (96, 72)
    assert size(here / "room.png") == (128, 128)


def test_python_with_the_app(here: Path, url: str):
    script = example("python", "gradio_client").replace(ADDRESS, url)
    digits, restored, rooms, counted, ladder, *_ = run_python(script)
    assert likeliest(digits) == "7"
    assert size(restored) == (96, 72)
    assert min(size(rooms)) >= 4 * 128
    assert counted["text"].startswith("eight thousand two, ")
    assert {"tab", "name", "lesson", "here", "parameters", "minutes"} <= ladder[0].keys()


def test_curl(here: Path, url: str):
    said = run_shell(example("sh", "curl").replace(ADDRESS, url))
    assert said.count("event: complete") == 2
    counted, digits = (line for line in said.splitlines() if line.startswith("data: [{"))
    assert "eight thousand two, " in counted
    assert re.search(r'"7": (1|0\.9)', digits)


def test_the_address_of_an_upload_is_as_good_as_its_path(url: str):
    """Assistants are given an address by Gradio's uploader, and told to send that."""
    files = {
        "files": ("a seven.png", (ASSETS / "mnist/examples/7-0075.png").read_bytes(), "image/png")
    }
    (path,) = httpx.post(f"{url}/gradio_api/upload", files=files).json()
    link = f"{url}/gradio_api/file={quote(path)}"
    seven = {"path": link, "url": link, "meta": serving.META}
    event, data = serving.call(url, "classify", seven, "best")
    assert event == "complete", data
    for stranger in (f"{url}/gradio_api/file=/etc/passwd", f"{url}/gradio_api/file=app.py"):
        image = {"path": stranger, "url": stranger, "meta": serving.META}
        event, error = serving.call(url, "classify", image, "best")
        assert event == "error"
        assert "Upload the picture first" in error["error"]


def test_what_assistants_are_told_is_not_cut_off(url: str):
    """Gradio takes one line of a docstring for each argument."""
    for tool in serving.tools(url):
        properties = tool["inputSchema"]["properties"].values()
        for text in [tool["description"], *(one.get("description", "") for one in properties)]:
            assert text.count("(") == text.count(")"), text
