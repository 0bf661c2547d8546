"""One tab's page and script without a server: a test says what is answered, and when.

What a visitor sees of an answer that comes late, twice or never cannot be had from a real
server on demand. ``Stage`` gives the script what Gradio would: ``element``, ``trigger``,
``props``, ``upload`` and ``watch``.
"""

import io
import json
from typing import Any

import gradio as gr
from PIL import Image
from playwright.sync_api import Browser, Page

from lesson7.ui import components

QUEUED = "You are number 2 in the queue."

ADDRESS = "http://127.0.0.1:9/"  # nobody is there: the page is handed over by the test

PLAY = """(script) => {
  window.asked = [];
  const watchers = [], props = { value: "" };
  window.answer = (value) => { props.value = value; watchers.forEach((one) => one()); };
  const element = document.querySelector("#stage");
  const trigger = (kind, data) => asked.push({ kind, ...data });
  const upload = async () => ({ path: "photograph.png" });
  const watch = (_, call) => watchers.push(call);
  new Function("element", "trigger", "props", "upload", "watch", script)(
    element, trigger, props, upload, watch);
}"""


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


class Stage:
    """A tab on a page of its own.

    Args:
        browser: the one of all tests.
        tab: as its ``build`` returns it.
        name: the ``elem_id`` of its page.
        packed: its replies are text, as of all tabs but Restoration.
    """

    def __init__(self, browser: Browser, tab: gr.Blocks, name: str, *, packed: bool = True) -> None:
        blocks = tab.blocks.values()
        (html,) = (one for one in blocks if isinstance(one, gr.HTML) and one.elem_id == name)
        self.packed = packed
        self.context = browser.new_context(viewport={"width": 1280, "height": 860})
        self.page: Page = self.context.new_page()
        style = "".join(
            file.read_text("utf-8") for file in sorted(components.ASSETS.rglob("*.css"))
        )
        body = (
            f"<!doctype html><style>{style}</style>"
            f"<body class='gradio-container'><div id='stage'>{html.html_template}</div></body>"
        )
        self.page.route(ADDRESS, lambda route: route.fulfill(content_type="text/html", body=body))
        self.page.goto(ADDRESS)
        self.page.evaluate(PLAY, html.js_on_load)

    def asked(self, kind: str = "") -> list[dict[str, Any]]:
        """The script's questions until now, or those of one kind."""
        every = self.page.evaluate("asked")
        return [one for one in every if not kind or kind in (one["kind"], one.get("ask"))]

    def wait_for(self, n: int, kind: str = "") -> dict[str, Any]:
        """The ``n``-th question of a kind, counted from 1."""
        wanted = (
            "([n, kind]) => asked.filter((one) => [one.kind, one.ask].includes(kind)).length >= n"
        )
        self.page.wait_for_function(wanted, arg=[n, kind])
        return self.asked(kind)[n - 1]

    def answer(self, number: int, **reply: Any) -> None:
        """Reply to a question by its number."""
        value: Any = {"id": number, **reply}
        self.page.evaluate("(value) => answer(value)", json.dumps(value) if self.packed else value)
