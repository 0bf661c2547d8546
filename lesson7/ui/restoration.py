"""The Restoration tab: a bad photograph in, the restored one beside it, to compare and keep.

The page's side is in ``assets/restoration/``: ``source.js`` takes pictures in, ``viewer.js``
shows before and after, ``restoring.js`` asks and answers, ``side.js`` compares the recipes,
``lab.js`` makes good photographs bad, ``inside.js`` shows what the losses see; ``desk.js``
sees to it that one question is asked at a time. They speak with this file, and with
``restoration_lab.py``, through events with one output:

    ask     {"id": 7, "path": where the picture was uploaded to, "recipe": "feature",
             "scale": 2, "strength": 1, "name": of the file, "show": whether the page wants the
             picture as it was read, because the browser shows it otherwise, or not at all}
    reply   several: {"id": 7, "done": false, "fraction": 0.25, "words": "1 of 4 tiles"},
            the last {"id": 7, "done": true, "result": file, "before": file or null,
                      "size": [width, height], "notice": "",
                      "colourless": whether the picture was black-and-white}
    or first, to each {"id": 7, "wait": words}, several times, while others are before it
    halt    {"id": 7}, without a reply: that restoration stops at its next tile
    crops   {"id": 8, "path": ..., "scale": 2, "strength": 1, "centre": [0.5, 0.5]}
    reply   {"id": 8, "crops": {"input": data URL, "pixel": ..., ...}}
    or, to each {"id": 7, "error": words}, {"id": 7, "broken": words} where weights cannot be
            used, or {"id": 7, "gone": true} where the upload has been cleared away

Everybody else uses the endpoint ``/restore``. Run this tab alone with
``python -m lesson7.ui.restoration``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
from PIL import Image

from lesson7.core import weights
from lesson7.core.errors import InputError, WeightsError
from lesson7.core.images import open_image
from lesson7.ui import components, events, restoration_lab, restoration_page, sent, zero_gpu
from lesson7.ui.lanes import LONG
from lesson7.ui.restoration_page import MENDING, RECIPES
from lesson7.ui.storing import store_png

_SCRIPTS = ("viewer", "desk", "source", "side", "lab", "inside", "restoring")
_OURS = "weights of restoration-"  # in a notice: other tabs have their own


class _GoneError(Exception):
    """The upload is not there any more: the app clears them away after an hour."""


def restore(
    image: str,
    recipe: str = "best",
    scale: float = 1,
    strength: float = 1,
    progress: gr.Progress = gr.Progress(),
) -> Iterator[str | None]:
    """Restore a bad photograph: small, blurred, noisy, JPEG-damaged, scratched, written on.

    PNG, JPEG, WebP, BMP, GIF, AVIF and TIFF are read; the result has 12 million pixels at most.

    Args:
        image: the photograph, uploaded or as a data URL, of 16x16 to 12 million pixels.
        recipe: "best" (crisp), "feature", "gan", "pixel" (faithful) or "colour" (for grey ones).
        scale: how many times larger the result is along each side, 1 to 4.
        strength: how much of the network's work is taken, 0 (only enlarged) to 1 (all).

    Returns:
        The restored photograph, a PNG of exactly ``scale`` times the size, without metadata.
    """
    with components.in_words():
        if image is None:
            raise InputError("Send a photograph to restore.")
        restoration_page.known_recipe(recipe)
        for step in _stream(image, recipe, scale, strength):
            progress(step.fraction, desc=step.words)
            yield None if step.restored is None else store_png(step.restored, "restored")


def answer(event: gr.EventData) -> Iterator[dict[str, Any]]:
    """Reply to one ``ask`` of the page, described at the top of this file."""
    question = events.asked(event)
    reply: dict[str, Any] = {"id": question.get("id")}
    try:
        path = _uploaded(question.get("path"))
        recipe = restoration_page.known_recipe(question.get("recipe"))
        scale, strength = question.get("scale"), question.get("strength")
        for step in _stream(path, recipe, scale, strength):
            if step.restored is None:
                progress = {"done": False, "fraction": step.fraction, "words": step.words}
                yield reply | progress
            else:
                before = _as_read(path) if question.get("show") else None
                yield reply | {
                    "done": True,
                    "result": _file(step.restored, question.get("name")),
                    "before": before and _file(before),
                    "size": list(step.restored.size),
                    "colourless": step.colourless,
                    "notice": " ".join(one for one in weights.notices() if _OURS in one),
                }
    except (_GoneError, InputError, WeightsError) as error:
        yield reply | _words(error)


def crops(event: gr.EventData) -> dict[str, Any]:
    """Reply to one ``crops`` of the page, described at the top of this file."""
    question = events.asked(event)
    reply: dict[str, Any] = {"id": question.get("id")}
    try:
        path = _uploaded(question.get("path"))
        scale, strength = question.get("scale"), question.get("strength")
        centre = _centre(question.get("centre"))
        mending = (recipe for recipe in RECIPES if recipe in MENDING)
        here = [recipe for recipe in mending if not restoration_page.is_missing(recipe)]
        pictures = _predictor().compare(
            path, scale, strength, centre=centre, side=restoration_page.CROP, recipes=here
        )
    except (_GoneError, InputError, WeightsError) as error:
        return reply | _words(error)
    return reply | {"crops": {name: components.data_url(one) for name, one in pictures.items()}}


def warm() -> None:
    """Import torch and restore one grey picture with the network that is asked first."""
    here = (recipe for recipe in MENDING if not restoration_page.is_missing(recipe))
    first = next(here, None)
    if first:
        _predictor().restore(Image.new("RGB", (64, 64), "grey"), first)


def build() -> gr.Blocks:
    """The tab. ``/restore`` is its one public endpoint."""
    with gr.Blocks(analytics_enabled=False) as tab:
        desk = gr.HTML(
            value="",
            html_template=restoration_page.page(),
            js_on_load=components.asset(
                "address.js", "able.js", *(f"restoration/{name}.js" for name in _SCRIPTS)
            ),
            apply_default_css=False,
            elem_id="restoration",
        )
        halted = gr.State(events.Halted())  # copied for each visitor
        with gr.Row(visible=False):
            image = sent.unread(gr.Image(type="filepath", label="image"))
            recipe = sent.unchecked(gr.Radio(list(RECIPES), value="best", label="recipe"))
            scale = sent.unchecked(gr.Number(1, label="scale"))
            strength = sent.unchecked(gr.Number(1, label="strength"))
            restored = gr.Image(type="filepath", format="png", label="restored")
            run = gr.Button("restore")

        work = [
            (desk.ask, answer),
            (desk.crops, crops),
            (desk.spoil, restoration_lab.spoil),
            (desk.sights, restoration_lab.sights),
        ]
        asked = [
            event(
                events.for_page(LONG, reply, pack=dict), halted, desk, **events.QUIET, **events.OPEN
            )
            for event, reply in work
        ]
        asked.append(desk.story(restoration_lab.story, None, desk, **events.QUIET))
        desk.halt(events.halt, halted, None, queue=False, **events.QUIET)
        for event in asked:
            event.failure(
                None, js=components.failed("restoration", "restoration"), api_visibility="private"
            )
        events.endpoint(run, LONG, restore, [image, recipe, scale, strength], restored)
        components.warm_up_on_load(tab, warm)
    return tab


def _predictor() -> ModuleType:
    """``lesson7.restoration.predict``, imported at first use: it brings torch."""
    from lesson7.restoration import predict

    return predict


@zero_gpu.on_card
def _stream(*asked: Any) -> Iterator[Any]:
    return _predictor().stream(*asked)


def _uploaded(place: object) -> str:
    """A path that the page names, if it is of an upload."""
    path = sent.uploaded(place)
    if path is None:
        raise InputError("Choose a photograph first.")
    if not Path(path).is_file():
        raise _GoneError
    return path


def _as_read(path: str) -> Image.Image:
    """The picture that is restored, with its transparency if it has any."""
    picture = open_image(path, keep_alpha=True)
    least, _ = picture.getchannel("A").getextrema()
    return picture if least != 255 else picture.convert("RGB")


def _centre(place: object) -> tuple[float, float]:
    """Where the page wants a crop, as shares of the picture."""
    match place:
        case [int() | float() as x, int() | float() as y]:
            return x, y
    raise InputError("Place the square on the picture first.")


def _words(error: Exception) -> dict[str, Any]:
    """What the page is told instead of an answer."""
    if isinstance(error, _GoneError):
        return {"gone": True}
    return components.reply_to_error(error)


def _file(picture: Image.Image, name: object = None) -> dict[str, Any]:
    """A picture as Gradio hands files to a page; it adds the address.

    Args:
        picture: what to save.
        name: of the file that it was made from, as a stranger gives it.
    """
    plain = re.sub(r"[^\w .()-]", "", name)[:80].strip(" .") if isinstance(name, str) else ""
    saved = store_png(picture, f"{plain}-restored" if plain else "restored")
    return {"path": saved, "meta": {"_type": "gradio.FileData"}}


if __name__ == "__main__":
    components.page([("Restoration", build)]).launch(**components.LAUNCH)
