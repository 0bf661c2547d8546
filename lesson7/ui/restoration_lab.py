"""The Restoration tab's laboratory: photographs made bad, restored, judged, looked into.

spoil     {"id": 3, "image": data URL of a good photograph, "strengths": {"blur": 0.5} or
           null for the lesson's damage, "seed": 1, "recipe": "feature"}
reply     {"id": 3, "bad": data URL, "good": data URL, "recipe": "feature",
           "before": {"psnr": 22.1, "ssim": 0.61}, "after": {...}}; psnr null: no error
sights    as spoil
reply     {"id": 4, "sights": [{"title", "sentence", "maps": [{"name", "url", "words"}]}]}
story     {"id": 5}
reply     {"id": 5, "story": {"pixel": [{"url", "label"}, ...], ...}}
or, to each {"id": 3, "error": words} or {"id": 3, "broken": words}
"""

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import gradio as gr
from PIL import Image

from lesson7.core.errors import InputError, WeightsError
from lesson7.core.images import open_image
from lesson7.restoration.degradations import DEGRADATIONS
from lesson7.ui import components, events, restoration_page

MOST_PIXELS = 160_000  # of a photograph that is made bad: all of it happens at each movement

# The losses, by the names of their sights, and their mean in words.
TITLES = {
    "pixel": ("What the pixel loss sees", lambda mean: f"off by {mean:.1f} of 255"),
    "feature": ("What the feature loss sees", lambda mean: f"features off by {100 * mean:.0f} %"),
    "critic": ("What the critic sees", lambda mean: f"{100 * mean:.0f} % sure it is no photograph"),
}


def spoil(event: gr.EventData) -> dict[str, Any]:
    """Reply to one ``spoil`` of the page, described at the top of this file."""
    return _reply(event, _spoilt)


def sights(event: gr.EventData) -> dict[str, Any]:
    """Reply to one ``sights`` of the page, described at the top of this file."""
    return _reply(event, _seen)


def story(event: gr.EventData) -> dict[str, Any]:
    """Reply to one ``story`` of the page, described at the top of this file."""
    folder = restoration_page.STORY.parent
    told = {
        recipe: [
            {"url": components.picture_url(folder / recipe / one["file"]), "label": one["label"]}
            for one in moments
        ]
        for recipe, moments in restoration_page.story_moments().items()
    }
    return {"id": events.asked(event).get("id"), "story": told}


def _predictor() -> ModuleType:
    """``lesson7.restoration.predict``, imported at first use: it brings torch."""
    from lesson7.restoration import predict

    return predict


def _reply(
    event: gr.EventData, look: Callable[[Image.Image, Image.Image, str], dict[str, Any]]
) -> dict[str, Any]:
    """The question's number with what ``look`` makes of the photograph, or with why nothing."""
    question = events.asked(event)
    try:
        found = look(*_damaged(question))
    except (InputError, WeightsError) as error:
        found = components.reply_to_error(error)
    return {"id": question.get("id")} | found


def _spoilt(truth: Image.Image, bad: Image.Image, recipe: str) -> dict[str, Any]:
    predict = _predictor()
    good = predict.restore(bad, recipe)
    before, after = (_judged(predict.judge(one, truth)) for one in (bad, good))
    urls = {"bad": components.data_url(bad), "good": components.data_url(good)}
    return urls | {"recipe": recipe, "before": before, "after": after}


def _seen(truth: Image.Image, bad: Image.Image, recipe: str) -> dict[str, Any]:
    predict = _predictor()
    looks = predict.inside(bad, truth, recipe)
    photographs = {"degraded": bad, "restored": predict.restore(bad, recipe), "target": truth}
    rows = [_row("The photograph", "As you damaged it above.", photographs)]
    for sight in looks:
        title, in_words = TITLES[sight.name]
        means = {name: in_words(mean) for name, mean in sight.means.items()}
        rows.append(_row(title, sight.sentence, sight.maps, means))
    return {"sights": rows}


def _damaged(question: dict[str, Any]) -> tuple[Image.Image, Image.Image, str]:
    """The good photograph, the same damaged, and the recipe to restore it by."""
    image, strengths = question.get("image"), question.get("strengths")
    recipe = restoration_page.known_recipe(question.get("recipe"))
    if not isinstance(image, str) or not image.startswith("data:"):  # never a path of ours
        raise InputError("Choose a good photograph first.")
    if strengths is not None and not _can_be_meant(strengths):
        raise InputError("Choose kinds of damage, each with a strength from 0 to 1.")
    truth = open_image(image)
    if truth.width * truth.height > MOST_PIXELS:
        raise InputError(f"The photograph must have at most {MOST_PIXELS:,} pixels here.")
    return truth, _predictor().damage(truth, strengths, question.get("seed", 0)), recipe


def _can_be_meant(strengths: object) -> bool:
    return isinstance(strengths, dict) and all(
        name in DEGRADATIONS and type(strength) in (int, float) and 0 <= strength <= 1
        for name, strength in strengths.items()
    )


def _row(
    title: str,
    sentence: str,
    pictures: Mapping[str, Image.Image],
    words: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One line of the inside: pictures side by side, some with words."""
    maps = [
        {"name": name, "url": components.data_url(picture), "words": (words or {}).get(name, "")}
        for name, picture in pictures.items()
    ]
    return {"title": title, "sentence": sentence, "maps": maps}


def _judged(judgement: Any) -> dict[str, float | None]:
    """A judgement as JSON, which has no infinity."""
    psnr = judgement.psnr if math.isfinite(judgement.psnr) else None
    return {"psnr": psnr, "ssim": judgement.ssim}
