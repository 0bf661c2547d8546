"""The command line: folders, bad files among good ones, and never the input overwritten."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesson7.restoration import folders, networks, predict
from tests import commands
from tests.restoration.stand_ins import Brighter

ROOT = Path(__file__).parents[2]
GREY = (100, 100, 100)


@pytest.fixture(autouse=True)
def brighter(use):
    """The network of the command adds 51 levels."""
    use(Brighter())


@pytest.fixture
def photos(tmp_path):
    """Good ones of three kinds, a text, a hidden file, and a folder with one more."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    for name in ("b.png", "a.jpg", "Grüße.webp", "deeper/c.png", ".hidden.png"):
        Image.new("RGB", (20, 16), GREY).save(folder / name, quality=95)
    (folder / "notes.txt").write_text("no picture")
    return folder


def run(*arguments):
    return commands.run(predict.main, *arguments)


def colour(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.size, np.asarray(image).reshape(-1, 3).mean(0).round().tolist()


def test_a_folder_is_restored_but_for_the_bad_file_which_is_named(photos, tmp_path):
    out = tmp_path / "new" / "out"
    done = run(photos, "--out", out, "--scale", 2)
    assert done.exit_code == 1
    assert f"{photos / 'notes.txt'}: This is not a picture" in done.output
    assert sorted(path.name for path in out.iterdir()) == ["Grüße.png", "a.png", "b.png"]
    for path in out.iterdir():
        size, mean = colour(path)
        assert size == (40, 32)
        assert np.abs(np.subtract(mean, 151)).max() <= 2


def test_good_files_end_well(photos, tmp_path):
    done = run(photos / "a.jpg", photos / "b.png", "--out", tmp_path, "--strength", 0)
    assert done.exit_code == 0, done.output
    assert colour(tmp_path / "b.png")[1] == [100, 100, 100]


def test_the_input_is_never_overwritten(photos):
    before = (photos / "b.png").read_bytes()
    done = run(photos, "--out", photos)
    assert done.exit_code == 1
    assert "b.png: The result would replace it" in done.output
    assert (photos / "b.png").read_bytes() == before
    assert (photos / "a.png").exists()  # the others have another name


@pytest.mark.parametrize("make", ["symlink_to", "hardlink_to"])
def test_nor_by_another_name(photos, tmp_path, make):
    out = tmp_path / "out"
    out.mkdir()
    getattr(out / "a.png", make)(photos / "b.png")
    before = (photos / "b.png").read_bytes()
    done = run(photos / "a.jpg", photos / "b.png", "--out", out)
    assert done.exit_code == 1
    assert (photos / "b.png").read_bytes() == before


def test_an_older_result_is_replaced(photos, tmp_path):
    for strength in (0, 1):
        assert run(photos / "b.png", "--out", tmp_path, "--strength", strength).exit_code == 0
    assert colour(tmp_path / "b.png")[1] == [151, 151, 151]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["b.png"]


def test_files_of_one_stem_keep_apart(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    sources = [one / "a.jpg", one / "A.png", two / "a.jpg", one / "b.c.jpg", one / "a.jpg"]
    pairs = folders.results(sources, Path("out"))
    assert [(file, result.name) for file, result in pairs] == [
        (one / "a.jpg", "a.jpg.png"),
        (one / "A.png", "A.png.png"),
        (two / "a.jpg", "a.jpg-2.png"),
        (one / "b.c.jpg", "b.c.png"),
    ]


def test_a_folder_stands_for_its_own_files(photos, tmp_path):
    names = [file.name for file, _ in folders.results([photos], tmp_path)]
    assert names == ["Grüße.webp", "a.jpg", "b.png", "notes.txt"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["--scale", "5"], "The scale must be a number from 1 to 4."),
    (["--scale", "nan"], "The scale must be a number from 1 to 4."),
    (["--strength", "2"], "The strength must be a number from 0 to 1."),
    (["--recipe", "vgg"], "choose one of pixel, gan, feature"),
])  # fmt: skip
def test_what_is_wrong_for_all_files_is_said_once(photos, tmp_path, arguments, words):
    done = run(photos, "--out", tmp_path / "out", *arguments)
    assert done.exit_code == 1
    assert done.output.count(words) == 1
    assert not (tmp_path / "out").exists()


def test_nothing_to_do_is_said(tmp_path):
    done = run(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "no file to restore" in done.output
    missing = run(tmp_path / "missing.jpg", "--out", tmp_path / "out")
    assert missing.exit_code == 1
    assert "missing.jpg: There is no such file" in missing.output


def test_what_cannot_be_written_is_named(photos, tmp_path):
    (tmp_path / "out").write_text("a file")
    done = run(photos / "a.jpg", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{photos / 'a.jpg'}: " in done.output


def test_an_interrupted_file_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"older")

    def interrupted(self, file, kind):
        Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folders.save(Image.new("RGB", (2, 2)), path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"older"]


def test_resuming_leaves_alone_what_is_finished(photos, tmp_path):
    """And does again what is older than its photograph, or was left half-written."""
    out = tmp_path / "out"
    assert (
        run(photos / "a.jpg", photos / "b.png", photos / "Grüße.webp", "--out", out).exit_code == 0
    )
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    os.utime(photos / "b.png", ns=(2**62, 2**62))  # edited since
    (out / "Grüße.png").unlink()
    (out / ".Grüße.png.12345").write_bytes(b"half")
    (out / ".Grüße.png-of-mine").write_bytes(b"another's")
    done = run(photos, "--out", out, "--resume", "--scale", 2)
    assert done.exit_code == 1
    assert done.output.count("notes.txt") == 1  # it never becomes a result
    assert (out / "a.png").stat().st_mtime_ns == before[out / "a.png"]
    assert {path.name: colour(path)[0] for path in sorted(out.glob("[!.]*"))} == {
        "Grüße.png": (40, 32), "a.png": (20, 16), "b.png": (40, 32)}  # fmt: skip
    assert [path.name for path in out.glob(".*")] == [".Grüße.png-of-mine"]


def test_resuming_when_all_is_finished_is_no_error(photos, tmp_path):
    for _ in range(2):
        done = run(photos / "a.jpg", "--out", tmp_path, "--resume")
        assert (done.exit_code, done.output) == (0, "")


def test_resuming_does_not_take_an_original_for_a_result(photos):
    done = run(photos, "--out", photos, "--resume")
    assert "b.png: The result would replace it" in done.output


def test_missing_weights_end_the_command_in_words(photos, tmp_path, monkeypatch):
    from lesson7.core.errors import WeightsMissing

    def missing(recipe):
        raise WeightsMissing("There are no such weights.")

    monkeypatch.setattr(networks, "load", missing)
    done = run(photos, "--out", tmp_path / "out")
    assert (done.exit_code, done.output.strip()) == (1, "There are no such weights.")


def test_the_module_is_a_command(photos, tmp_path, weights_folder):
    """In a process of its own, with the architecture that is shipped."""
    done = subprocess.run(
        [sys.executable, "-m", "lesson7.restoration.predict", str(photos / "a.jpg"),
         "--out", str(tmp_path / "out"), "--recipe", "pixel", "--scale", "1.5"],
        capture_output=True, text=True, timeout=120, cwd=ROOT, check=False,
        env=os.environ | {"LESSON7_WEIGHTS": str(weights_folder)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert colour(tmp_path / "out" / "a.png")[0] == (30, 24)
