"""What holds for every test: no network, no telemetry, no file outside a temporary folder.

The environment is set while this file is imported, which pytest does before it imports any
test: Gradio and huggingface_hub read theirs when they are imported. Offline mode is not set,
because some tests talk to a Hub of their own on the loopback; what keeps everything else at
home is the guard below. It holds for this process; what a test starts looks after itself.
"""

import errno
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lesson7  # noqa: F401  before torch: it says how torch's threads wait

assert not {"gradio", "huggingface_hub"} & set(sys.modules), "too late to set the environment"

_HOME = Path(tempfile.mkdtemp(prefix="lesson7-tests-"))
os.environ |= {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_TEMP_DIR": str(_HOME / "gradio"),
    "HF_HOME": str(_HOME / "huggingface"),
    "TORCH_HOME": str(_HOME / "torch"),  # no test may lean on weights in a cache
    "NO_PROXY": "127.0.0.1,localhost,::1",
    "no_proxy": "127.0.0.1,localhost,::1",
}
for _name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "LESSON7_WEIGHTS", "SPACE_ID"):
    os.environ.pop(_name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last.

    Playwright keeps an event loop running in this thread until its fixture ends, and while one
    runs in a thread no other may.
    """
    items.sort(key=lambda item: "browser" in item.path.parts)


def pytest_unconfigure() -> None:
    """Remove the temporary folder when all is done."""
    shutil.rmtree(_HOME, ignore_errors=True)


def _is_local(host: object) -> bool:
    """This machine, by name or number; None and the unspecified address are for listening."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:  # a name
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session")
def _guard() -> Iterator[list[str]]:
    """Let sockets reach this machine only; the list grows by each address refused."""
    refused: list[str] = []
    getaddrinfo = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            refused.append(str(host))
            raise socket.gaierror(socket.EAI_NONAME, f"tests have no network: {host}")
        return getaddrinfo(host, *args, **kwargs)

    def guarded(method: Any, address_at: int) -> Any:
        def reach(self: socket.socket, *args: Any) -> Any:
            address = args[address_at]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
                refused.append(str(address[0]))
                raise OSError(errno.ENETUNREACH, f"tests have no network: {address[0]}")
            return method(self, *args)

        return reach

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name), 0))
        patch.setattr(socket.socket, "sendto", guarded(socket.socket.sendto, -1))
        yield refused


@pytest.fixture(autouse=True)
def refused_addresses(_guard: list[str]) -> Iterator[list[str]]:
    """Fail the test that reached for the network, even where the code forgave the refusal.

    A test that means to reach for it takes this fixture, looks at the list and empties it.
    """
    _guard.clear()
    yield _guard
    reached = ", ".join(sorted(set(_guard)))
    _guard.clear()
    assert not reached, f"this test reached for the network: {reached}"


@pytest.fixture(scope="session")
def stand_in_bedrooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with small random networks for the Bedrooms, shipped once for all tests."""
    from tests.bedrooms import stand_ins

    folder = tmp_path_factory.mktemp("bedrooms")
    stand_ins.ship(folder)
    return folder
