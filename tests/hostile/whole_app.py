"""The whole page in this process, asked the way that Gradio's queue asks: quick, and watched.

What a stranger sends goes through all that the server does with it but the transport: the
components' intake, the function, what becomes of its result. ``call`` is for the endpoints,
``ask`` for the questions of the page's own scripts.
"""

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

from lesson7.ui import bedrooms, components, human_numbers, lesson, mnist, restoration, sent

TABS = [
    ("Digits", mnist.build),
    ("Restoration", restoration.build),
    ("Bedrooms", bedrooms.build),
    ("Human numbers", human_numbers.build),
    ("Lesson", lesson.build),
]

# What no answer may hold: places on the server, names of our and Python's insides.
INSIDES = re.compile(
    r"/(work|home|root|tmp|usr|etc|var|proc|dev)/|\\\\|site-packages|\.py\b|Traceback|<class|"
    r"\b\w+(Error|Exception|Warning)\b|object at 0x|root:x:",
)


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        words: why there is no result; empty if there is one.
        data: the result, or the replies to a question of the page.
    """

    words: str
    data: list[Any]


class WholeApp:
    """All tabs, and a memory of what went wrong inside."""

    def __init__(self) -> None:
        self.page = components.page(TABS)
        self.page.has_launched = True  # or Gradio allows every path, as to a developer
        self.page.allowed_paths, self.page.blocked_paths = [], []
        self.loop = asyncio.new_event_loop()
        self._callers = SessionState(self.page)  # endpoints keep nothing, and it is slow to build
        self.defects: list[str] = []
        ids = {block._id: block.elem_id for block in self.page.blocks.values()}
        self.endpoints: dict[str, Any] = {}
        self.questions: dict[tuple[str, str], Any] = {}
        for fn in self.page.fns.values():
            if fn.api_visibility == "public":
                self.endpoints[fn.api_name] = fn
            for target, event in fn.targets:
                if fn.fn is not None and ids.get(target):
                    self.questions[ids[target], event] = fn
        watch = logging.Handler()
        watch.emit = lambda record: record.exc_info and self.defects.append(str(record.exc_info[1]))
        self._watch = watch
        logging.getLogger(sent.__name__).addHandler(watch)

    def close(self) -> None:
        logging.getLogger(sent.__name__).removeHandler(self._watch)
        self.loop.close()

    def call(self, endpoint: str, *data: Any) -> Answer:
        """One call of a public endpoint."""
        return self.loop.run_until_complete(self._run(self.endpoints[endpoint], list(data), None))

    def ask(self, tab: str, event: str, question: Any) -> Answer:
        """One question of a tab's script; the data are its replies."""
        fn = self.questions[tab, event]
        about = gr.EventData(None, question)
        answer = self.loop.run_until_complete(self._run(fn, [None] * len(fn.inputs), about))
        came = [one for one in answer.data if not _is_nothing(one)]
        replies = [json.loads(one) if isinstance(one, str) else one for one in came]
        for one in replies:
            if isinstance(one, dict):
                one.pop("id", None)  # the stranger's own, whatever it was
        said = next((one for one in reversed(replies) if isinstance(one, dict)), {})
        return Answer(answer.words or said.get("error", "") or said.get("broken", ""), replies)

    async def _run(self, fn: Any, data: list[Any], about: gr.EventData | None) -> Answer:
        self.defects.clear()
        state = self._callers if about is None else SessionState(self.page)
        iterator, came = None, []
        try:
            while True:
                output = await self.page.process_api(
                    fn, data, state, iterator=iterator, event_data=about, simple_format=True
                )
                iterator = output["iterator"]
                if iterator is None or output["is_generating"]:
                    came += output["data"]
                if not output["is_generating"]:
                    return Answer("", came)
        except gr.Error as error:
            return Answer(error.message, [])


def _is_nothing(output: Any) -> bool:
    """What a generator ends with: no value, or an update that changes nothing."""
    return output is None or (isinstance(output, dict) and output.get("__type__") == "update")


def judge(app: WholeApp, answer: Answer, *, must_refuse: bool = False) -> None:
    """A result that is sound, or words that help; nothing of the insides, and no defect."""
    assert app.defects == [], app.defects
    if answer.words:
        assert len(answer.words.split()) > 3, answer.words
        assert len(answer.words) < 500, answer.words
        assert answer.words != sent.DEFECT
        assert not INSIDES.search(answer.words), answer.words
    else:
        assert not must_refuse, str(answer.data)[:300]
        json.dumps(answer.data, allow_nan=False, default=str)
    for one in answer.data:
        shown = json.dumps(one, default=str) if isinstance(one, dict) else ""
        assert "Traceback" not in shown
        assert "site-packages" not in shown


def as_upload(folder: Path, content: bytes, name: str = "picture.png") -> str:
    """A file where Gradio puts uploads, as its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return str(folder / name)
