"""The Lesson tab: the ladder of all networks, what each reached there and here, and how.

What each network is and taught is in ``lesson_rungs/``; ``lesson_records.py`` reads what
training left in ``weights/``, and ``lesson_page.py`` makes the table of it. On the page,
``assets/lesson/lesson.js`` opens rows and leads to tabs, ``chart.js`` draws the learning
curves, which it gets with the page: nothing is asked while somebody looks.

Everybody else uses the endpoint ``/ladder``. Run this tab alone with
``python -m lesson7.ui.lesson``.
"""

import json
import logging
from typing import Any

import gradio as gr

from lesson7.core.errors import WeightsError
from lesson7.ui import components, lesson_page, lesson_records
from lesson7.ui.lesson_rungs import PAPERS

UNREADABLE = (
    "The records of what was trained could not be read, so there is nothing to show here. "
    "The other tabs work; the reason is in the app's log."
)

_log = logging.getLogger(__name__)


def ladder() -> list[dict[str, Any]]:
    """List every network of the lesson that this app has, with what it reached.

    Returns:
        One object per network, in the order of the lesson: its "tab"
        the name of its "weights"
        "name"
        "what" it is
        what it "taught"
        its "papers"
        "lesson" and "here", each a "value", what that "is", its "unit" ("%": a share of 1), or null
        all "metrics" of ours
        the number of "parameters"
        the "minutes" of training
        and the "hardware" it ran on.
    """
    with components.in_words():
        return [_described(group.tab, row) for group, rows in lesson_records.read() for row in rows]


def content() -> tuple[str, str]:
    """The tab's HTML, and its curves as JSON; words in their place if there are no records."""
    try:
        rungs = lesson_records.read()
    except WeightsError as error:
        _log.error("%s", error)
        return lesson_page.page([], UNREADABLE), "{}"
    return lesson_page.page(rungs), json.dumps(lesson_page.curves(rungs))


def build() -> gr.Blocks:
    """The tab. ``/ladder`` is its one public endpoint."""
    page, curves = content()
    with gr.Blocks(analytics_enabled=False) as tab:
        gr.HTML(
            value=curves,
            html_template=page,
            js_on_load=components.asset("address.js", "lesson/chart.js", "lesson/lesson.js"),
            apply_default_css=False,
            elem_id="lesson",
        )
        with gr.Row(visible=False):
            listed = gr.JSON(label="ladder")
            run = gr.Button("ladder")
        run.click(ladder, None, listed, api_name="ladder")
    return tab


def _described(tab: str, row: lesson_records.Row) -> dict[str, Any]:
    rung, figure = row.rung, row.lesson_figure
    ours = row.value(rung.main)
    return {
        "tab": tab,
        "weights": rung.weights,
        "name": rung.name,
        "what": rung.what,
        "taught": rung.taught,
        "papers": [
            {"title": title, "url": lesson_page.link(identifier)}
            for title, identifier in map(PAPERS.__getitem__, rung.papers)
        ],
        "lesson": row.lesson and {"value": row.lesson, "is": figure.says, "unit": figure.unit},
        "here": ours and {"value": ours, "is": rung.main.says, "unit": rung.main.unit},
        "metrics": dict(row.metrics),
        "parameters": row.parameters,
        "minutes": round(row.minutes, 3),
        "hardware": row.hardware,
    }


if __name__ == "__main__":
    components.page([("Lesson", build)]).launch(**components.LAUNCH)
