"""A line as visitors of a Space have it: so many bytes a second, and each of them late.

On this machine a reply is there at once, and its second copy with it; over a real line the page
has asked its next question before the second copy has come.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

LATE = 0.04  # seconds each way
PART = 16_384  # bytes

T = TypeVar("T")


@contextmanager
def slowed(url: str, bytes_per_second: float) -> Iterator[str]:
    """The address of a server that hands on what the one at ``url`` says, as slowly as that."""
    there = urlsplit(url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
        await asyncio.gather(
            _hand_on(reader, far_writer, bytes_per_second),
            _hand_on(far_reader, writer, bytes_per_second),
        )

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = run(asyncio.start_server(serve, "127.0.0.1", 0))
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        run(stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _hand_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_per_second: float
) -> None:
    """Hand on all that is read, in its order, until either side hangs up."""
    clock = asyncio.get_running_loop().time
    parts: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        part = b"first"
        while part:
            try:
                part = await reader.read(PART)
            except OSError:
                part = b""
            await parts.put((clock(), part))

    reading = asyncio.ensure_future(read())
    free = 0.0  # when the line has sent what came before
    part = b"first"
    try:
        while part:
            came, part = await parts.get()
            free = max(free, came) + len(part) / bytes_per_second
            await asyncio.sleep(max(0.0, free + LATE - clock()))
            try:
                writer.write(part)
                await writer.drain()
            except OSError:
                break
    finally:
        reading.cancel()
        writer.close()
