"""The guard of ``conftest.py`` keeps the tests at home, and lets them talk to themselves."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import serving

BEYOND = ["192.0.2.1", "2001:db8::1", "10.0.0.1", "8.8.8.8"]


@pytest.mark.parametrize("host", ["example.org", "huggingface.co", b"example.org", *BEYOND])
def test_no_name_and_no_number_beyond_this_machine_is_looked_up(host, refused_addresses):
    with pytest.raises(socket.gaierror, match="tests have no network"):
        socket.getaddrinfo(host, 443)
    assert len(refused_addresses) == 1
    refused_addresses.clear()


@pytest.mark.parametrize("host", BEYOND)
@pytest.mark.parametrize("reach", ["connect", "connect_ex", "sendto"])
def test_no_socket_leaves_this_machine(host: str, reach: str, refused_addresses):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if reach == "sendto" else socket.SOCK_STREAM
    with (
        socket.socket(family, kind) as going_out,
        pytest.raises(OSError, match="tests have no network"),
    ):
        getattr(going_out, reach)(*([b"hello"] if reach == "sendto" else []), (host, 9))
    assert refused_addresses == [host]
    refused_addresses.clear()


def in_a_thread_of_its_own(work: Coroutine) -> object:
    """Playwright, if it was used before, left an event loop running in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_higher_floors_are_kept_in_as_well(refused_addresses):
    with pytest.raises(OSError, match="tests have no network"):
        urllib.request.urlopen("http://example.org/", timeout=5)
    with pytest.raises(OSError, match="tests have no network"):
        in_a_thread_of_its_own(asyncio.open_connection("example.org", 80))
    refused_addresses.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host: str):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"hello")
        assert accepted.recv(5) == b"hello"


def test_a_forgiven_refusal_fails_the_test_all_the_same(tmp_path: Path):
    """A test of its own pytest, which forgives and would pass."""
    (tmp_path / "conftest.py").write_text(
        (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "test_forgiving.py").write_text(
        "import contextlib, socket\n"
        "def test_forgiving():\n"
        "    with contextlib.suppress(OSError):\n"
        "        socket.getaddrinfo('example.org', 80)\n"
        "def test_innocent():\n"
        "    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "this test reached for the network: example.org" in done.stdout
    assert "2 passed, 1 error" in done.stdout


REACHES = {
    "by name": "socket.create_connection(('example.org', 80))",
    "connect": "socket.socket().connect(('192.0.2.1', 9))",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 9))",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'hello', ('192.0.2.1', 9))",
}


@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES.keys())
def test_an_app_in_a_process_of_its_own_is_kept_at_home_and_watched(tmp_path: Path, reach: str):
    environ, refused = serving.kept_offline(tmp_path)
    for forgives, source in ((False, reach), (True, "socket.getaddrinfo('127.0.0.1', 80)")):
        done = subprocess.run(
            [sys.executable, "-c", f"import socket; {source}"],
            env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == forgives
        assert forgives or "kept offline" in done.stderr
    assert refused.read_text().split() == ["example.org" if "example" in reach else "192.0.2.1"]


def test_gradio_and_the_hub_found_their_environment():
    import gradio.analytics
    import huggingface_hub.constants as hub

    assert not gradio.analytics.analytics_enabled()
    assert hub.HF_HUB_DISABLE_TELEMETRY
    assert Path(hub.HF_HOME).is_relative_to(tempfile.gettempdir())
    assert Path(os.environ["GRADIO_TEMP_DIR"]).is_relative_to(tempfile.gettempdir())
    assert "HF_TOKEN" not in os.environ
