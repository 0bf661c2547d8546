"""A folder that somebody chose: used where it can be, and what is said where it cannot."""

from pathlib import Path

import pytest

from lesson7.core import weights
from lesson7.core.errors import WeightsMissing
from tests.core.small_net import FILE, RECORD, Net


def test_a_chosen_folder_is_used(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = tmp_path / "chosen"
    weights.save("net-a", Net(9), {"width": 9}, record=RECORD, folder=chosen)
    monkeypatch.setenv("LESSON7_WEIGHTS", str(chosen))
    assert weights.load("net-a", Net).fc.weight.shape == (9, 3)
    assert weights.folder_in_use() == chosen
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LESSON7_WEIGHTS", "chosen")
    assert weights.load("net-a", Net).fc.weight.shape == (9, 3)
    monkeypatch.setenv("LESSON7_WEIGHTS", "  ")
    assert weights.load("net-a", Net).fc.weight.shape == (5, 3)
    assert weights.notices() == []


@pytest.mark.parametrize("value", ["/no/such/folder", "./absent", "../absent", "~/absent-folder"])
def test_an_absent_folder_falls_back(folder: Path, monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("LESSON7_WEIGHTS", value)
    weights.load("net-a", Net)
    assert len(weights.notices()) == 1
    assert weights.folder_in_use() == folder


WRONG = ["typo", "ada/lesson7", "ada/lesson7@main", "some/other/folder", "https://huggingface.co/a/b",
         "@", "~nobody-here/weights", "a" * 5000]  # fmt: skip


@pytest.mark.parametrize("value", WRONG, ids=lambda value: value[:20])
def test_what_names_no_source_falls_back_like_one_that_fails(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    value: str,
):
    monkeypatch.setenv("LESSON7_WEIGHTS", value)
    assert weights.chosen_source() == folder
    assert not weights.is_missing("net-a")
    assert weights.is_missing("net-b")
    assert weights.load("net-a", Net).fc.weight.shape == (5, 3)
    (said,) = weights.notices()
    assert said == (
        "LESSON7_WEIGHTS names neither a folder nor USER/NAME@COMMIT on the Hugging Face Hub. "
        "The weights of net-a that come with this app are used instead."
    )
    (logged,) = caplog.records
    assert "Error(" in logged.getMessage(), "the log says what is wrong with it"
    assert not logged.exc_info, "and no traceback comes between a command's lines"
    with pytest.raises(WeightsMissing, match="names neither"):
        weights.load("net-b", Net)


def test_what_only_the_chosen_folder_should_have_is_missed_in_its_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = tmp_path / "chosen"
    weights.save("net-b", Net(9), {"width": 9}, record=RECORD, folder=chosen)
    (chosen / "net-b.safetensors").unlink()
    monkeypatch.setenv("LESSON7_WEIGHTS", str(chosen))
    with pytest.raises(WeightsMissing, match=r"net-b\.safetensors is not there"):
        weights.load("net-b", Net)
    assert weights.notices() == []


def test_if_both_fail_the_embedded_error_is_raised_and_no_notice_promises_anything(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LESSON7_WEIGHTS", "/no/such/folder")
    (folder / FILE).unlink()
    with pytest.raises(WeightsMissing, match=FILE):
        weights.load("net-a", Net)
    assert weights.notices() == []


def test_the_notices_cannot_be_changed_from_outside(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LESSON7_WEIGHTS", "/no/such/folder")
    for _ in range(3):
        weights.load("net-a", Net)
    weights.notices().clear()
    assert len(weights.notices()) == 1
