"""The training story: cut from the runs' sheets, in their order, told in minutes."""

import itertools
import json
from pathlib import Path

import pytest
from PIL import Image

from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration import story


def a_run(folder, *minutes):
    """A run whose sheet n has n in the red of what was restored."""
    run = Run.open("run", folder)
    for number, minute in enumerate(minutes, 1):
        sheet = Image.new("RGB", (4 + 8 * 260, 4 + 3 * 260))
        for row, green in enumerate((10, 20, 30)):
            for column in range(8):
                red = 100 + number if row == 1 else column
                cell = Image.new("RGB", (256, 256), (red, green, column))
                sheet.paste(cell, (4 + column * 260, 4 + row * 260))
        sheet.save(run.samples / f"{number:04d}.jpg", quality=100, subsampling=0)
        run.log({"epoch": number, "minutes": minute})
    return folder


def test_pictures_come_in_the_order_of_their_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    first, second = a_run(tmp_path / "a", 2.0, 4.4), a_run(tmp_path / "b", 3.0)
    story.main(pixel=[first, second])
    told = json.loads((tmp_path / "story" / "story.json").read_text())["pixel"]
    assert [moment["label"] for moment in told] == [
        "damaged", "after 2 minutes", "after 4 minutes", "after 7 minutes", "the photograph",
    ]  # fmt: skip
    middles = [Image.open(tmp_path / "story" / "pixel" / m["file"]).getpixel((128, 128))
               for m in told]  # fmt: skip
    for middle, expected in zip(
        middles, [(1, 10, 1), (101, 20, 1), (102, 20, 1), (101, 20, 1), (1, 30, 1)], strict=True
    ):
        assert middle == pytest.approx(expected, abs=3)


def test_sheets_between_two_lines_come_in_their_order_and_at_their_time(tmp_path):
    """A run that is logged by the minute names its sheets by crops: 3152, then 10464."""
    run = Run.open("run", tmp_path / "r")
    for crops in (0, 3152, 10464):
        (run.samples / f"{crops:04d}.jpg").touch()
    for crops, minutes in ((2000, 4.0), (4304, 6.0), (20000, 20.0)):
        run.log({"images": crops, "minutes": minutes})
    told = [(label, sheet.stem) for label, sheet in story.moments([run])]
    assert told == [
        ("at the start", "0000"), ("after 5 minutes", "3152"), ("after 11 minutes", "10464"),
    ]  # fmt: skip


def test_another_recipe_leaves_the_first_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    story.main(pixel=[a_run(tmp_path / "a", 1.0)])
    story.main(feature=[a_run(tmp_path / "b", 1.0)])
    told = json.loads((tmp_path / "story" / "story.json").read_text())
    assert set(told) == {"pixel", "feature"}


def test_recipes_stand_in_the_order_of_the_page_whenever_they_were_told(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    for recipe in ("colour", "best", "pixel"):
        story.main(**{recipe: [a_run(tmp_path / recipe, 1.0)]})
    told = json.loads((tmp_path / "story" / "story.json").read_text())
    assert list(told) == ["pixel", "best", "colour"]


def test_a_run_without_sheets_is_named_and_the_old_story_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    story.main(pixel=[a_run(tmp_path / "a", 1.0)])
    before = {file: file.read_bytes() for file in (tmp_path / "story").rglob("*.*")}
    Run.open("run", tmp_path / "empty")
    with pytest.raises(ConfigError, match="empty"):
        story.main(pixel=[tmp_path / "empty"])
    assert before == {file: file.read_bytes() for file in (tmp_path / "story").rglob("*.*")}


def test_colours_are_told_by_another_photograph(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    story.main(colour=[a_run(tmp_path / "a", 1.0)])
    told = json.loads((tmp_path / "story" / "story.json").read_text())["colour"]
    assert [moment["label"] for moment in told] == [
        "without its colours", "after 1 minutes", "the photograph",
    ]  # fmt: skip
    with Image.open(tmp_path / "story" / "colour" / told[-1]["file"]) as target:
        assert target.getpixel((128, 128)) == pytest.approx((3, 30, 3), abs=3)


def a_told_story(folder):
    """Two runs of 2 and 3 minutes, told: its files and its labels."""
    story.main(pixel=[a_run(folder / "a", 1.0, 2.0), a_run(folder / "b", 3.0)])
    return read_story(folder)


def read_story(folder):
    told = json.loads((folder / "story" / "story.json").read_text())["pixel"]
    files = [(folder / "story" / "pixel" / moment["file"]).read_bytes() for moment in told]
    return [moment["label"] for moment in told], files


def test_what_is_kept_stays_to_the_byte_and_the_runs_go_on_from_there(tmp_path, monkeypatch):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    _, before = a_told_story(tmp_path)
    story.main(pixel=[a_run(tmp_path / "c", 4.0)], keep=2)
    labels, after = read_story(tmp_path)
    assert labels == [
        "damaged", "after 1 minutes", "after 2 minutes", "after 6 minutes", "the photograph",
    ]  # fmt: skip
    assert after[:3] == before[:3]


def test_a_blend_takes_no_time_and_says_so(tmp_path):
    blend = Run.open("run", tmp_path / "blend")
    (blend.samples / "0000.jpg").touch()
    blend.log({"images": 0, "minutes": 0.0})
    told = story.moments([Run(a_run(tmp_path / "a", 2.0)), blend], before=5.0)
    assert [label for label, _ in told] == ["after 7 minutes", "after 7 minutes, blended"]


def test_a_run_that_goes_on_does_not_show_twice_what_it_began_with(tmp_path):
    second = Run(a_run(tmp_path / "b", 3.0))
    (second.samples / "0000.jpg").touch()
    told = story.moments([Run(a_run(tmp_path / "a", 2.0)), second])
    assert [label for label, _ in told] == ["after 2 minutes", "after 5 minutes"]


@pytest.mark.parametrize("keep", [-1, 4, 11])
def test_moments_that_were_never_told_cannot_be_kept(tmp_path, monkeypatch, keep):
    monkeypatch.setattr(story, "FOLDER", tmp_path / "story")
    before = a_told_story(tmp_path)
    with pytest.raises(ConfigError, match=f"--keep {keep}"):
        story.main(pixel=[tmp_path / "b"], keep=keep)
    assert read_story(tmp_path) == before


def test_of_many_sheets_the_first_and_the_last_stay():
    sheets = [(str(number), Path("sheet")) for number in range(30)]
    kept = [int(label) for label, _ in story.some(sheets, most=12)]
    assert len(kept) == 12
    assert kept[0] == 0
    assert kept[-1] == 29
    assert {b - a for a, b in itertools.pairwise(kept)} <= {2, 3}
    assert story.some(sheets[:12], most=12) == sheets[:12]
