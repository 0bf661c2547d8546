"""What stands between the internet and the app: one plain ASGI middleware.

Gradio's own limit on uploads does not cover JSON bodies (a picture as a data URL may be of
any size), it waits for the rest of a body for ever, many of its routes are not needed here,
and it sends no security headers. The guard closes these; which routes are open is said in
``doors.py``.

    Guard       refuses what is closed, too large, too slow or too full; adds ``HEADERS``
    HEADERS     what every answer carries

What it refuses, and the status of the answer, each with words as ``{"detail": ...}``:

    400     a call that Gradio stumbles over, such as one of an endpoint that does not exist
    403     ``file=http…``, which would have the server fetch an address
    404     a closed door
    408     a body that stopped coming
    413     a body over ``MAX_BODY``, or JSON of more than ``MAX_VALUES`` values
    503     a call for which ``check_place`` sees no place, or that finds Gradio's queue full,
            which would tell how full; a tool's call beside ``MOST_TOOLS`` others
    507     a request for which there is no room on the disk
"""

import asyncio
import contextlib
import errno
import json
import logging
import os
from collections.abc import Callable, Iterator

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lesson7.core.errors import InputError
from lesson7.ui.doors import called, is_call, is_fetch, is_open, is_tool

MAX_BODY = 10 * 1024 * 1024  # bytes
MAX_VALUES = 100_000  # of JSON, about: 10 MB of empty lists would take 300 MB once unpacked
PATIENCE = 30.0  # seconds, for the next part of a body
MOST_TOOLS = 24  # calls of assistants (MCP) under way: each holds one of the server's 40 threads
# until it is answered, and the request that it makes of the app meanwhile needs others

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EACCES, errno.EPERM}
"""What the system says where nothing can be written: full, over quota, read-only, not ours."""

RETRY_AFTER = b"2"  # seconds, for whom there was no place

FULL_SAYS = "The app is busy. Please try again in a moment."

NO_ROOM_SAYS = "There is no room for this at the moment. Please try again later."

# On a Space the page may speak with its host (sign-in, ZeroGPU); elsewhere with itself alone.
_HOSTS = " https://huggingface.co https://*.hf.space" if os.environ.get("SPACE_ID") else ""

# Gradio evaluates templates and styles elements in line, hence both "unsafe" words. Everybody
# may frame the page: a Space is shown in a frame, and there is no account to steal a click for.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    f"connect-src 'self' data: blob:{_HOSTS}; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors *"
)

HEADERS: dict[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=(), usb=()",
}

_log = logging.getLogger(__name__)


class _RefusedError(Exception):
    """Why a request is not answered by the app: a status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Guard:
    """Refuse what is described above, and add the security headers to everything.

    The limit holds for every body: announced by ``Content-Length`` (the app does not see a
    byte of it) or sent in chunks (cut at the byte that crosses it); JSON, form or upload.

    Args:
        app: the ASGI application behind the guard.
        max_body: the largest request body, in bytes.
        patience: how long the next part of a body may take, in seconds.
        check_place: gets the name of the endpoint that is called, and raises an ``InputError``
            if there is no place for one more.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body: int = MAX_BODY,
        patience: float = PATIENCE,
        check_place: Callable[[str], None] = lambda endpoint: None,
    ) -> None:
        self.app = app
        self.check_place = check_place
        self.max_body = max_body
        self.patience = patience
        self._tools = 0  # calls of assistants under way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: refusals from here, everything else from the app."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive, self.max_body, self.patience)
        answer = _Answer(scope, send, body)
        try:
            _check_door(scope["method"], scope["path"])
            body.check_announced()
            self._check_place(scope)
            with self._counted(scope):
                await self.app(scope, body.receive, answer.send)
        except _RefusedError as refusal:
            body.refusal = refusal
        except ClientDisconnect:  # in the middle of an upload: nobody waits for an answer
            return
        except Exception as error:
            if answer.started:
                raise
            body.refusal = _refusal_for(error, scope["path"])
            if body.refusal is None:
                raise
        if body.refusal and not answer.started:
            await body.discard()
            await answer.refuse(body.refusal)

    def _check_place(self, scope: Scope) -> None:
        endpoint = called(scope["path"])
        try:
            if endpoint and scope["method"] == "POST":
                self.check_place(endpoint)
        except InputError as busy:
            raise _RefusedError(503, str(busy)) from busy

    @contextlib.contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        if not is_tool(scope["method"], scope["path"]):
            yield
            return
        if self._tools >= MOST_TOOLS:
            raise _RefusedError(503, FULL_SAYS)
        self._tools += 1
        try:
            yield
        finally:
            self._tools -= 1


