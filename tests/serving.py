"""``python app.py`` in a process of its own, kept offline, for tests and benchmarks.

The process finds a ``sitecustomize.py`` that refuses every name and address outside this
machine and writes each refusal down, so that a test can say that there was none.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
META = {"_type": "gradio.FileData"}  # by which Gradio knows a file
DEADLINE = 150  # seconds to the first answer; usually 3, more where others use the processor

_OFFLINE = """
import os, socket
_look_up = socket.getaddrinfo

def _refuse(host):
    with open(os.environ["REFUSED_HOSTS"], "a") as file:
        print(host, file=file)
    raise socket.gaierror(socket.EAI_NONAME, f"kept offline: {host}")

def _local(host):
    return host in (None, "", "localhost", "0.0.0.0", "::") or str(host).startswith(("127.", "::1"))

def look_up(host, *args, **kwargs):
    return _look_up(host, *args, **kwargs) if _local(host) else _refuse(host)

def kept(method, at):
    def reach(self, *args):
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        return _refuse(args[at][0]) if inet and not _local(args[at][0]) else method(self, *args)
    return reach

socket.getaddrinfo = look_up
for name, at in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
    setattr(socket.socket, name, kept(getattr(socket.socket, name), at))
open(os.environ["REFUSED_HOSTS"], "a").close()  # the sign that this process is watched
"""


@dataclass(frozen=True)
class Served:
    """A running app.

    Args:
        url: its address, without a slash at the end.
        process: what runs it.
        seconds: from the start of the process to its first answer.
        refused_hosts: the hosts outside this machine that it reached for.
        log: the file that its output goes to.
    """

    url: str
    process: subprocess.Popen
    seconds: float
    refused: Path
    log: Path

    @property
    def refused_hosts(self) -> list[str]:
        return self.refused.read_text().split()


def tools(url: str) -> list[dict[str, Any]]:
    """What the app at ``url`` offers over MCP: a name, a description and a schema each."""
    with urllib.request.urlopen(f"{url}/gradio_api/mcp/schema", timeout=30) as answer:
        return json.load(answer)


def request(
    url: str, body: bytes | None = None, method: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers with small letters, body) of one request, whatever the status."""
    sent = {"content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    asked = urllib.request.Request(url, body, sent, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as got:
            return got.status, {k.lower(): v for k, v in got.headers.items()}, got.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def call(url: str, endpoint: str, *data: Any) -> tuple[str, Any]:
    """(event, data) of a public endpoint of the app at ``url``, called as curl would."""
    address = f"{url}/gradio_api/call/{endpoint}"
    status, _, body = request(address, json.dumps({"data": data}).encode())
    if status != 200:
        return str(status), json.loads(body)
    _, _, stream = request(f"{address}/{json.loads(body)['event_id']}")
    lines = [line for line in stream.decode().splitlines() if line]
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


def data_url(content: bytes, kind: str = "png") -> str:
    """A picture's file as browsers write it into a page."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()


def image(content: bytes, kind: str = "png") -> dict[str, Any]:
    """A picture's file as a caller sends it to an endpoint."""
    return {"url": data_url(content, kind), "meta": META}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def kept_offline(folder: Path) -> tuple[dict[str, str], Path]:
    """What a Python started with this environment reaches for is refused, and written down.

    Args:
        folder: an empty one.

    Returns:
        The environment variables, and the file with the hosts that were refused, one a line;
        it is there from the start of a process that is watched.
    """
    (folder / "sitecustomize.py").write_text(_OFFLINE)
    refused = folder / "refused"
    path = os.pathsep.join([str(folder), *sys.path])
    return {"REFUSED_HOSTS": str(refused), "PYTHONPATH": path}, refused


@contextmanager
def app(folder: Path, *command: str, port: int | None = None, **environ: str) -> Iterator[Served]:
    """Serve the app until the block ends; by default with ``python app.py``.

    Args:
        folder: an empty one, for what the process writes.
        command: arguments to Python instead of ``app.py``.
        port: where, or a free one.
        environ: environment variables to add.
    """
    offline, refused = kept_offline(folder)
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    served = {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "HF_HOME": str(folder / "huggingface"),
        **offline,
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "log"
    start = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *(command or ("app.py",))],
            cwd=ROOT,
            env={**os.environ, **served, **environ},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        seconds = _answers(process, url, start, log)
        assert refused.exists(), "the app is not kept offline: nobody would see what it reaches for"
        yield Served(url, process, seconds, refused, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(process: subprocess.Popen, url: str, start: float, log: Path) -> float:
    while time.perf_counter() - start < DEADLINE:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                response.read()
            return time.perf_counter() - start
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"the app did not answer:\n{log.read_text()}")
