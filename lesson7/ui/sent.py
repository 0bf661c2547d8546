"""What strangers send, taken as it comes: checked here and by the functions, never by Gradio.

By themselves Gradio's components decode, convert and check, and what they cannot use ends as
an error without words, with the name of a Python class, or not at all: a picture given as
``{"path": "/home/ada/cat.png"}`` without ``meta`` would be read from the server's disk.

    unread          a picture's component that hands it on unread
    unchecked       any other component that hands on what came
    one_of          a choice, or words
    uploaded        a path, if it is of an upload
    Page            ``gr.Blocks`` that answers whatever goes wrong in words

Methods of components are replaced on the instance: Gradio writes a ``.pyi`` file beside the
source of every subclass of a component, and type checkers would believe that file.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import gradio as gr
from gradio.data_classes import ImageData
from gradio.processing_utils import check_all_files_in_cache
from gradio.state_holder import SessionState
from gradio.utils import get_upload_folder

from lesson7.core.errors import InputError
from lesson7.ui.guard import NO_ROOM, NO_ROOM_SAYS

NO_LINK = "Send the picture itself, not a link to it."
NO_UPLOAD = "Upload the picture first, or send it as a data: URL."
NOT_UNDERSTOOD = "This cannot be understood. What is asked for is listed at /gradio_api/info."
DEFECT = (
    "Something went wrong here that should not have. Please try again, or with something "
    "smaller. The reason is in the app's log."
)

AnyComponent = TypeVar("AnyComponent", bound=gr.components.Component)

_log = logging.getLogger(__name__)


def unread(image: gr.Image) -> gr.Image:
    """Have ``image`` hand its picture to the function unread: as a path, a data URL or None.

    The function decodes it, with the limits and the words of ``lesson7.core.intake``. A path
    is one of an upload, or the address under which the app itself hands it out. Any other link
    is refused: the app fetches nothing from anywhere.
    """
    into_cache = image.async_move_resource_to_block_cache

    def preprocess(payload: ImageData | None) -> str | None:
        if payload is None or (payload.url is None and payload.path is None):
            return None
        if payload.url and payload.url[:5].lower() == "data:":
            return payload.url
        place = _place_of(payload.path or payload.url or "")
        if _is_link(place):
            raise gr.Error(NO_LINK, print_exception=False)
        path = uploaded(place)
        if path is None:
            raise gr.Error(NO_UPLOAD, print_exception=False)
        return path

    async def keep_uploads(url_or_file_path: str | Path | None) -> str | None:
        place = _place_of(str(url_or_file_path))
        if _is_link(place):
            raise gr.Error(NO_LINK, print_exception=False)
        if uploaded(place) is None:
            raise gr.Error(NO_UPLOAD, print_exception=False)
        return await into_cache(place)

    image.preprocess = preprocess  # type: ignore[method-assign]
    image.async_move_resource_to_block_cache = keep_uploads  # type: ignore[method-assign]
    return image


def unchecked(component: AnyComponent) -> AnyComponent:
    """Have ``component`` hand on what came, whatever its type: the function checks it."""
    component.preprocess = lambda payload: payload  # type: ignore[method-assign]
    return component


def one_of(choices: Sequence[str], choice: object, words: str) -> str:
    """``choice``, if it is one of ``choices``.

    Raises:
        InputError: it is not; the message is ``words`` and the choices.
    """
    if not isinstance(choice, str) or choice not in choices:
        *most, last = (f"“{one}”" for one in choices)
        raise InputError(f"{words}: {', '.join(most)} or {last}.")
    return choice


def uploaded(path: object) -> str | None:
    """``path``, if it names a place in the folder where Gradio keeps uploads and results.

    Nothing need be there any more. A link that leads out of the folder does not count.
    """
    if not isinstance(path, str) or "\0" in path:
        return None
    folder = Path(get_upload_folder()).resolve()
    try:
        place = Path(path).resolve()
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, no text
        return None
    return path if place != folder and place.is_relative_to(folder) else None


class Page(gr.Blocks):
    """Blocks that leave nobody without words, whatever is sent and whatever breaks.

    What Gradio cannot make sense of was sent by a stranger: words for them, a line in the log.
    Anything else that is no error of ours is a defect: a traceback in the log, words for the
    caller. The page's own scripts have words for it too, so for them there is no toast.

    Gradio keeps what each visitor last sent and got, up to an hour after they left, to make
    links of it. There are no such links here, and a thousand visitors with pictures would
    fill the memory: it is forgotten at once.
    """

    async def preprocess_data(self, *args: Any, **kwargs: Any) -> list[Any]:
        """As Gradio's, with words for what it cannot understand."""
        try:
            return await super().preprocess_data(*args, **kwargs)
        except (gr.Error, MemoryError):
            raise
        except Exception as error:
            if _is_no_room(error):
                raise
            _log.warning("not understood: %s", type(error).__name__)
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error

    async def process_api(
        self,
        block_fn: Any,
        inputs: list[Any],
        state: SessionState | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """As Gradio's, with words for defects."""
        if getattr(block_fn, "fn", block_fn) is None:  # an event that only the page's scripts have
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False)
        _check_event(kwargs.get("event_data"))
        try:
            return await super().process_api(block_fn, inputs, state, *args, **kwargs)
        except gr.Error as error:
            if not error.print_exception:  # one of ours
                raise
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error
        except Exception as error:
            if _is_no_room(error):
                _log.error("nothing can be written: %s", error)
                raise gr.Error(NO_ROOM_SAYS, print_exception=False) from error
            _log.exception("a defect, or a machine at its end")
            raise gr.Error(DEFECT, visible=False, print_exception=False) from error
        finally:
            _forget(state)


def _check_event(event: gr.EventData | None) -> None:
    """What Gradio checks itself, but as if a file that was never uploaded were a defect."""
    if event is None:
        return
    try:
        check_all_files_in_cache(event._data)
    except Exception as error:  # what it raises on odd paths is no closed list
        raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error


def _forget(state: SessionState | None) -> None:
    for config in state.config_values.values() if state else ():
        config.get("props", {}).pop("value", None)


def _is_no_room(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in NO_ROOM


def _place_of(named: str) -> str:
    """The path in an address of an upload, as assistants are told it; all else as it is."""
    _, found, path = named.partition("/gradio_api/file=")
    return unquote(path) if found and _is_link(named) else named


def _is_link(place: str) -> bool:
    return place.lstrip().lower().startswith(("http:", "https:"))
