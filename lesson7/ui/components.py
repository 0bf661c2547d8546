"""What the tabs share: the page around them, its theme, its settings, its words for errors.

    page            a list of tabs -> the app, with header and queue
    LAUNCH          every launch setting, the same for the app, a tab alone and the tests
    asset, picture_url      files of ``assets/`` as text and as data URLs
    data_url        a picture -> a data URL
    in_words        our errors -> a message for the visitor
    failed          JavaScript that tells a page's own script that no answer will come
    reply_to_error  our errors -> what the page's own script gets instead of an answer
    warm_up         do something slow in the background, once
    warm_up_on_load the same, as soon as somebody opens the page

Colours, sizes and spaces are named in ``assets/theme/colours.css`` alone; ``THEME`` points
Gradio's own components at the same names, so that both change together, light and dark.
"""

import base64
import contextlib
import functools
import io
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image
from starlette.middleware import Middleware

from lesson7.core.errors import InputError, Lesson7Error, WeightsError
from lesson7.ui import events, words
from lesson7.ui.guard import MAX_BODY, Guard
from lesson7.ui.housekeeping import housekeeping
from lesson7.ui.listeners import Listeners
from lesson7.ui.sent import Page

ASSETS = Path(__file__).parent / "assets"

Tab = tuple[str, Callable[[], gr.Blocks]]

BROKEN = (
    "This network could not be loaded, so this tab cannot answer. "
    "The other tabs work; the reason is in the app's log."
)

_log = logging.getLogger(__name__)


def asset(*names: str) -> str:
    """The text of files in ``assets/``, one after the other."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)


def picture_url(path: Path) -> str:
    """A PNG or JPEG file as a data URL, so that it travels with the page."""
    kind = "png" if path.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64," + base64.b64encode(path.read_bytes()).decode()


def data_url(picture: Image.Image) -> str:
    """A small picture as a PNG in a data URL, so that it travels with an answer."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _theme() -> gr.themes.Base:
    accent = gr.themes.Color(
        name="accent",
        c50="#eaf6f3",
        c100="#d3ece6",
        c200="#a8dacf",
        c300="#74c4b4",
        c400="#3fa998",
        c500="#17897a",
        c600="#0b7265",
        c700="#085b51",
        c800="#074840",
        c900="#063a34",
        c950="#03211e",
    )
    # Gradio's own copies of these; its 600s lack most letters, so 700 stands in for them.
    sans: list[Any] = [gr.themes.LocalFont("IBM Plex Sans", (400, 700)), "system-ui", "sans-serif"]
    mono: list[Any] = [
        gr.themes.LocalFont("IBM Plex Mono", (400, 700)),
        "ui-monospace",
        "monospace",
    ]
    theme = gr.themes.Base(primary_hue=accent, neutral_hue="stone", font=sans, font_mono=mono)
    return theme.set(
        body_background_fill="var(--l7-page)",
        body_text_color="var(--l7-ink)",
        body_text_color_subdued="var(--l7-quiet)",
        background_fill_primary="var(--l7-card)",
        background_fill_secondary="var(--l7-page)",
        border_color_primary="var(--l7-line)",
        border_color_accent="var(--l7-accent)",
        color_accent="var(--l7-accent)",
        color_accent_soft="var(--l7-accent-soft)",
        link_text_color="var(--l7-accent)",
        link_text_color_hover="var(--l7-accent)",
        link_text_color_visited="var(--l7-accent)",
        link_text_color_active="var(--l7-accent)",
        block_background_fill="var(--l7-card)",
        block_border_color="var(--l7-line)",
        block_border_width="1px",
        block_label_background_fill="var(--l7-card)",
        block_label_text_color="var(--l7-quiet)",
        block_title_text_color="var(--l7-ink)",
        block_info_text_color="var(--l7-quiet)",
        block_radius="var(--l7-radius)",
        input_background_fill="var(--l7-card)",
        input_border_color="var(--l7-line)",
        input_border_color_focus="var(--l7-accent)",
        input_placeholder_color="var(--l7-quiet)",
        slider_color="var(--l7-accent)",
        loader_color="var(--l7-accent)",
        button_primary_background_fill="var(--l7-accent)",
        button_primary_background_fill_hover="var(--l7-accent-strong)",
        button_primary_text_color="var(--l7-on-accent)",
        button_primary_border_color="transparent",
        button_secondary_background_fill="var(--l7-card)",
        button_secondary_background_fill_hover="var(--l7-accent-soft)",
        button_secondary_text_color="var(--l7-ink)",
        button_secondary_border_color="var(--l7-line)",
    )


