"""What the app says to visitors, found in its sources: for the test that all of it is translated.

    everything      all of it, by where it is
    page_texts      of a page's HTML: texts and labels
    script_texts    of a page's script: string literals that are words
    python_texts    of a module behind it: the messages of its errors
    key_of          the entry of a table that a text is looked up by

What varies is ``{0}``, ``{1}``, ... in scripts and messages.
"""

import ast
import html.parser
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.browser.five_tabs import NAMES

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / "lesson7" / "ui" / "assets"
LABELS = {
    "aria-label", "aria-valuetext", "aria-roledescription", "alt", "title", "placeholder",
    "data-says",
}  # fmt: skip

# Where errors are raised on the way from a visitor's question to its answer, beside ``ui``.
BEHIND = (
    "core/intake.py", "core/colours.py", "core/images.py", "core/runtime.py",
    "mnist/ink.py", "mnist/normalise.py", "mnist/predict.py",
    "restoration/workbench.py", "restoration/enlarging.py", "restoration/networks.py",
    "bedrooms/rooms.py", "bedrooms/predict.py",
    "human_numbers/typed.py", "human_numbers/predict.py",
)  # fmt: skip

# Of these, what only a programmer can be told.
FOR_PROGRAMMERS = (
    "A picture of mode", "A tensor", "Normalising needs", "There is no picture to lay out",
    "Two pictures can be compared", "Damage needs",
)  # fmt: skip
_RAISED = {"InputError", "ImageError", "NotADigitError", "Busy"}


_SILENT = {"script", "style", "code", "textarea"}


class _Texts(html.parser.HTMLParser):
    """Collects texts and labels; not those in what is shown as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in LABELS and value]
        if tag not in {"input", "img", "br", "path", "circle", "rect", "link", "meta", "line"}:
            silent = any(name == "data-as-is" for name, _ in attrs) or tag in {
                "script",
                "style",
                "code",
                "textarea",
            }
            self._open.append((tag, silent))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in LABELS and value]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self.found.append(" ".join(data.split()))


def page_texts(template: str) -> list[str]:
    """Texts and labels of a page's HTML, in its order."""
    parser = _Texts()
    parser.feed(template)
    return [text for text in parser.found if text]


