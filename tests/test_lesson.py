"""The Lesson tab without a browser: rows are what the records say, and only that."""

import json
import subprocess
import sys

import pytest
from gradio_client import Client

from lesson7.core import weights
from lesson7.core.weights import EMBEDDED
from lesson7.ui import lesson_page, lesson_records
from lesson7.ui.lesson_ladder import Rung
from lesson7.ui.lesson_rungs import GROUPS, PAPERS
from tests import serving
from tests.ladder import rows_in

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
    row = rows_in()["restoration-pixel"]
    phases = [
        EMBEDDED / "runs" / name / "metrics.jsonl"
        for name in ("restoration-pixel", "restoration-polish")
    ]
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