class _Body:
    """The body of one request, as it comes."""

    def __init__(self, scope: Scope, receive: Receive, most: int, patience: float) -> None:
        self.refusal: _RefusedError | None = None
        self._headers = dict(scope["headers"])
        self._receive, self._most, self._patience = receive, most, patience
        self._size = self._values = 0
        self._whole = False
        self._is_tool = is_tool(scope["method"], scope["path"])
        self._is_form = self._headers.get(b"content-type", b"").startswith(b"multipart/")

    def check_announced(self) -> None:
        """Refuse the body if it says that it is too large."""
        announced = self._headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._most:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next message; refuses, once and for all, where a limit is crossed."""
        if self._whole:  # what comes now is news of the connection, and may take its time
            if self._is_tool:  # its thread is held until the answer, whoever has gone: so it counts
                await asyncio.Event().wait()
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._patience)
        except asyncio.TimeoutError:
            self.refusal = _RefusedError(408, "The rest of this did not come. Please try again.")
            raise self.refusal from None
        part = message.get("body", b"")
        self._whole = not message.get("more_body", False)
        self._size += len(part)
        if not self._is_form:
            self._values += part.count(b",") + part.count(b"[") + part.count(b"{")
        if self._size > self._most:
            self.refusal = self._too_large()
        elif self._values > MAX_VALUES:
            self.refusal = _RefusedError(413, f"At most {MAX_VALUES:,} values are accepted.")
        if self.refusal:
            raise self.refusal
        return message

    async def discard(self) -> None:
        """Read on without keeping anything, within reason: who is cut off reads no answer."""
        discarded = 0
        try:
            while not self._whole and discarded < 4 * self._most:
                message = await asyncio.wait_for(self._receive(), self._patience)
                self._whole = not message.get("more_body", False)
                discarded += len(message.get("body", b""))
        except asyncio.TimeoutError:
            return

    def _too_large(self) -> _RefusedError:
        limit = f"at most {self._most // 1024**2} MB are accepted"
        return _RefusedError(413, f"This is too large: {limit}.")


class _Answer:
    """The answer to one request, on its way out."""

    def __init__(self, scope: Scope, send: Send, body: _Body) -> None:
        self.started = False
        self._send, self._body = send, body
        self._is_call = is_call(scope["path"])

    async def send(self, message: Message) -> None:
        """Hand on a message of the app; drop it where there will be words instead."""
        if self._is_call and message.get("status") == 503:
            self._body.refusal = _RefusedError(503, FULL_SAYS)
        if self._body.refusal and not self.started:  # the app need not have noticed
            return
        if self._is_call and message.get("status") == 500:  # Gradio's word for any bad argument
            message["status"] = 400
        await self._send_on(message)

    async def _send_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            present = {name.lower() for name, _ in message.get("headers", [])}
            ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = [
                *message.get("headers", []),
                *(pair for pair in ours if pair[0] not in present),
            ]
        await self._send(message)

    async def refuse(self, refusal: _RefusedError) -> None:
        """Send the words of a refusal instead of the app's answer."""
        body = json.dumps({"detail": str(refusal)}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *([(b"retry-after", RETRY_AFTER)] if refusal.status == 503 else []),
        ]
        start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
        await self._send_on(start)
        await self._send_on({"type": "http.response.body", "body": body})


def _check_door(method: str, path: str) -> None:
    if is_fetch(path):
        raise _RefusedError(403, "This app does not fetch addresses.")
    if not is_open(method, path):
        raise _RefusedError(404, "There is nothing at this address.")


def _refusal_for(error: Exception, path: str) -> _RefusedError | None:
    """What an error of the app means for whoever asked; None where it is a defect."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        _log.error("nothing can be written: %s", error)
        return _RefusedError(507, NO_ROOM_SAYS)
    if is_call(path):  # Gradio only files it here; what it asks for is run elsewhere
        _log.warning("a call that cannot be understood: %r", error)
        return _RefusedError(400, "This call cannot be understood: see /gradio_api/info.")
    return None
