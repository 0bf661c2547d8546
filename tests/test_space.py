"""The repository as a Space: its front matter, its files, what surrounds it there, ZeroGPU.

References:
    [1] https://huggingface.co/docs/hub/spaces-config-reference
    [2] https://huggingface.co/docs/hub/spaces-zerogpu
"""

import ast
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from PIL import Image

from lesson7.core import weights
from lesson7.ui import zero_gpu as card
from tests import serving

ROOT = serving.ROOT
EXAMPLES = ROOT / "lesson7/ui/assets"
MEGABYTE = 1_000_000

FRONT_MATTER = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])

KEYS = {
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file",
    "app_port", "base_path", "short_description", "models", "datasets", "tags", "thumbnail",
    "license", "pinned", "fullWidth", "header", "suggested_hardware",
    "startup_duration_timeout", "preload_from_hub", "disable_embedding", "custom_headers",
    "hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes",
}  # fmt: skip
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
PYTHONS = {"3.10", "3.10.13", "3.12", "3.12.12"}  # those that ZeroGPU has, too [2]


def requirement(name: str) -> Requirement:
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(name) and not line.startswith("#"):
            return Requirement(line)
    raise AssertionError(f"requirements.txt does not ask for {name}")


# ------------------------------------------------------------------------- the front matter


def test_every_key_is_one_that_spaces_know():
    assert not FRONT_MATTER.keys() - KEYS
    assert {"title", "emoji", "sdk", "sdk_version", "app_file", "license"} <= FRONT_MATTER.keys()


def test_what_the_card_shows_is_within_its_limits():
    assert FRONT_MATTER["sdk"] == "gradio"
    assert {FRONT_MATTER["colorFrom"], FRONT_MATTER["colorTo"]} <= COLOURS
    assert 0 < len(FRONT_MATTER["short_description"]) <= 60
    assert not re.search(r"[\w\s]", FRONT_MATTER["emoji"])
    assert FRONT_MATTER["license"] == FRONT_MATTER["license"].lower()
    assert all(isinstance(tag, str) for tag in FRONT_MATTER["tags"])


def test_the_space_gets_the_gradio_that_was_tested():
    """A Space installs ``sdk_version`` last, whatever requirements.txt says."""
    asked = str(FRONT_MATTER["sdk_version"])
    assert requirement("gradio").specifier.contains(asked)
    assert asked == version("gradio"), "test with this version, then name it in README.md"


def test_the_space_gets_a_python_that_the_code_runs_on():
    asked = FRONT_MATTER["python_version"]
    assert isinstance(asked, str), "quote it: YAML reads 3.10 as 3.1"
    assert asked in PYTHONS
    wanted = re.search(r'requires-python = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert wanted
    assert SpecifierSet(wanted[1]).contains(asked)


def test_the_app_file_is_there_and_has_the_demo():
    path = ROOT / FRONT_MATTER["app_file"]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert "demo" in {
        target.id
        for node in tree.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip


# ------------------------------------------------------------------------------- its files


def repository() -> list[Path]:
    """What git tracks, or would; in a copy without git, what .gitignore does not name."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-zco", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        ignored = [line.strip("/") for line in lines]
        files = [
            path for path in ROOT.rglob("*")
            if not path.is_dir() and not any(fnmatch(part, pattern) for pattern in ignored
                                             for part in path.relative_to(ROOT).parts)
        ]  # fmt: skip
    return [path for path in files if path.exists()]


def test_every_file_can_be_pushed_without_large_file_storage():
    too_large = [path for path in repository() if path.stat().st_size > weights.LARGEST_FILE]
    assert weights.LARGEST_FILE == 10 * MEGABYTE
    assert too_large == []
    assert ROOT / "weights/index.json" in repository()


def test_the_weights_together_are_small_enough_to_clone():
    in_weights = (path for path in repository() if path.is_relative_to(ROOT / "weights"))
    assert sum(path.stat().st_size for path in in_weights) <= 45 * MEGABYTE


def test_nothing_is_a_link_or_a_pointer_to_elsewhere():
    """A Space shows the text of a large file's pointer where it should load the file."""
    for path in repository():
        assert not path.is_symlink(), path
        with path.open("rb") as file:
            assert not file.read(40).startswith(b"version https://git-lfs"), path


# ----------------------------------------------------------------------------------- ZeroGPU


SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "someone/lesson7",
    "SPACE_HOST": "someone-lesson7.hf.space",
    "GRADIO_SSR_MODE": "True",
    "CPU_CORES": "2",
    "MEMORY": "16Gi",
}


@pytest.fixture(scope="module")
def zero_gpu(tmp_path_factory: pytest.TempPathFactory):
    """The app on a ZeroGPU Space that is none, and the file with the turns taken there."""
    folder = tmp_path_factory.mktemp("space")
    shutil.copyfile(ROOT / "tests/stand_in_spaces.py", folder / "spaces.py")
    turns = folder / "turns"
    zero = {**SPACE, "ACCELERATOR": "zero-a10g", "SPACES_ZERO_GPU": "true", "TURNS": str(turns)}
    with serving.app(folder, **zero) as served:
        client = Client(served.url, verbose=False, analytics_enabled=False, download_files=folder)
        yield served, client, turns
        assert served.refused_hosts == []
        assert "/lesson7/" not in served.log.read_text(), served.log.read_text()


def test_the_page_may_speak_with_its_host(zero_gpu):
    """Gradio's script asks it which Space this is; elsewhere the page speaks with itself alone."""
    served, _, _ = zero_gpu
    policy = serving.request(served.url)[1]["content-security-policy"]
    assert "connect-src 'self' data: blob: https://huggingface.co https://*.hf.space;" in policy


def test_a_photograph_is_restored_in_a_process_that_was_lent_the_card(zero_gpu, tmp_path: Path):
    served, client, turns = zero_gpu
    Image.new("RGB", (40, 30), (90, 120, 150)).save(tmp_path / "photo.png")
    restored = client.predict(handle_file(tmp_path / "photo.png"), "pixel", 2, api_name="/restore")
    with Image.open(restored) as picture:
        assert picture.size == (80, 60)
    [(module, process)] = [line.split() for line in turns.read_text().splitlines()]
    assert module == "lesson7.ui.zero_gpu"
    assert int(process) not in (served.process.pid, os.getpid())


def test_what_is_wrong_with_a_photograph_is_said_in_words_there_too(zero_gpu, tmp_path: Path):
    _, client, _ = zero_gpu
    (tmp_path / "photo.png").write_text("no picture")
    with pytest.raises(AppError, match="This is not a picture"):
        client.predict(handle_file(tmp_path / "photo.png"), api_name="/restore")


def test_elsewhere_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(card, "spaces", None)
    assert card.on_card(iter) is iter


def test_digits_and_words_need_no_turn(zero_gpu):
    """They run on the processor, though torch claims to see a card."""
    _, client, turns = zero_gpu
    before = turns.read_text() if turns.exists() else ""
    seven = handle_file(EXAMPLES / "mnist/examples/7-0075.png")
    digits = client.predict(seven, api_name="/classify")
    assert max(digits, key=digits.__getitem__) == "7"
    counted = client.predict("eight thousand one,", 8, api_name="/continue_text")
    assert counted["text"].startswith("eight thousand two")
    assert (turns.read_text() if turns.exists() else "") == before