_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`""", re.DOTALL
)
_WORDS = re.compile(
    r"[A-Za-z’]{2,}[,:;.]? [A-Za-z“]|^[A-Z][a-z]{2,}[….]?$|[a-z]{3,}…$|\} [a-z]{3,}"
)
_CODE = re.compile(
    r"^[.#\[/]|[=#{]$|^(M\$|--|data:|<)|=>|\[name=|\[value=|^\(pref|^\(pointer|\w=\""
)


def script_texts(script: str) -> list[str]:
    """String literals that look like words, ``${...}`` as placeholders."""
    found = []
    for literal in _literals(script):
        text = _placed(literal)
        if _WORDS.search(text) and not _CODE.search(text):
            found.append(text)
        elif "<" in literal:
            found += [one for one in page_texts(text) if _WORDS.search(one)]
    return found


def _literals(script: str) -> Iterator[str]:
    """Those of a script, each with what is joined to it by ``+``."""
    joined, end = "", -1
    for match in _LITERAL.finditer(script):
        literal = match[1] if match[1] is not None else match[2]
        if literal is None:  # a comment
            continue
        if end >= 0 and script[end : match.start()].strip() == "+":
            joined += literal
        else:
            yield joined
            joined = literal
        end = match.end()
    yield joined


def _placed(literal: str) -> str:
    """``${...}``, with whatever braces inside, as ``{0}``, ``{1}``, ..."""
    out, depth, n = "", 0, 0
    at = 0
    while at < len(literal):
        if literal.startswith("${", at):
            if depth == 0:
                out, n = f"{out}{{{n}}}", n + 1
            depth, at = depth + 1, at + 2
        elif depth:
            depth += {"{": 1, "}": -1}.get(literal[at], 0)
            at += 1
        else:
            out, at = out + literal[at], at + 1
    return out.replace("\\u00a0", "\u00a0").replace("\\u202f", "\u202f")


def python_texts(path: Path) -> Iterator[str]:
    """Messages of the errors that ``path`` raises for visitors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _RAISED and node.args:
            for text in _strings(node.args[0], named):
                if not text.startswith(FOR_PROGRAMMERS):
                    yield text


def _strings(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id in named:
        yield from _strings(named[node.id], {})
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body, named)
        yield from _strings(node.orelse, named)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        n = iter(range(99))
        yield "".join(
            part.value if isinstance(part, ast.Constant) else f"{{{next(n)}}}"
            for part in node.values
        )


def everything() -> list[tuple[str, str, str]]:
    """All that is said and has letters: the tab's table, where it is, the text."""
    from lesson7.ui import bedrooms, components, human_numbers, lesson, mnist, restoration_page

    found = [
        ("page", "header.html", page_texts(components.asset("header.html"))),
        ("page", "the tabs", NAMES),
        ("digits", "its page", page_texts(mnist._page())),
        ("restoration", "its page", page_texts(restoration_page.page())),
        ("bedrooms", "its page", page_texts(bedrooms._page())),
        ("counting", "its page", page_texts(human_numbers._page())),
        ("lesson", "its page", page_texts(lesson.content()[0])),
    ]
    for path in sorted(ASSETS.rglob("*.js")):
        if path.name == "words.js":
            continue
        where = path.relative_to(ASSETS)
        table = {"mnist": "digits", "human_numbers": "counting", "": "page"}.get(
            where.parent.name, where.parent.name
        )
        found.append((table, str(where), script_texts(path.read_text(encoding="utf-8"))))
    for path in [ROOT / "lesson7" / one for one in BEHIND] + sorted(ASSETS.parent.glob("*.py")):
        found.append(("errors", str(path.relative_to(ROOT)), list(python_texts(path))))
    found += _tables_of_words()
    return [
        (table, where, text)
        for table, where, texts in found
        for text in dict.fromkeys(texts)
        if re.search("[A-Za-z]{2}", text)
    ]


def _tables_of_words() -> list[tuple[str, str, list[str]]]:
    """What stands in tables of the code and of the assets, and travels to the page."""
    from lesson7.bedrooms import scoring
    from lesson7.core import weights
    from lesson7.restoration import sights
    from lesson7.restoration.degradations import DEGRADATIONS
    from lesson7.ui import (
        bedrooms_replies,
        components,
        events,
        lanes,
        lesson,
        lesson_records,
        lesson_rungs,
        mnist,
        restoration_lab,
        restoration_page,
        sent,
    )  # fmt: skip

    rungs = [rung for group in lesson_rungs.GROUPS for rung in group.rungs]
    shown = [one.says for rung in rungs for one in (rung.main, rung.lesson) if one]
    ladder = [
        *(text for rung in rungs for text in (rung.name, rung.what, rung.taught)),
        *(group.judged for group in lesson_rungs.GROUPS),
        *(quantity.label for rung in rungs for quantity in rung.quantities),
        *(f"{{0}} {one.says}" for rung in rungs for one in rung.also),
        *shown,
        *(one["title"] for tables in lesson_records.facts()["tables"].values() for one in tables),
        *(entry.data for entry in weights.entries().values()),
    ]
    story = [
        re.sub(r"\d+", "{0}", moment["label"])
        for moments in restoration_page.story_moments().values()
        for moment in moments
    ]
    damage = [text for one in DEGRADATIONS.values() for text in (one.label, one.least, one.worst)]
    titles = [title for title, _ in restoration_lab.TITLES.values()]
    return [
        ("errors", "a defect", [components.BROKEN, sent.DEFECT, sent.NO_ROOM_SAYS]),
        ("errors", "nobody listened", [events.UNHEARD]),
        ("errors", "waiting", [re.sub(r"\d+", "{0}", str(lanes.Wait(place))) for place in (1, 2)]),
        ("lesson", "no records", [lesson.UNREADABLE]),
        ("digits", "the layers", [*mnist.LAYER_SAYS.values(), *mnist.SCORES_SAY.values()]),
        ("restoration", "the losses", [sights.PIXEL, sights.FEATURE, sights.CRITIC, *titles]),
        ("restoration", "the story", story),
        ("restoration", "kinds of damage", damage),
        ("bedrooms", "sliders", [text for one in _sliders() for text in one]),
        ("bedrooms", "stages", list(bedrooms_replies.STAGE_SAYS.values())),
        ("bedrooms", "critics", [scoring.LessonScorer.said_by, scoring.PixelScorer.said_by]),
        ("lesson", "the ladder", ladder),
    ]


def _sliders() -> list[tuple[str, str, str]]:
    from lesson7.ui.bedrooms_replies import SLIDERS

    return list(SLIDERS.values())


def key_of(text: str, keys: Collection[str]) -> str | None:
    """The entry of a table that a text is looked up by, if there is one."""
    if text in keys:
        return text
    for key in keys:
        if "{" in key:
            shape = re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(key))
            if re.fullmatch(shape, text, re.DOTALL):
                return key
    return None
