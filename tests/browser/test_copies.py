"""Two copies of the app behind a real nginx, with the configuration that the repository has.

Each copy has folders of its own, so that what one knows the other does not. nginx writes down
which copy answered what; what it needs beside our configuration is added here.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import Browser, expect

from tests import serving

CONFIGURATION = serving.ROOT / ".deploy/nginx.conf"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SEVEN = serving.ROOT / "lesson7/ui/assets/mnist/examples/7-0075.png"
N_SESSIONS = 3

AROUND = """
{user}
daemon off;
pid {folder}/pid;
events {{ }}
http {{
    log_format answered '{{"copy": "$upstream_addr", "visitor": "$cookie_lesson7_visitor", '
                        '"path": "$uri", "status": $status}}';
    access_log {folder}/answered answered;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lesson7.conf;
    server {{  # what a fresh nginx comes with
        listen 127.0.0.1:{port} default_server;
        return 404;
    }}
}}
"""


@dataclass(frozen=True)
class Behind:
    """Two copies and the nginx before them.

    Args:
        url: the one address that visitors know.
        copies: of the app.
        answered: the file in which nginx notes which copy answered what.
    """

    url: str
    copies: list[serving.Served]
    answered: Path

    def answers(self) -> list[dict]:
        """All that has been answered up to now, oldest first."""
        return [json.loads(line) for line in self.answered.read_text().splitlines()]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    assert Path(NGINX).exists(), "these tests need nginx (apt-get install nginx)"
    folder = tmp_path_factory.mktemp("nginx")
    with ExitStack() as stack:
        copies = [
            stack.enter_context(serving.app(tmp_path_factory.mktemp("copy"))) for _ in range(2)
        ]
        port = serving.free_port()
        ours = CONFIGURATION.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
        for number, copy in zip((7861, 7862), copies, strict=True):
            ours = ours.replace(f"127.0.0.1:{number} ", f"{copy.url.removeprefix('http://')} ")
        assert ours.count("127.0.0.1:") == 3
        (folder / "lesson7.conf").write_text(ours)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, port=port, user=user))
        arguments = ["-p", folder, "-c", folder / "nginx.conf", "-e", folder / "errors"]
        process = subprocess.Popen([NGINX, *arguments])
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, folder / "errors")
            yield Behind(url, copies, folder / "answered")
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(url: str, errors: Path) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=30).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nginx does not answer: {errors.read_text()}")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 30), (90, 120, 150)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def use_every_tab(client: Client, photo: Path) -> None:
    """Call each tab's endpoint in one session; two of them take an upload."""
    digits = client.predict(handle_file(SEVEN), api_name="/classify")
    assert max(digits, key=digits.__getitem__) == "7"
    restored = client.predict(handle_file(photo), "pixel", 2, api_name="/restore")
    with Image.open(restored) as picture:
        assert picture.size == (80, 60)
    counted = client.predict("eight thousand one,", 6, api_name="/continue_text")
    assert counted["text"].startswith("eight thousand two,")
    assert client.predict(api_name="/ladder")


def session(url: str, folder: Path) -> Client:
    return Client(url, verbose=False, analytics_enabled=False, download_files=folder)


def test_a_session_stays_with_its_copy_and_sessions_are_shared_out(
    behind: Behind, photo: Path, tmp_path: Path
):
    for _ in range(N_SESSIONS):
        use_every_tab(session(behind.url, tmp_path), photo)
    by_visitor: dict[str, set[str]] = {}
    for answer in behind.answers():
        if answer["visitor"] not in ("", "-"):
            by_visitor.setdefault(answer["visitor"], set()).add(answer["copy"])
    assert len(by_visitor) == N_SESSIONS
    assert {len(copies) for copies in by_visitor.values()} == {1}
    assert {answer["status"] for answer in behind.answers()} == {200}


def test_both_copies_have_visitors(behind: Behind):
    """Each page that is opened draws a number of its own."""
    for _ in range(20):
        urllib.request.urlopen(behind.url, timeout=30).close()
    asked = {answer["copy"] for answer in behind.answers()}
    assert asked == {copy.url.removeprefix("http://") for copy in behind.copies}


def test_who_keeps_no_cookies_finds_the_answer_to_the_question(behind: Behind):
    """As curl: it asks, and comes back for the answer, with nothing but its address."""
    address = f"{behind.url}/gradio_api/call/v2/continue_text"
    for _ in range(4):
        question = urllib.request.Request(
            address, b'{"text": "one,", "n_tokens": 2}', {"content-type": "application/json"}
        )
        with urllib.request.urlopen(question, timeout=60) as reply:
            event = json.load(reply)["event_id"]
        waiting = f"{behind.url}/gradio_api/call/continue_text/{event}"
        with urllib.request.urlopen(waiting, timeout=60) as reply:
            assert "event: complete" in reply.read().decode()


def test_a_page_goes_on_when_its_copy_is_killed_and_so_do_new_sessions(
    behind: Behind, browser: Browser, photo: Path, tmp_path: Path
):
    """Last, because a copy is missing from here on.

    Had a question been under way, Gradio would have noticed and loaded the page anew.
    """
    context = browser.new_context()
    page = context.new_page()
    page.goto(behind.url)
    page.wait_for_selector(".digits.is-ready")
    answer = page.locator(".bar.wins")
    page.get_by_role("button", name="Example: a 7").click()
    expect(answer).to_have_attribute("aria-label", "7")
    page.wait_for_selector(".network-says:not(:empty)", timeout=60_000)  # and all is said

    [visitor] = [one["value"] for one in context.cookies() if one["name"] == "lesson7_visitor"]
    asked = {one["copy"] for one in behind.answers() if one["visitor"] == visitor}
    assert len(asked) == 1
    [copy] = [one for one in behind.copies if one.url.removeprefix("http://") in asked]
    copy.process.kill()
    copy.process.wait(10)

    page.get_by_role("button", name="Example: a 3").click()
    expect(answer).to_have_attribute("aria-label", "3")
    context.close()
    for _ in range(N_SESSIONS):
        use_every_tab(session(behind.url, tmp_path), photo)
