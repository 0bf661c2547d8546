"""Who listens: Gradio takes a question at one address and gives its answer at another.

There is one stream of answers for all that a page asks, and one for each question of a caller.
Gradio notices when a stream breaks off, and not that none was ever opened: whoever only asks
would have everything computed for nobody. The streams that are open are noted here.

    Listeners       ASGI middleware that notes them, from their beginning to their end
    has_listener    whether one of them is for a question
"""

import re
from collections import Counter
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_PAGE = "/gradio_api/queue/data"
_OF_CALLER = re.compile(r"/gradio_api/call/(?:v2/)?[^/]+/([^/]+)")

_open: Counter[str] = Counter()  # streams, by the session or the question that they are for


class Listeners:
    """Note each stream of answers for as long as it is open.

    Args:
        app: the ASGI application that streams them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer one request."""
        name = _listened_to(scope)
        if not name:
            await self.app(scope, receive, send)
            return
        _open[name] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            _open[name] -= 1
            if not _open[name]:
                del _open[name]


def has_listener(session: str, question: str) -> bool:
    """Whether a stream is open for a visitor's session, or for this one question."""
    return session in _open or question in _open


def _listened_to(scope: Scope) -> str:
    if scope["type"] != "http" or scope["method"] != "GET":
        return ""
    if scope["path"] == _OF_PAGE:
        (session, *_) = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])
        return session
    match = _OF_CALLER.fullmatch(scope["path"])
    return match[1] if match else ""
