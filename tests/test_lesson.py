"""The Lesson tab without a browser: rows are what the records say, and only that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from torch import nn

from lesson7.core import weights
from lesson7.core.weights import EMBEDDED, Record
from lesson7.ui import lesson, lesson_page, lesson_records
from lesson7.ui.lesson_ladder import Rung
from lesson7.ui.lesson_records import Row
from lesson7.ui.lesson_rungs import GROUPS, PAPERS
from tests import serving

RUNGS = {rung.weights: rung for group in GROUPS for rung in group.rungs}
COMPANIONS = ("-critic", "-directions")  # of a generator, without a row of their own

PARAMETERS = {  # of the lesson's networks, as its notebooks counted them
    "mnist-cnn": 12_126,
    "mnist-blocks": 12_044,
    "mnist-resnet": 41_132,
    "human-numbers-model0": 9_190,
    "human-numbers-model4": 13_350,
    "human-numbers-model5": 54_950,
}


def rows_in(folder: Path | None = None) -> dict[str, Row]:
    return {row.rung.weights: row for _, rows in lesson_records.read(folder) for row in rows}


# ----------------------------------------------------------------------- what is committed


def test_every_network_that_is_shipped_or_left_a_record_has_a_row():
    known = {name for name in weights.entries() if not name.endswith(COMPANIONS)}
    known |= {name for name in weights.entries() if name in RUNGS}
    known |= {run.name for run in (EMBEDDED / "runs").iterdir() if run.name in RUNGS}
    assert set(rows_in()) == known


def test_our_numbers_are_the_index_s():
    rows = rows_in()
    for name in set(rows) & set(weights.entries()):
        entry = weights.entry(name)
        assert rows[name].entry == entry
        assert rows[name].value(rows[name].rung.main) == entry.metrics[rows[name].rung.main.metric]


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_lesson_s_networks_are_as_large_as_the_lesson_s(name: str):
    assert rows_in()[name].parameters == PARAMETERS[name]


def test_every_row_has_curves_that_end_where_the_records_do():
    for name, row in rows_in().items():
        assert row.curves, name
        runs = row.rung.runs or (name,)
        file = EMBEDDED / "runs" / runs[-1] / "metrics.jsonl"
        records = [json.loads(line) for line in file.read_text().splitlines()]
        for curve in row.curves:
            metric = curve.quantity.metric
            if not metric or ("loss" not in metric and "psnr" not in metric):
                continue  # others are shown in other units
            last = [one[metric] for one in records
                    if metric in one and not isinstance(one.get("epoch"), str)]  # fmt: skip
            assert curve.lines[0].points[-1][1] == float(f"{last[-1]:.5g}"), (name, metric)


def test_a_training_of_two_phases_is_one_curve_and_one_time():
    row = rows_in()["mnist-best"]
    phases = [EMBEDDED / "runs" / name / "metrics.jsonl" for name in ("mnist-best", "mnist-finish")]
    rows = [[json.loads(line) for line in phase.read_text().splitlines()] for phase in phases]
    epochs = [[one for one in phase if isinstance(one["epoch"], int)] for phase in rows]
    assert row.minutes == sum(phase[-1]["minutes"] for phase in epochs)
    places = [x for x, _ in row.curves[0].lines[0].points]
    assert places == list(range(1, len(epochs[0]) + len(epochs[1]) + 1))


def test_the_lesson_s_numbers_stand_beside_ours():
    rows = rows_in()
    assert rows["mnist-cnn"].lesson == 0.9864
    assert rows["mnist-resnet"].lesson == 0.9954
    assert rows["human-numbers-model5"].lesson == 0.75546
    assert rows["mnist-resnet"].lesson_seconds == 108
    assert rows["mnist-best"].lesson is None
    whose = [line.who for line in rows["mnist-cnn"].curves[0].lines]
    assert whose == ["", "lecture, December 2018", "last notebook"]


# ----------------------------------------------------------------------- the ladder's own words


@pytest.mark.parametrize("rung", RUNGS.values(), ids=RUNGS.keys())
def test_a_rung_says_what_it_is_and_what_it_taught_in_two_sentences(rung: Rung):
    assert rung.what
    assert not rung.what.endswith(".")
    assert rung.taught.count(". ") == 1
    assert rung.taught.endswith(".")
    assert set(rung.papers) <= set(PAPERS)
    assert rung.papers
    labels = [quantity.label for quantity in rung.quantities]
    assert len(set(labels)) == len(labels)


def test_the_lesson_s_tables_are_whole():
    tables = lesson_records.facts()["tables"]
    assert set(tables) <= set(RUNGS)
    for name, rung in RUNGS.items():
        wanted = {quantity.column for quantity in rung.quantities} | {rung.main.column} - {""}
        found = {column for table in tables.get(name, []) for column in table["columns"]}
        assert wanted - {""} <= found or name not in tables
        for table in tables.get(name, []):
            assert [row[0] for row in table["rows"]] == [*range(1, len(table["rows"]) + 1)]
            assert {len(row) for row in table["rows"]} == {len(table["columns"])}
            assert table["seconds"] > 0


def test_the_lesson_s_loss_becomes_decibels():
    table = lesson_records.facts()["tables"]["restoration-pixel"][0]
    shown = RUNGS["restoration-pixel"].main.lesson_shown
    assert shown(table["rows"][-1][2]) == pytest.approx(26.57, abs=0.005)
    assert shown(table["rows"][1][2]) == pytest.approx(26.17, abs=0.005)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.9987, "%", "99.87 %"),
        (0.99977, "%", "99.98 %"),
        (1.0, "%", "99.99 %"),
        (0.46944, "%", "46.9 %"),
        (26.567, "dB", "26.57 dB"),
        (2.2, "+dB", "+2.20 dB"),
        (-0.3, "+dB", "−0.30 dB"),
        (1998, "count", "1,998"),
        (-0.254156, "", "−0.254"),
        (1260.4, "", "1,260"),
    ],
)
def test_numbers_are_written_as_they_are_read(value: float, unit: str, text: str):
    assert lesson_page.number(value, unit) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.001, "1 s"), (0.05, "3 s"), (0.999, "1 min"), (1.87, "1.9 min"), (9.7, "10 min"),
     (59.6, "1 h"), (70.53, "1 h 11 min"), (541, "9 h"), (1500, "25 h")],
)  # fmt: skip
def test_times_are_written_as_they_are_said(minutes: float, text: str):
    assert lesson_page.duration(minutes) == text


# ------------------------------------------------------------------------ records that come later


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


def test_what_records_say_is_not_taken_for_markup(folder: Path):
    text = lesson_page.page(lesson_records.read(folder))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not any(sign in text for sign in ("${", "{{", "`", "\\"))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1, 2]\nnull\n", b"\xff\xfe", b'{"epoch": 1, "psnr": "x", "minutes": null}\n',
     b'{"epoch": 1, "psnr": NaN}\n{"epoch": Infinity, "psnr": 1}\n'],
    ids=["empty", "cut", "no rows", "no text", "words", "no numbers"],
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


# ------------------------------------------------------------------------------ over HTTP


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory):
    with serving.app(tmp_path_factory.mktemp("app"), "-m", "lesson7.ui.lesson") as served:
        yield served.url
        assert served.refused_hosts == []


def test_the_ladder_comes_as_a_list(url: str):
    listed = Client(url, verbose=False, analytics_enabled=False).predict(api_name="/ladder")
    assert [one["weights"] for one in listed] == [*rows_in()]
    cnn = next(one for one in listed if one["weights"] == "mnist-cnn")
    assert cnn["tab"] == "Digits"
    assert cnn["lesson"] == {"value": 0.9864, "is": "right", "unit": "%"}
    assert cnn["here"]["value"] == weights.entry("mnist-cnn").metrics["test_accuracy"]
    assert cnn["parameters"] == 12_126
    assert cnn["papers"][0]["url"].startswith("https://arxiv.org/abs/")


def test_it_is_a_tool_with_a_description(url: str):
    (tool,) = serving.tools(url)
    assert tool["name"].endswith("ladder")
    assert "every network of the lesson" in tool["description"]


def test_torch_is_not_needed_for_it():
    check = "import sys; from lesson7.ui import lesson as it; it.build(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=serving.ROOT, check=True, timeout=60,
        capture_output=True, text=True,
    )  # fmt: skip
    assert "torch" not in done.stdout.split()
