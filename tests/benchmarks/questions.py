"""What the clients of ``load`` ask: questions whose answers differ, sent as any caller would.

Question, Answer    to an endpoint, and what came back
pool                the questions that the app at an address can answer
ask                 one question over HTTP
"""

import hashlib
import io
import json
from dataclasses import dataclass

import httpx
from PIL import Image

from lesson7.ui.components import ASSETS
from tests import serving

SIDE = 512  # pixels of a photograph that is to be restored
PHOTOGRAPHS = 12  # different ones


@dataclass(frozen=True)
class Question:
    """A call of ``/endpoint``; ``data`` is its arguments as JSON."""

    endpoint: str
    data: str


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        ok: whether it is an answer.
        content: the answer as JSON, or the hash of its picture; else the words of the refusal.
    """

    ok: bool
    content: str


async def pool(web: httpx.AsyncClient) -> list[Question]:
    """Questions to each endpoint that the app has."""
    known = (await web.get("/gradio_api/info")).raise_for_status().json()["named_endpoints"]
    asked = {"classify": _digits, "restore": _photographs, "continue_text": _texts, "draw": _rooms}
    return [
        Question(endpoint, json.dumps(data))
        for endpoint, questions in asked.items()
        if f"/{endpoint}" in known
        for data in questions()
    ]


async def ask(web: httpx.AsyncClient, question: Question) -> Answer:
    """Ask, wait for the answer, and fetch its picture if it is one."""
    address = f"/gradio_api/call/{question.endpoint}"
    headers = {"content-type": "application/json"}
    try:
        sent = await web.post(address, content=f'{{"data": {question.data}}}', headers=headers)
        if sent.status_code != 200:
            return Answer(False, f"status {sent.status_code}: {sent.text}")
        stream = await web.get(f"{address}/{sent.json()['event_id']}")
        *_, event, data = [line for line in stream.text.splitlines() if line]
        if event != "event: complete":
            return Answer(False, f"{event} {data}")
        (answer,) = json.loads(data.removeprefix("data: "))
        if isinstance(answer, dict) and "path" in answer:
            picture = await web.get(f"/gradio_api/file={answer['path']}")
            return Answer(True, hashlib.sha256(picture.raise_for_status().content).hexdigest())
        return Answer(True, json.dumps(answer))
    except (httpx.HTTPError, ValueError) as error:
        return Answer(False, f"{type(error).__name__}: {error}")


def _digits() -> list[list[object]]:
    pictures = [
        serving.image(path.read_bytes()) for path in sorted(ASSETS.glob("mnist/examples/*.png"))
    ]
    return [[one, model] for one in pictures for model in ("cnn", "resnet", "best")]


def _photographs() -> list[list[object]]:
    """Cuttings of the examples, each turned another way."""
    paths = sorted(ASSETS.glob("restoration/good/*.jpg"))
    asked: list[list[object]] = []
    for number in range(PHOTOGRAPHS):
        with Image.open(paths[number % len(paths)]) as photograph:
            turned = photograph.convert("RGB").rotate(360 * number / PHOTOGRAPHS)
        file = io.BytesIO()
        turned.resize((SIDE, SIDE)).save(file, "JPEG", quality=60)
        asked.append([serving.image(file.getvalue(), "jpeg"), "feature", 1, 1])
    return asked


def _texts() -> list[list[object]]:
    return [[f"{number * 137},", 40, "counter", 1, 0, number] for number in range(1, 49)]


def _rooms() -> list[list[object]]:
    return [[16, seed, 1, "modern"] for seed in range(24)]
