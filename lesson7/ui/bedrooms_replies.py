"""What the page of the Bedrooms tab asks, and what it is told.

A *room* is ``{"seed": 7, "index": 0, "truncation": 1, "moves": {"warmth": -1.5}}``, all
pictures are data URLs, and every reply repeats the question's ``id``:

    question    {"id": 1, "ask": "rooms", "recipe": "modern", "room": room}
    replies     {"id": 1, "rooms": [...], "of": 16, "size": 128, "directions": [...],
                 "notice": "", "more": true}, growing until all sixteen are there
    question    {"id": 2, "ask": "walk", "recipe": ..., "stops": [room, ...]}
    replies     {"id": 2, "drawn": 16, "of": 60, "more": true}, ...,
                {"id": 2, "film": [row, row], "frames": 60, "columns": 30, "size": 128,
                 "fps": 20}
    question    {"id": 3, "ask": "gif", ...}        replies as for a walk, {"id": 3, "gif": ...}
    question    {"id": 4, "ask": "scores", "recipe": ..., "room": room}
    reply       {"id": 4, "scores": [...], "drawn": [mean, deviation], "said_by": words}
    question    {"id": 5, "ask": "stages", ...}     reply {"id": 5, "stages": [...], "room": ...}
    question    {"id": 6, "ask": "history"}         reply {"id": 6, "history": {"wgan": {...}}}
    question    {"id": 7, "ask": "directions", ...} reply {"id": 7, "directions": [...]}
    or, to each {"id": 1, "error": words} or {"id": 1, "broken": words}

    to              a question -> its replies
    is_missing      whether a recipe's weights are not here
    recipe_of, whole, predictor     for the tab's endpoint, too
"""

import base64
import io
import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from lesson7.core import weights
from lesson7.core.errors import InputError, WeightsError
from lesson7.core.images import grid

RECIPES = ["modern", "wgan"]

# What a slider is called, and its two ends, by the name of its direction.
SLIDERS = {
    "brightness": ("Brightness", "darker", "brighter"),
    "warmth": ("Warmth", "bluer", "redder"),
    "colour": ("Colour", "greyer", "more colourful"),
    "contrast": ("Contrast", "flatter", "starker"),
    "window": ("Light where windows are", "less", "more"),
    "side": ("Where the light is", "left", "right"),
}

LEAST_R2 = 0.3  # of what a direction is named after: with less it does not earn a slider

# What a stage is about, by its side in pixels.
STAGE_SAYS = {
    4: "The latent, spread over sixteen places.",
    8: "Every place has become four.",
    16: "Neighbours may differ now: the first outlines.",
    32: "Room for corners, for a window frame, for a lamp.",
    64: "Room for folds and for texture.",
    128: "The finest texture.",
}

N_ROOMS, FRAMES, FPS, GIF_SIDE = 16, 30, 20, 192

Replies = Iterator[dict[str, Any] | None]

_log = logging.getLogger(__name__)


def to(question: dict[str, Any]) -> Replies:
    """The replies to one question, without its ``id``; None is a turn without one.

    Raises:
        InputError: it makes no sense; the message says what would.
        WeightsError: the network that it is about is missing or damaged.
    """
    wanted = question.get("ask")
    if not isinstance(wanted, str) or wanted not in _ANSWERS:
        raise InputError("Ask for rooms, a walk, a GIF, scores, stages or the history.")
    yield from _ANSWERS[wanted](question)


def predictor() -> ModuleType:
    """``lesson7.bedrooms.predict``, imported at first use: it brings torch."""
    from lesson7.bedrooms import predict

    return predict


def _rooms(question: dict[str, Any]) -> Replies:
    recipe, room = recipe_of(question.get("recipe")), _room(question.get("room"))
    parts = predictor().drawing(N_ROOMS, room.seed, room.truncation, recipe, moves=room.moves)
    reply = {"of": N_ROOMS, "directions": _sliders(recipe), "notice": " ".join(weights.notices())}
    ready: list[str] = []
    for part in parts:
        ready += [_webp(picture) for picture in part]
        yield reply | {"rooms": ready, "size": part[0].width, "more": len(ready) < N_ROOMS}


def _directions(question: dict[str, Any]) -> Replies:
    yield {"directions": _sliders(recipe_of(question.get("recipe")))}


def _walk(question: dict[str, Any]) -> Replies:
    frames: list[Image.Image] = []
    yield from _frames(question, frames)
    rows = []
    for start in range(0, len(frames), FRAMES):
        rows.append(_webp(grid(frames[start : start + FRAMES], FRAMES, gap=0), quality=88))
        yield None
    size = frames[0].width
    yield {"film": rows, "frames": len(frames), "columns": FRAMES, "size": size, "fps": FPS}


