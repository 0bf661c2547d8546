"""The Bedrooms tab: sixteen rooms at a click, walks between them, and how they came to be.

The page's side is in ``assets/bedrooms/``: ``rooms.js`` keeps the sixteen and what they are
drawn from, ``shelf.js`` those that were kept, ``walk.js`` plays, ``moments.js`` is the time
machine, ``inside.js`` shows critic and generator, ``bedrooms.js`` asks and listens. They
speak with this file through one event with one output; what they say is in
``bedrooms_replies.py``, which also answers.

Everybody else uses the endpoint ``/draw``. Run this tab alone with
``python -m lesson7.ui.bedrooms``.
"""

import contextlib
import html
import json
import logging
from collections.abc import Iterator
from string import Template

import gradio as gr
import numpy as np
from PIL import Image

from lesson7.core import weight_file, weights
from lesson7.core.errors import InputError, WeightsError
from lesson7.core.images import grid
from lesson7.ui import bedrooms_replies as replies
from lesson7.ui import components, events, sent
from lesson7.ui.lanes import SHORT
from lesson7.ui.storing import store_png

# Who draws: recipe, name on the page, what it is, why its weights may not be here.
RECIPES = [
    (
        "modern",
        "Ours",
        "a critic that looks through ImageNet’s eyes, grown from 64 to 128 pixels",
        "Its weights are not here.",
    ),
    (
        "wgan",
        "The lesson’s WGAN",
        "a critic that learns from pixels, its weights clipped: so far it paints patches of light",
        "Its weights are not here. See the time machine.",
    ),
]
PARTS_A_TURN = 4  # of /draw, which nobody watches growing

_log = logging.getLogger(__name__)


def draw(
    n: float = 16,
    seed: float = 7,
    truncation: float = 1.0,
    recipe: str = "modern",
    progress: gr.Progress = gr.Progress(),
) -> Iterator[str | None]:
    """Draw bedrooms that never existed.

    Args:
        n: how many, 1 to 64. The first ones stay the same when more are asked for.
        seed: a whole number; the same one draws the same rooms.
        truncation: 0 to 1; less draws more ordinary rooms, 0 the same one n times.
        recipe: "modern" (ours, 128 pixels) or "wgan" (the lesson's, 64 pixels).

    Returns:
        One PNG with the rooms in rows of the square root of n, rounded up
        two white pixels between them.
    """
    rooms: list[Image.Image] = []
    with components.in_words():
        asked = replies.whole(n), replies.whole(seed), truncation, replies.recipe_of(recipe)
        for number, part in enumerate(replies.predictor().drawing(*asked)):
            rooms += part
            progress(len(rooms) / n)
            if number and number % PARTS_A_TURN == 0:
                yield None
    yield store_png(grid(rooms, int(np.ceil(len(rooms) ** 0.5))), "rooms", squeeze=1)


def answer(event: gr.EventData) -> Iterator[str | None]:
    """Reply to one question of the page."""
    question = events.asked(event)
    about = {"id": question.get("id")}
    try:
        for reply in replies.to(question):
            yield None if reply is None else json.dumps(about | reply)
    except InputError as error:
        yield json.dumps(about | {"error": str(error)})
    except WeightsError as error:
        _log.error("%s", error)
        yield json.dumps(about | {"broken": components.BROKEN})


def warm() -> None:
    """Import torch and draw four rooms with the network that is asked first."""
    replies.predictor().draw(4, 7)


def build() -> gr.Blocks:
    """The tab. ``/draw`` is its one public endpoint."""
    names = ("rooms", "shelf", "walk", "moments", "inside", "bedrooms")
    with gr.Blocks(analytics_enabled=False) as tab:
        desk = gr.HTML(
            value="",
            html_template=_page(),
            js_on_load=components.asset(
                "address.js", "able.js", *(f"bedrooms/{name}.js" for name in names)
            ),
            apply_default_css=False,
            elem_id="bedrooms",
        )
        halted = gr.State(events.Halted())  # copied for each visitor
        with gr.Row(visible=False):
            n = sent.unchecked(gr.Number(16, label="n"))
            seed = sent.unchecked(gr.Number(7, label="seed"))
            truncation = sent.unchecked(gr.Number(1.0, label="truncation"))
            recipe = sent.unchecked(gr.Radio(replies.RECIPES, value="modern", label="recipe"))
            sheet = gr.Image(format="png", type="filepath", label="sheet")
            run = gr.Button("draw")

        asked = desk.ask(
            events.for_page(SHORT, answer),
            halted,
            desk,
            **events.QUIET,
            **events.OPEN,
        )
        asked.failure(None, js=components.failed("bedrooms", "bedrooms"), api_visibility="private")
        events.endpoint(run, SHORT, draw, [n, seed, truncation, recipe], sheet)
        components.warm_up_on_load(tab, warm)
    return tab


def _page() -> str:
    """The tab's HTML, the choice of who draws filled in."""
    recipes = "".join(_choice(*recipe) for recipe in RECIPES)
    return Template(components.asset("bedrooms/bedrooms.html")).substitute(recipes=recipes)


def _choice(recipe: str, name: str, says: str, why_missing: str) -> str:
    missing = replies.is_missing(recipe)
    first = next(one for one in replies.RECIPES if not replies.is_missing(one))
    state = " disabled" if missing else " checked" if recipe == first else ""
    facts = ""
    with contextlib.suppress(WeightsError):  # said in words when it is asked to draw
        folder = weights.folder_in_use()
        file = folder / weights.entry(f"bedrooms-{recipe}", folder).file
        facts = f"{weight_file.count_parameters(file):,} parameters"
    return (
        f'<label class="l7-choice"><input type="radio" name="br-recipe" value="{recipe}"{state}>'
        f"<strong>{html.escape(name)}</strong>"
        f"<span>{html.escape(why_missing if missing else says)}</span>"
        f"<span>{facts}</span></label>"
    )


if __name__ == "__main__":
    components.page([("Bedrooms", build)]).launch(**components.LAUNCH)