def _head() -> str:
    """Languages, every style sheet as it is, and the two faces that come at once.

    Gradio's ``css=`` rewrites rules on the way, and loses container queries and ``:root``
    inside media queries. A face that comes late would move what is already there.
    """
    sheets = sorted(str(path.relative_to(ASSETS)) for path in ASSETS.rglob("*.css"))
    faces = "".join(
        '<link rel="preload" as="font" type="font/woff2" crossorigin'
        f' href="static/fonts/IBMPlexSans/IBMPlexSans-{weight}.woff2">\n'
        for weight in ("Regular", "Bold")
    )
    return f"{words.script()}\n{faces}<style>\n{asset(*sheets)}\n</style>"


# One process serves all: server-side rendering would put a Node server in front of the guard.
LAUNCH: dict[str, Any] = {
    "theme": _theme(),
    "head": _head(),
    "favicon_path": str(ASSETS / "favicon.png"),
    "footer_links": ["api", "settings"],
    "mcp_server": True,
    "ssr_mode": False,
    "pwa": False,
    "run_history": False,
    "enable_monitoring": False,
    "show_error": False,
    "strict_cors": True,
    "max_file_size": MAX_BODY,
    "max_threads": 64,  # so many events may be under way; those that compute wait in two lanes
    "_frontend": False,  # or a machine too busy to draw the page in 3 seconds stops at the start
    "state_session_capacity": 300,  # visitors of whom the latest halt is known, 70 KB each
    "app_kwargs": {
        "middleware": [Middleware(Guard, check_place=events.check_place), Middleware(Listeners)],
        "lifespan": housekeeping(),
    },
}


def page(tabs: Sequence[Tab]) -> gr.Blocks:
    """The app: a header, and under it one tab for each ``(name, build)``, in this order.

    Gradio's queue lets events through to their lanes (``lanes``), which refuse whom they could
    not serve in time. It refuses whoever comes while 64 are under way and 64 more wait.
    """
    built = [(name, build()) for name, build in tabs]
    with Page(title="Lesson 7, live", analytics_enabled=False, delete_cache=(600, 3600)) as app:
        app.space_id = None  # or Gradio puts a bar on a Space's page, with fonts from elsewhere
        gr.HTML(
            html_template=asset("header.html"),
            js_on_load=asset("address.js", "header.js", "tabs.js"),
            apply_default_css=False,
            elem_id="header",
        )
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):  # a menu would hide some
            for name, tab in built:
                word = name.lower().replace(" ", "-")
                with gr.Tab(name, id=word, elem_id=f"tab-{word}"):
                    tab.render()
    return app.queue(max_size=64, default_concurrency_limit=1, api_open=False)


def failed(tab: str, name: str) -> str:
    """JavaScript for an event's ``failure``: dispatches ``NAME-failed`` on the tab's section.

    Args:
        tab: the id of the tab's ``gr.HTML``.
        name: the class of the section in it.
    """
    return (
        f"() => {{ document.querySelector('#{tab} .{name}')"
        f".dispatchEvent(new Event('{name}-failed', {{bubbles: true}})) }}"
    )


def reply_to_error(error: Exception) -> dict[str, str]:
    """``{"error": words}`` or, where weights cannot be used, ``{"broken": words}``."""
    if isinstance(error, WeightsError):
        _log.error("%s", error)
        return {"broken": BROKEN}
    return {"error": str(error)}


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Turn our errors into the message that Gradio shows or sends; leave defects alone."""
    try:
        yield
    except InputError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except WeightsError as error:
        _log.error("%s", error)
        raise gr.Error(BROKEN, print_exception=False) from error


@functools.cache
def warm_up(work: Callable[[], object]) -> threading.Thread:
    """Run ``work`` in the background; a second call with the same function does nothing.

    For what the first visitor would otherwise wait for, such as importing torch. An error of
    ours is logged and will come again, with words, where the visitor needs the result.
    """

    def run() -> None:
        try:
            work()
        except Lesson7Error as error:
            _log.error("%s", error)

    thread = threading.Thread(target=run, name=f"warm up {work.__module__}", daemon=True)
    thread.start()
    return thread


def warm_up_on_load(tab: gr.Blocks, work: Callable[[], object]) -> None:
    """Have the first page that is opened begin ``work``, without a word to whoever opens it.

    Gradio would read out "Loading" and "common.complete", which no table of its has words for.
    """
    tab.load(
        lambda: warm_up(work) and None,
        show_progress="hidden",
        api_visibility="private",
        queue=False,
    )
