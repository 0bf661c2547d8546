"""The Lesson tab from records that come later, are damaged, or are not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from lesson7.core import weights
from lesson7.core.weights import Record
from lesson7.ui import lesson, lesson_page, lesson_records
from tests.ladder import rows_in


def ship(folder: Path, name: str, metrics: dict[str, float], rows: list[dict[str, Any]]) -> None:
    record = Record(
        metrics=metrics, data="photographs", licence="MIT", hardware="NVIDIA H200", minutes=90.0,
        command=f"python -m train --recipe {name} <script>alert(1)</script> ${{alert(2)}} `x`",
    )  # fmt: skip
    weights.save(name, nn.Linear(3, 5), {}, record=record, folder=folder)
    run = folder / "runs" / name
    run.mkdir(parents=True)
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Weights with the networks that are trained last, all of them stand-ins."""
    restored = {"psnr_db": 26.1, "gain_db": 2.2, "family_gain_db": -0.1, "identity_db": 39.0}
    epochs = [{"epoch": n, "minutes": 7.0 * n, "psnr": 24 + n, "gain": n, "train_loss": 0.1}
              for n in (1, 2, 3)]  # fmt: skip
    ship(tmp_path, "restoration-pixel", restored, epochs)
    ship(tmp_path, "restoration-feature", restored, [])
    judged = [{"epoch": 1, "minutes": 3.0, "valid_loss": 0.2, "accuracy": 0.9}]
    ship(tmp_path, "restoration-critic", {"valid_loss": 0.2, "accuracy": 0.9}, judged)
    steps = [{"images": 100 * n, "minutes": n, "critic_loss": -1 / n} for n in range(1, 1001)]
    steps += [{"images": 100_000, "minutes": 1000, "distance_squeezenet": 300.0}]
    ship(tmp_path, "restoration-gan", restored, steps)
    for name in ("bedrooms-wgan", "bedrooms-modern"):
        distances = {"distance_resnet18": 0.4, "distance_squeezenet": 300.0}
        ship(tmp_path, name, distances, steps)
        ship(tmp_path, f"{name}-critic", {"score_drawn": 0.0}, [])
    return tmp_path


def test_a_network_appears_when_its_records_do(folder: Path):
    names = [row.rung.weights for _, rows in lesson_records.read(folder) for row in rows]
    assert names == [
        "restoration-pixel",
        "restoration-critic",
        "restoration-gan",
        "restoration-feature",
        "bedrooms-wgan",
        "bedrooms-modern",
    ]
    text = lesson_page.page(lesson_records.read(folder))
    assert "26.10 dB" in text
    assert "26.57 dB" in text
    assert "−0.10 dB on other damage" in text
    assert "97.62 %" in text
    assert "Human numbers" not in text


def test_a_new_row_has_its_own_numbers_and_curves(folder: Path):
    rows = rows_in(folder)
    pixel = rows["restoration-pixel"]
    assert (pixel.parameters, pixel.minutes) == (20, 21.0)
    psnr = pixel.curves[0]
    assert psnr.lines[0].points == [(1, 25), (2, 26), (3, 27)]
    assert [len(line.points) for line in psnr.lines] == [3, 5, 5]
    assert psnr.lines[1].points[-1][1] == pytest.approx(26.57, abs=0.005)
    assert rows["restoration-feature"].minutes == 90.0  # no record: the index knows


def test_a_line_of_a_thousand_points_is_thinned_and_keeps_its_end(folder: Path):
    curve = next(
        one for one in rows_in(folder)["bedrooms-wgan"].curves
        if one.quantity.metric == "critic_loss"
    )  # fmt: skip
    ours, theirs = curve.lines
    assert (ours.axis, theirs.axis) == ("photographs", "epochs")
    assert len(ours.points) <= lesson_records.MOST_POINTS
    assert ours.points[-1][0] == 100_000
    assert ours.points[0][1] == pytest.approx(sum(-1 / n for n in range(1, 8)) / 7, rel=1e-4)
    assert len(theirs.points) == 30


