"""Where nothing can be written the app does not start, and says in one sentence what to do."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from lesson7.ui import writable
from lesson7.ui.writable import OWN
from tests import serving


def failing(number: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_folder_of_its_own_is_made_and_left_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "some" / "where"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    writable.check()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder / OWN))  # as what it starts inherits it
    writable.check()
    assert [path.relative_to(folder) for path in folder.rglob("*")] == [Path(OWN)]


def test_without_a_name_it_is_in_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("", None):
        monkeypatch.setenv("GRADIO_TEMP_DIR", "")
        if name is None:
            monkeypatch.delenv("GRADIO_TEMP_DIR")
        writable.check()
        (tmp_path / OWN).rmdir()


_WHERE = "from gradio import mcp, utils; print(utils.get_upload_folder(), mcp.DEFAULT_TEMP_DIR)"


@pytest.mark.parametrize("name", ["GRADIO_TEMP_DIR", "TMPDIR"])
def test_gradio_uses_that_folder_and_no_other(tmp_path: Path, name: str):
    """Or it would be shared with other apps, whose files nobody else may delete."""
    environ = {key: value for key, value in os.environ.items() if key != "GRADIO_TEMP_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", f"import lesson7.ui; {_WHERE}"], cwd=serving.ROOT, text=True,
        env={**environ, name: str(tmp_path)}, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(tmp_path / OWN)] * 2


def test_gradio_that_is_there_already_keeps_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "gradio", object())
    writable.check()
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("where", ["making the folder", "writing in it"])
def test_a_folder_that_cannot_be_written_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, where: str
):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    broken = (Path, "mkdir") if where == "making the folder" else (tempfile, "TemporaryFile")
    monkeypatch.setattr(*broken, failing(number))
    with pytest.raises(SystemExit) as stopped:
        writable.check()
    assert stopped.value.code == (
        f"The app cannot write to {tmp_path / 'gradio'} ({os.strerror(number)}): "
        "name a folder for uploads and results in GRADIO_TEMP_DIR."
    )


def test_where_python_finds_no_folder_either(monkeypatch: pytest.MonkeyPatch):
    """As in a container that is read-only all over."""
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    monkeypatch.setattr(tempfile, "gettempdir", failing(errno.ENOENT))
    with pytest.raises(SystemExit, match=r"^The app cannot write anywhere \(No such .* in GRADIO"):
        writable.check()


@pytest.mark.parametrize("command", [("app.py",), ("-m", "lesson7.ui.mnist")], ids=str)
def test_the_app_stops_with_these_words_and_no_traceback(tmp_path: Path, command: tuple[str, ...]):
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "gradio"
    done = subprocess.run(
        [sys.executable, *command], cwd=serving.ROOT, env={**os.environ, "GRADIO_TEMP_DIR": place},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"The app cannot write to {place} (")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
