"""What the Restoration tab's page is put together from: recipes, examples, kinds of damage.

RECIPES         API name -> name on the page, and what it is like in one sentence
MENDING         those that answer damage, the best first; the other one finds colours
EXAMPLES        the damaged photographs that a visitor may begin with
STARTING        what is switched on at first where photographs are made bad
page            the tab's HTML
is_missing      whether the weights of a recipe are known not to be here
known_recipe    a recipe that the page names, or words
"""

import contextlib
import html
import json
from collections.abc import Iterable
from string import Template

from lesson7.core import weights
from lesson7.core.errors import WeightsError
from lesson7.restoration.degradations import DEGRADATIONS, Degradation
from lesson7.ui import components, sent

RECIPES = {
    "pixel": ("Pixel loss", "Closest to the truth, and a little soft."),
    "gan": ("GAN", "Pixel loss and a critic’s opinion; hardly crisper yet."),
    "feature": ("Feature loss", "Sharp where eyes look: edges, contours, eyes."),
    "best": ("Best", "Crisp: where detail is lost it invents fur and leaves."),
    "colour": ("Colour", "Colours for a black-and-white photograph; nothing else changes."),
}
MENDING = ("best", "feature", "gan", "pixel")  # compared; the first here is chosen at first
SCALES = (1, 2, 3, 4)
CROP = 192  # pixels along each side of what is restored by every recipe, side by side

# File, how many times it is enlarged, and what is seen.
EXAMPLES = [
    ("number", 3, "a ginger cat, tiny, with a number on it"),
    ("attic", 1, "a cat, faded and scratched"),
    ("watermark", 1, "a white puppy under a watermark"),
    ("night", 1, "a terrier, full of noise"),
    ("blur", 1, "a spotted cat, blurred"),
    ("small", 3, "a wolfspitz, small and compressed"),
    ("grey", 1, "a dog in the grass, without its colours"),
]
GOOD = [("kitten", "a grey kitten"), ("spaniel", "a spaniel"), ("leaves", "a cat among leaves")]
STARTING = {"downscale": 0.5, "number": 0.6, "jpeg": 0.5}

PSNR_SAYS = "Pixels: so much closer to the truth than plain enlarging, on 200 photographs"
FEATURES_SAY = "What a network sees: so much closer to the truth than plain enlarging"
COLOURS_SAY = "Colours: so much closer to the truth than grey, on 200 photographs"
FEATURES_IN_COLOUR = "What a network sees: so much closer to the truth than grey"

FOLDER = components.ASSETS / "restoration"
STORY = FOLDER / "story" / "story.json"


def known_recipe(recipe: object) -> str:
    """The recipe, if it is one of ``RECIPES``; otherwise an ``InputError``."""
    return sent.one_of(list(RECIPES), recipe, "Choose a recipe first")


def is_missing(recipe: str) -> bool:
    """Whether the recipe's weights are neither in the chosen folder nor with the app."""
    return weights.is_missing(f"restoration-{recipe}")


def page() -> str:
    """The tab's HTML: examples, recipes, kinds of damage, and the story if there is one."""
    missing = {recipe for recipe in RECIPES if is_missing(recipe)}
    chosen = next((recipe for recipe in MENDING if recipe not in missing), None)
    lab = _template("lab").substitute(
        goods="".join(_good(*one) for one in GOOD),
        members="".join(_member(one) for one in DEGRADATIONS.values()),
    )
    return _template("restoration").substitute(
        crop=CROP,
        examples="".join(_example(*one) for one in EXAMPLES),
        recipes="".join(_recipe(one, one == chosen, one in missing) for one in RECIPES),
        scales="".join(map(_scale, SCALES)),
        lab=lab,
        inside=_template("inside").substitute(story=_story()),
    )


def _template(name: str) -> Template:
    return Template(components.asset(f"restoration/{name}.html"))


def _example(name: str, scale: int, says: str) -> str:
    url = components.picture_url(FOLDER / "examples" / f"{name}.jpg")
    return (
        f'<button type="button" data-name="{name}" data-scale="{scale}" aria-pressed="false"'
        f' aria-label="Example: {html.escape(says)}"><img src="{url}" alt=""></button>'
    )


def _good(name: str, says: str) -> str:
    url = components.picture_url(FOLDER / "good" / f"{name}.jpg")
    return (
        f'<button type="button" data-name="{name}" aria-pressed="false"'
        f' aria-label="{html.escape(says.capitalize())}"><img src="{url}" alt=""></button>'
    )


def _recipe(recipe: str, chosen: bool, missing: bool) -> str:
    name, says = RECIPES[recipe]
    state = " disabled" if missing else " checked" if chosen else ""
    says = "Its weights are not here." if missing else says
    facts = "" if missing else _facts(recipe)
    return (
        f'<label class="l7-choice"><input type="radio" name="rs-recipe" value="{recipe}"{state}>'
        f"<strong>{html.escape(name)}</strong><span>{html.escape(says)}</span>{facts}</label>"
    )


def _facts(recipe: str) -> str:
    """What was measured against plain enlarging, or against grey, if the index has it."""
    mends = recipe in MENDING
    closeness = PSNR_SAYS if mends else COLOURS_SAY
    seen = FEATURES_SAY if mends else FEATURES_IN_COLOUR
    with contextlib.suppress(WeightsError, KeyError):
        measured = weights.entry(f"restoration-{recipe}").metrics
        gain = f"{measured['gain_db']:+.1f} dB".replace("-", "−")
        facts = [f'<b title="{closeness}">{gain}</b>']
        if "features" in measured:
            closer = 100 * (1 - measured["features"])
            facts.append(f'<b title="{seen}">features {closer:.0f} % closer</b>')
        return f'<span class="rs-facts">{" ".join(facts)}</span>'
    return ""


def _scale(scale: int) -> str:
    checked = " checked" if scale == 1 else ""
    return (
        f'<label><input type="radio" name="rs-scale" value="{scale}"{checked}>'
        f"<span>{scale}×</span></label>"
    )


def _member(member: Degradation) -> str:
    """A switch, and a slider with what its ends mean."""
    strength = STARTING.get(member.name)
    checked = "" if strength is None else " checked"
    name, label = member.name, html.escape(member.label)
    return (
        f'<div class="rs-member" data-name="{name}">'
        f'<label><input type="checkbox" role="switch"{checked}><span>{label}</span></label>'
        f'<input type="range" min="0" max="1" step="0.05" value="{strength or 0.5}"'
        f' aria-label="{label}: strength">'
        f"<p><span>{html.escape(member.least)}</span><span>{html.escape(member.worst)}</span></p>"
        "</div>"
    )


def story_moments() -> dict[str, list[dict[str, str]]]:
    """Recipe -> moments of its training, first to last: ``{"file": ..., "label": ...}``.

    Files are relative to the recipe's folder beside ``story.json``; empty if there is none.
    """
    if not STORY.exists():
        return {}
    told: dict[str, list[dict[str, str]]] = json.loads(STORY.read_text(encoding="utf-8"))
    return told


def _story() -> str:
    return (
        _template("story").substitute(recipes=_buttons(story_moments())) if STORY.exists() else ""
    )


def _buttons(recipes: Iterable[str]) -> str:
    return "".join(
        f'<button type="button" class="l7-button" data-recipe="{recipe}" aria-pressed="false">'
        f"{html.escape(RECIPES[recipe][0])}</button>"
        for recipe in recipes
    )
