"""The Lesson tab's HTML, and how it writes numbers.

    page        the whole tab
    curves      what its charts draw, by network, as the page's script gets it
    number      a number with its unit, as a reader expects it
    duration    minutes in words
    link        where a paper is

Every row has its number beside the lesson's, a dot for each on the group's common scale, and
its learning curve in small; opened, it has the curve to walk along, what the step taught, and
how to train it again.
"""

import html
import math
from collections.abc import Sequence
from string import Template
from typing import Any

from lesson7.ui import components
from lesson7.ui.lesson_ladder import Figure, Group
from lesson7.ui.lesson_records import Curve, Line, Row
from lesson7.ui.lesson_rungs import COURSE, PAPERS

Ladder = Sequence[tuple[Group, Sequence[Row]]]

_SPARK = (88, 30, 3)  # width, height, margin of a small curve, pixels


def page(ladder: Ladder, notice: str = "") -> str:
    """The tab; ``notice`` stands above it, for what a visitor should know."""
    groups = "".join(_group(group, rows) for group, rows in ladder if rows)
    text = Template(components.asset("lesson/lesson.html"))
    hidden = "" if notice else " hidden"
    return text.substitute(groups=groups, notice=_text(notice), hidden=hidden)


def curves(ladder: Ladder) -> dict[str, Any]:
    """``{"mnist-cnn": {"name", "tab", "curves": [{"label", "unit", "log", "lines"}]}}``."""
    return {
        row.rung.weights: {
            "name": row.rung.name,
            "tab": group.tab,
            "curves": [
                {
                    "label": curve.quantity.label,
                    "unit": curve.quantity.unit,
                    "log": curve.quantity.log,
                    "lines": [vars(line) for line in curve.lines],
                }
                for curve in row.curves
            ],
        }
        for group, rows in ladder
        for row in rows
    }


def number(value: float, unit: str) -> str:
    """A number as it is read: shares in per cent, the nearer to 100 the finer.

    >>> number(0.9987, "%"), number(0.4694, "%"), number(26.567, "dB"), number(1998, "count")
    ('99.87 %', '46.9 %', '26.57 dB', '1,998')
    """
    if unit == "%":
        value = min(value, 0.9999)  # rounding makes nobody perfect
        return f"{100 * value:.{2 if value > 0.97 else 1}f} %"
    if unit.endswith("dB"):
        sign = "+" if unit.startswith("+") else ""
        return f"{value:{sign}.2f} dB".replace("-", "−")
    if unit == "count":
        return f"{value:,.0f}"
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", "−")


def duration(minutes: float) -> str:
    """Minutes in words, rounded to two figures or so.

    >>> duration(0.05), duration(1.87), duration(23.3), duration(70.6), duration(540)
    ('3 s', '1.9 min', '23 min', '1 h 11 min', '9 h')
    """
    if minutes < 0.995:
        return f"{max(60 * minutes, 1):.0f} s"
    if minutes < 9.5:
        return f"{minutes:.2g} min"
    hours, rest = divmod(round(minutes), 60)
    if hours == 0:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest and hours < 9 else f"{round(minutes / 60)} h"


def link(identifier: str) -> str:
    """The address of an arXiv number or a DOI."""
    doi = identifier.startswith("10.")
    return f"https://{'doi.org' if doi else 'arxiv.org/abs'}/{identifier}"


def _group(group: Group, rows: Sequence[Row]) -> str:
    scale = _scale(group, rows)
    ends = "".join(f"<span>{end:g}&#8239;{group.unit}</span>" for end in scale or ())
    body = "".join(_row(group, row, scale) for row in rows)
    way = _go(group, "Open", f"Open {group.tab}")
    return (
        '<tbody role="rowgroup" class="ls-group"><tr role="row" class="ls-head">'
        f'<th role="rowheader" scope="rowgroup" colspan="3"><h3>{_text(group.tab)}</h3>'
        f'<p class="l7-quiet">{_text(group.judged)}</p></th>'
        f'<td role="cell" class="ls-ends" aria-hidden="true"><div>{ends}</div></td>'
        f'<td role="cell" colspan="4">{way}</td></tr>{body}</tbody>'
    )


def _go(group: Group, says: str, label: str = "") -> str:
    named = f' aria-label="{_text(label)}"' if label else ""
    return (
        f'<button type="button" class="l7-button ls-go" data-tab="{_text(group.tab)}"{named}>'
        f'{_text(says)}<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        '<path d="M5 12h14M13 6l6 6-6 6"/></svg></button>'
    )


def _row(group: Group, row: Row, scale: tuple[float, float] | None) -> str:
    rung, name = row.rung, _text(row.rung.name)
    lesson, ours = row.lesson, row.value(rung.main)
    took = duration(row.lesson_seconds / 60) + " on a GPU" if row.lesson_seconds else ""
    also = [
        f"{number(value, figure.unit)} {figure.says}"
        for figure in rung.also
        if (value := row.value(figure)) is not None
    ]
    if row.entry is None:
        also.append("not shipped: see the tab’s time machine")
    parameters = "–" if row.parameters is None else f"{row.parameters:,}"
    more = f"ls-more-{rung.weights}"
    return (
        f'<tr role="row" class="ls-rung" data-weights="{rung.weights}"><th role="rowheader" '
        f'scope="row"><button type="button" class="ls-open" aria-expanded="false" '
        f'aria-controls="{more}">{name}</button>'
        f'<span class="ls-what">{_text(rung.what)}</span></th>'
        + _cell("The lesson", _said(lesson, row.lesson_figure), [took])
        + _cell("Here", _said(ours, rung.main), also)
        + f'<td role="cell" class="ls-scale" aria-hidden="true">{_dots(group, row, scale)}</td>'
        f'<td role="cell" class="ls-spark" aria-hidden="true">{_spark(row.curves)}</td>'
        + _cell("Parameters", f"<b>{parameters}</b>", [])
        + _cell("Trained in", f"<b>{duration(row.minutes)}</b>", [row.hardware.split(" (")[0]])
        + f'<td role="cell" class="ls-try">'
        f"{_go(group, 'Try', f'Try {rung.name}: open {group.tab}') if row.entry else ''}</td></tr>"
        f'<tr role="row" class="ls-more" id="{more}" hidden><td role="cell" colspan="8">'
        f"{_panel(group, row)}</td></tr>"
    )