def _gif(question: dict[str, Any]) -> Replies:
    frames: list[Image.Image] = []
    yield from _frames(question, frames)
    for film in predictor().filming(frames, fps=FPS, side=max(GIF_SIDE, frames[0].width)):
        yield None if film is None else {"gif": _url("image/gif", film)}


def _frames(question: dict[str, Any], into: list[Image.Image]) -> Replies:
    """Draw the frames of a walk into a list, and say how far it is after every sixteen."""
    stops = question.get("stops")
    if not isinstance(stops, list):
        raise InputError("Choose two rooms or more to walk through.")
    recipe = recipe_of(question.get("recipe"))
    for part in predictor().walking([_room(stop) for stop in stops], FRAMES, recipe):
        into += part
        told = {"drawn": len(into), "of": len(stops) * FRAMES, "more": True}
        yield told if len(into) % 16 == 0 else None


def _scores(question: dict[str, Any]) -> Replies:
    recipe, room = recipe_of(question.get("recipe")), _room(question.get("room"))
    rooms = [
        predictor().Room(room.seed, index, room.truncation, room.moves) for index in range(N_ROOMS)
    ]
    said = predictor().score(rooms, recipe)
    if not np.isfinite([*said.scores, *said.drawn]).all():
        raise InputError("The critic gave no score this time. Please try other rooms.")
    yield {
        "scores": [round(score, 3) for score in said.scores],
        "drawn": [round(number, 3) for number in said.drawn],
        "said_by": said.said_by,
    }


def _stages(question: dict[str, Any]) -> Replies:
    recipe, room = recipe_of(question.get("recipe")), _room(question.get("room"))
    *held, picture = predictor().build_up(room, recipe)
    stages = [
        {
            "size": stage.size,
            "channels": stage.channels,
            "says": STAGE_SAYS[stage.size],
            "seen": _webp(stage.seen),
            "maps": base64.b64encode((255 * stage.maps).round().astype(np.uint8)).decode(),
        }
        for stage in held
    ]
    yield {"stages": stages, "room": _webp(picture.seen)}


def _history(question: dict[str, Any]) -> Replies:
    histories = {}
    for recipe in RECIPES:
        try:
            history = predictor().history(recipe)
        except WeightsError as error:
            _log.error("%s", error)
            continue
        histories[recipe] = {
            "moments": [
                {
                    "images": moment.images,
                    "minutes": round(moment.minutes, 1),
                    "sheet": _url("image/webp", moment.sheet),
                }
                for moment in history.moments
            ],
            "curves": history.curves,
            "eyes": history.eyes,
        }
    if not histories:
        raise InputError("There is no record of the training beside these weights.")
    yield {"history": histories}


def _sliders(recipe: str) -> list[dict[str, Any]]:
    """The recipe's directions that do what they are called, with what was measured."""
    found = predictor().directions(recipe)
    rows = zip(found.names, found.effects, found.spreads, found.r2, found.agreements, strict=True)
    return [
        {
            "name": name,
            "label": SLIDERS[name][0],
            "ends": SLIDERS[name][1:],
            "effect": effect,
            "spread": spread,
            "r2": r2,
            "agreement": agreement,
        }
        for name, effect, spread, r2, agreement in rows
        if r2 >= LEAST_R2
    ]


_ANSWERS = {
    "rooms": _rooms,
    "directions": _directions,
    "walk": _walk,
    "gif": _gif,
    "scores": _scores,
    "stages": _stages,
    "history": _history,
}


# ---- what came with a question


def recipe_of(recipe: object) -> str:
    """One of ``RECIPES`` that can draw.

    Raises:
        InputError: it is something else, or its weights are not here.
    """
    if not isinstance(recipe, str) or recipe not in RECIPES:
        raise InputError("Choose who draws: “modern” or “wgan”.")
    if is_missing(recipe):
        raise InputError("This network is not among the weights here. Choose the other one.")
    return recipe


def is_missing(recipe: str) -> bool:
    """Whether the weights of one recipe are not here; without any, an error says more."""
    names = [f"bedrooms-{one}" for one in RECIPES]
    return weights.is_missing(f"bedrooms-{recipe}") and not all(map(weights.is_missing, names))


def _room(room: object) -> Any:
    """What the page calls a room as ``predict``'s; its numbers are checked there."""
    if not isinstance(room, dict) or not isinstance(room.get("moves", {}), dict):
        raise InputError("Say which room: its seed, its place, its truncation.")
    seed, index = (whole(room.get(key, 0)) for key in ("seed", "index"))
    return predictor().Room(seed, index, room.get("truncation", 1.0), room.get("moves", {}))


def whole(number: object) -> object:
    """JSON's 40.0 as 40; anything else as it is, to be refused in words."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64," + base64.b64encode(content).decode()


def _webp(picture: Image.Image, quality: int | None = None) -> str:
    """A picture as WebP, to the last bit unless a quality is given."""
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=quality is None, quality=quality or 50, method=3)
    return _url("image/webp", out.getvalue())