def test_runs_that_count_otherwise_follow_each_other_in_photographs(folder: Path):
    """The feature loss counts epochs; before and after it, with a critic, they count crops."""
    for name, rows in {
        "restoration-best": [{"images": 400, "minutes": 2, "psnr": 21.0}],
        "restoration-feature": [{"epoch": n, "minutes": n, "psnr": 21.0 + n} for n in (1, 2)],
        "restoration-finish": [{"images": 50, "minutes": 5, "psnr": 24.0}],
    }.items():
        run = folder / "runs" / name
        run.mkdir(exist_ok=True)
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        options = {"options": {"n_train": 100, "repeats": 3}, "hardware": "a phone"}
        (run / "options.json").write_text(json.dumps(options))
    row = rows_in(folder)["restoration-best"]
    assert (row.minutes, row.hardware) == (9.0, "a phone")
    (line,) = row.curves[0].lines
    assert line.axis == "photographs"
    assert line.points == [(400, 21.0), (700, 22.0), (1000, 23.0), (1050, 24.0)]
    (folder / "runs" / "restoration-feature" / "options.json").unlink()
    (line,) = rows_in(folder)["restoration-best"].curves[0].lines
    assert line.points == [(400, 21.0), (450, 24.0)]


def test_what_records_say_is_not_taken_for_markup(folder: Path):
    text = lesson_page.page(lesson_records.read(folder))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not any(sign in text for sign in ("${", "{{", "`", "\\"))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1, 2]\nnull\n", b"\xff\xfe", b'{"epoch": 1, "psnr": "x", "minutes": null}\n',
     b'{"epoch": 1, "psnr": NaN}\n{"epoch": Infinity, "psnr": 1}\n',
     b'{"epoch": 1, "psnr": 1%s, "minutes": -1%s}\n' % (b"0" * 400, b"0" * 400)],
    ids=["empty", "cut", "no rows", "no text", "words", "no numbers", "enormous"],
)  # fmt: skip
def test_a_damaged_record_costs_the_curve_and_no_more(folder: Path, content: bytes):
    (folder / "runs/restoration-pixel/metrics.jsonl").write_bytes(content)
    row = rows_in(folder)["restoration-pixel"]
    assert [line.who for line in row.curves[0].lines] == [
        "lecture, December 2018, 128 px",
        "first version, 256 px",
    ]
    assert row.minutes == 90.0
    assert row.value(row.rung.main) == 26.1


def test_a_file_that_is_not_there_costs_its_size_and_no_more(folder: Path):
    (folder / "bedrooms-modern.safetensors").unlink()
    row = rows_in(folder)["bedrooms-modern"]
    assert row.parameters is None
    assert row.curves


def test_a_network_that_is_not_shipped_says_what_its_record_says(folder: Path):
    index = json.loads((folder / "index.json").read_text("utf-8"))
    del index["bedrooms-wgan"]
    (folder / "index.json").write_text(json.dumps(index), "utf-8")
    options = {"options": {}, "hardware": "NVIDIA H200 (one)"}
    (folder / "runs/bedrooms-wgan/options.json").write_text(json.dumps(options), "utf-8")
    row = rows_in(folder)["bedrooms-wgan"]
    assert row.metrics == {"distance_squeezenet": 300.0}
    assert (row.entry, row.parameters, row.minutes) == (None, None, 1000)
    assert row.hardware == "NVIDIA H200 (one)"
    text = lesson_page.page(lesson_records.read(folder))
    assert text.count("not shipped") == 1
    assert text.count(">Try<") == len(rows_in(folder)) - 1


def test_the_ladder_is_of_the_weights_in_use(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LESSON7_WEIGHTS", str(folder))
    assert "mnist-cnn" not in rows_in()
    for elsewhere in ("/nowhere/at/all", f"someone/lesson7@{'0' * 40}", "neither"):
        monkeypatch.setenv("LESSON7_WEIGHTS", elsewhere)
        assert "mnist-cnn" in rows_in()


def test_without_an_index_the_tab_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights, "EMBEDDED", tmp_path)
    page, curves = lesson.content()
    assert 'role="alert">The records of what was trained could not be read' in page
    assert "ls-rung" not in page
    assert curves == "{}"
