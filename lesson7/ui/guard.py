"""What stands between the internet and the app: one plain ASGI middleware.

Gradio's own limit on uploads does not cover JSON bodies (a picture as a data URL may be of
any size), its ``file=`` route streams any public address to whoever asks, and it sends no
security headers. The guard closes these three, and knows nothing of Gradio or the models.

    Guard       refuses bodies over ``max_body`` and ``file=http…``, adds ``HEADERS``
    HEADERS     what every answer carries
"""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 10 * 1024 * 1024  # bytes

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


class _BodyTooLargeError(Exception):
    """The body has grown past the limit while it was being read."""


class Guard:
    """Refuse what is too large or asks us to fetch, and add the security headers.

    The limit holds for every body: announced by ``Content-Length`` (the app does not see a
    byte of it) or sent in chunks (cut at the byte that crosses it); JSON, form or upload.

    Args:
        app: the ASGI application behind the guard.
        max_body: the largest request body, in bytes.
    """

    def __init__(self, app: App, max_body: int = MAX_BODY) -> None:
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: 403 or 413 from here, everything else from the app."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = False
        received = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                present = {name.lower() for name, _ in message.get("headers", [])}
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [
                    *message.get("headers", []),
                    *(pair for pair in ours if pair[0] not in present),
                ]
            await send(message)

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body:
                raise _BodyTooLargeError
            return message

        if "file=http" in scope["path"].lower():
            await _refuse(send_with_headers, 403, "This app does not fetch addresses.")
            return
        try:
            if _announced(scope) > self.max_body:
                raise _BodyTooLargeError
            await self.app(scope, counted_receive, send_with_headers)
        except _BodyTooLargeError:
            if not started:
                await self._discard(receive)
                await _refuse(send_with_headers, 413, self._too_large)

    async def _discard(self, receive: Receive) -> None:
        """Read on without keeping anything, within reason: who is cut off reads no answer."""
        discarded = 0
        while discarded < 4 * self.max_body:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                return
            discarded += len(message.get("body", b""))

    @property
    def _too_large(self) -> str:
        return f"This is too large: at most {self.max_body // 1024**2} MB are accepted."


def _announced(scope: Message) -> int:
    """The length that the request announces, in bytes; 0 where it announces none."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send, status: int, words: str) -> None:
    body = json.dumps({"detail": words}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