def _cell(heading: str, says: str, small: Sequence[str]) -> str:
    lines = "".join(f"<small>{_text(line)}</small>" for line in small if line)
    return f'<td role="cell" data-says="{heading}">{says}{lines}</td>'


def _said(value: float | None, figure: Figure) -> str:
    if value is None:
        return '<b class="ls-none" aria-label="none">–</b>'
    return f"<b>{number(value, figure.unit)}</b><small>{_text(figure.says)}</small>"


def _panel(group: Group, row: Row) -> str:
    rung = row.rung
    papers = "".join(
        f"<li>{_outside(link(identifier), title)}</li>"
        for title, identifier in map(PAPERS.__getitem__, rung.papers)
    )
    notebooks = ", ".join(_outside(COURSE + name, name) for name in group.notebooks)
    again = ""
    if row.entry is not None:
        how = ". ".join((row.entry.data, row.hardware, f"{duration(row.minutes)} of training"))
        again = (
            f"<h4>To train it again</h4><code>{_text(row.entry.command)}</code>"
            f'<p class="l7-quiet">{_text(how)}.</p>'
        )
    return (
        f'<div class="ls-panel"><p class="ls-taught">{_text(rung.taught)}</p>'
        f'<div class="lc" data-weights="{rung.weights}"></div>'
        f'<div class="ls-notes">{_go(group, f"Try it in {group.tab}") if row.entry else ""}'
        f"<h4>To read</h4><ul>{papers}<li>The lesson’s notebook: {notebooks}</li></ul>"
        f"{again}</div></div>"
    )


def _text(words: str) -> str:
    """Words as HTML, and as nothing else: Gradio takes the page for a JavaScript template."""
    for sign in "&$`{\\":
        words = words.replace(sign, f"&#{ord(sign)};")
    return html.escape(words).replace("&amp;#", "&#")


def _outside(address: str, says: str) -> str:
    return f'<a href="{address}" target="_blank" rel="noopener">{_text(says)}</a>'


# --------------------------------------------------------------------- the small pictures


def _scale(group: Group, rows: Sequence[Row]) -> tuple[float, float] | None:
    """Round numbers around all that the group's rows reached; none without a common unit."""
    values = [value for row in rows for value in _comparable(group, row) if value is not None]
    if not group.unit or not values:
        return None
    step = 1 if max(values) - min(values) < 10 else 10
    low, high = math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step
    return (low, high) if high > low else None


def _comparable(group: Group, row: Row) -> tuple[float | None, float | None]:
    """The lesson's number and ours in the group's unit; None for what is none of it."""
    judged = row.rung.fair and row.rung.main.unit == group.unit
    ours = row.value(row.rung.main) if judged else None
    lesson = row.lesson if row.lesson_figure.unit == group.unit else None
    factor = 100 if group.unit == "%" else 1
    return (
        None if lesson is None else factor * lesson,
        None if ours is None else factor * ours,
    )


def _dots(group: Group, row: Row, scale: tuple[float, float] | None) -> str:
    if scale is None:
        return ""
    low, high = scale
    places = [
        None if value is None else (value - low) / (high - low)
        for value in _comparable(group, row)
    ]  # fmt: skip
    if places == [None, None]:
        return ""
    dots = "".join(
        f'<i class="{kind}" style="--at:{at:.4f}"></i>'
        for kind, at in zip(("is-lesson", "is-here"), places, strict=True)
        if at is not None
    )
    return f'<div class="ls-dots">{dots}</div>'


def _spark(found: Sequence[Curve]) -> str:
    """The first curve in small: the lesson's dashed, ours over it."""
    if not found:
        return ""
    lines = found[0].lines[:2]
    if len({line.axis for line in lines}) > 1:  # epochs beside photographs: each by itself
        lines = lines[:1]
    logs = [_logged(line, found[0].quantity.log) for line in lines]
    flat = [point for points in logs for point in points]
    width, height, margin = _SPARK
    left, right = min(x for x, _ in flat), max(x for x, _ in flat)
    low, high = min(y for _, y in flat), max(y for _, y in flat)

    def path(points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(
            f"{margin + (width - 2 * margin) * (x - left) / ((right - left) or 1):.1f} "
            f"{height - margin - (height - 2 * margin) * (y - low) / ((high - low) or 1):.1f}"
            for x, y in points
        )

    drawn = "".join(
        f'<path class="{"is-lesson" if line.who else "is-here"}" d="{path(points)}"/>'
        for line, points in reversed(list(zip(lines, logs, strict=True)))
    )
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}">{drawn}</svg>'


def _logged(line: Line, log: bool) -> list[tuple[float, float]]:
    return [(x, math.log(y) if log else y) for x, y in line.points]
