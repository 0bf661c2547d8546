"""A request to the guard, with an app of a few lines behind it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from lesson7.ui.guard import Guard

LIMIT = 1000  # bytes, here


@dataclass
class Got:
    """What the client saw, and how much of the body the app did."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seen: int = 0

    @property
    def words(self) -> str:
        return json.loads(self.body)["detail"]


def request(
    behave: Callable[[Callable], Awaitable[int]] | None = None,
    path: str = "/gradio_api/call/classify",
    method: str = "POST",
    parts: tuple[bytes | None, ...] = (),
    check_place: Callable[[str], None] = lambda endpoint: None,
    **headers: str,
) -> Got:
    """Send ``parts`` (None: nothing more, ever) to an app that does as ``behave``."""
    got, left = Got(), list(parts)

    async def receive() -> dict[str, Any]:
        if not left:
            return {"type": "http.request", "body": b"", "more_body": False}
        part = left.pop(0)
        if part is None:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert got.status == 0, "two answers"
            got.status = message["status"]
            got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            got.body += message.get("body", b"")

    async def read_all(receive: Callable) -> int:
        more = True
        while more:
            message = await receive()
            got.seen += len(message.get("body", b""))
            more = message.get("more_body", False)
        return 200

    async def app(scope: dict, receive: Callable, send: Callable) -> None:
        status = await (behave or read_all)(receive)
        start = {"type": "http.response.start", "status": status, "headers": [(b"x-own", b"1")]}
        await send(start)
        await send({"type": "http.response.body", "body": b"fine"})

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()],
    }
    own = Guard(app, max_body=LIMIT, patience=0.05, check_place=check_place)
    asyncio.run(own(scope, receive, send))
    return got
