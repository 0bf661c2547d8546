"""The Hub as a source: whatever it does, the embedded weights answer and a notice says so."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import constants
from torch import nn

from lesson7.core import hub, weights
from lesson7.core.errors import ConfigError, WeightsMissing
from lesson7.core.weights import Record
from tests.core.hub_server import FAULTS, HubServer, running

RECORD = Record({"accuracy": 0.5}, "made up", "MIT", "python -m none", "a laptop", 0.1)

# What the notice says, by fault, where the fault alone decides it. After the others the client
# retries, gives up or hands over an empty file, as its version pleases: OTHERWISE.
REASONS = {
    "no file": ("has no file",),
    "no repository": ("does not exist or is not open to us",),
    "no revision": ("does not exist or is not open to us",),
    "empty": ("is not JSON", "ends early"),
    "corrupt": ("sha256",),
    "wrong commit": ("another commit",),
    "html": ("is not JSON", "ends early"),
}
OTHERWISE = ("did not deliver", "cannot be reached", "is not JSON", "ends early")

# Faults at which the client waits or tries again for longer than any of these tests.
WAITED_OUT = {
    "429", "500", "503", "hang before the headers", "hang in the body", "drip", "cut",
    "redirect to nowhere",
}  # fmt: skip
_numbers = itertools.count()


class Line(nn.Module):
    """A small network, 3 -> `width`, whose weights say where they came from."""

    def __init__(self, width: int, value: float = 0.0) -> None:
        super().__init__()
        self.fc = nn.Linear(3, width)
        nn.init.constant_(self.fc.weight, value)


@dataclass
class Repo:
    """A repository on the test's Hub."""

    server: HubServer
    name: str
    commit: str

    @property
    def requests(self) -> list[str]:
        return [request for request in self.server.requests if f" /{self.name}/" in request]

    def fail(self, fault: str, on_files: str = "") -> None:
        self.server.faults[self.name] = (fault, on_files)


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    """Outlives the tests, as the client's threads do that retry after a missed deadline."""
    with running() as server, pytest.MonkeyPatch.context() as patch:
        # A refused connection makes one thread close the HTTP client of all: not between tests.
        patch.setattr("huggingface_hub.utils._http.close_session", lambda: None)
        yield server


@pytest.fixture
def embedded(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Embedded weights full of ones."""
    weights.save("line", Line(40, 1.0), {"width": 40}, record=RECORD, folder=embedded)
    monkeypatch.setattr(hub, "_given_up", {})
    return embedded


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Weights full of twos, and some that the embedded folder lacks."""
    folder = tmp_path / "published"
    weights.save("line", Line(40, 2.0), {"width": 40}, record=RECORD, folder=folder)
    weights.save("line-big", Line(400, 2.0), {"width": 400}, record=RECORD, folder=folder)
    return folder


@pytest.fixture
def repo(
    server: HubServer,
    embedded: Path,
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Repo]:
    """The published weights on the Hub, chosen by LESSON7_WEIGHTS, and an empty cache."""
    name = f"ada/lesson{next(_numbers)}"
    commit = server.put(name, {file.name: file.read_bytes() for file in published.iterdir()})
    monkeypatch.setenv("LESSON7_WEIGHTS", f"{name}@{commit}")
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield Repo(server, name, commit)
    server.faults.pop(name, None)


def loaded_value(name: str = "line", seconds: float = 10.0) -> float:
    return weights.load(name, Line, seconds=seconds).fc.weight.mean().item()


def test_a_pinned_commit_is_fetched_once_and_then_asks_nothing(repo: Repo):
    assert loaded_value() == 2.0
    assert len(repo.requests) == 4  # HEAD and GET, of the index and the file
    repo.fail("503")
    assert loaded_value() == 2.0
    assert len(repo.requests) == 4
    assert weights.notices() == []


def test_the_cache_serves_without_a_network(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    assert loaded_value() == 2.0
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert loaded_value() == 2.0
    assert weights.notices() == []


@pytest.mark.parametrize("on_files", ["index.json", ".safetensors"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_the_embedded_weights_and_a_notice(
    repo: Repo, fault: str, on_files: str, tmp_path: Path
):
    repo.fail(fault, on_files)
    seconds = 10.0 if fault in REASONS else 0.3 if fault in WAITED_OUT else 1.0
    start = time.monotonic()
    assert loaded_value(seconds=seconds) == 1.0
    assert time.monotonic() - start < seconds + 5.0
    (notice,) = weights.notices()
    too_late = f"did not answer within {seconds:g} seconds"
    assert any(reason in notice for reason in REASONS.get(fault, (too_late, *OTHERWISE)))
    assert notice.endswith("The weights of line that come with this app are used instead.")
    for leak in (str(tmp_path), "/", "\\", "Traceback", "Error", "http", repo.name, repo.commit):
        assert leak not in notice


def test_nobody_there_ends_in_the_embedded_weights(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert loaded_value(seconds=0.3) == 1.0
    assert len(weights.notices()) == 1


def test_after_a_missed_deadline_the_next_weights_do_not_wait(repo: Repo):
    repo.fail("hang before the headers")
    loaded_value(seconds=0.5)
    start = time.monotonic()
    loaded_value(seconds=60.0)
    assert time.monotonic() - start < 5.0
    assert len(repo.requests) == 1


def test_after_a_failed_index_the_hub_is_not_asked_again(repo: Repo):
    repo.fail("no repository", "index.json")
    loaded_value()
    loaded_value()
    assert len(repo.requests) == 1
    assert len(weights.notices()) == 1  # one sentence for the same thing twice


def test_a_missing_file_does_not_give_up_the_others(repo: Repo):
    repo.fail("no file", "line.safetensors")
    assert loaded_value("line") == 1.0
    assert loaded_value("line-big") == 2.0


def test_a_copy_damaged_in_the_cache_is_replaced(repo: Repo, tmp_path: Path):
    assert loaded_value() == 2.0
    (copy,) = (tmp_path / "cache").rglob("snapshots/*/line.safetensors")
    content = copy.read_bytes()
    copy.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert loaded_value() == 2.0
    assert copy.read_bytes() == content
    assert weights.notices() == []


def test_a_cache_that_cannot_be_written_ends_in_the_embedded_weights(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    assert loaded_value() == 1.0
    assert len(weights.notices()) == 1


def test_the_pinned_commit_is_loaded_although_the_repository_has_moved_on(repo: Repo):
    repo.server.put(repo.name, {"index.json": b"{}"})
    assert loaded_value() == 2.0


def test_weights_that_are_on_the_hub_only(repo: Repo):
    assert loaded_value("line-big") == 2.0


def test_weights_on_the_hub_only_have_nothing_to_fall_back_to(repo: Repo):
    repo.fail("no file")
    with pytest.raises(WeightsMissing, match="has no file"):
        loaded_value("line-big")
    assert weights.notices() == []


def test_weights_that_are_nowhere(repo: Repo):
    with pytest.raises(WeightsMissing, match="no weights named other"):
        loaded_value("other")


def test_a_hub_file_for_another_network_is_not_used(repo: Repo):
    class Wider(Line):
        def __init__(self, width: int) -> None:
            super().__init__(width + (width == 40))

    weights.save("line", Line(41, 1.0), {"width": 40}, record=RECORD, folder=weights.EMBEDDED)
    assert weights.load("line", Wider).fc.weight.mean() == 1.0
    (notice,) = weights.notices()
    assert "does not fit the network" in notice


def test_tabs_that_load_at_the_same_time_all_get_an_answer(repo: Repo):
    repo.fail("corrupt", ".safetensors")
    values: list[float] = []
    threads = [
        threading.Thread(target=lambda: values.append(loaded_value("line"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [1.0] * 8
    assert len(weights.notices()) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ada/lesson7", "names no commit"),
        ("ada/lesson7@main", "names no commit"),
        ("ada/lesson7@v1.0", "names no commit"),
        ("ada/lesson7@" + "a" * 39, "names no commit"),
        ("ada/lesson7@" + "g" * 40, "names no commit"),
        ("hub", "is not a Hub repository"),
        ("ada/../lesson7@" + "a" * 40, "is not a Hub repository"),
        ("https://huggingface.co/ada/lesson7", "is not a Hub repository"),
        ("@" + "a" * 40, "is not a Hub repository"),
    ],
)
def test_a_source_that_could_change_unseen_is_refused_in_words(value: str, words: str):
    with pytest.raises(ConfigError, match=words):
        hub.Reference.parse(value)


def test_such_a_source_is_not_asked_and_the_embedded_weights_answer(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LESSON7_WEIGHTS", f"{repo.name}@main")
    assert loaded_value() == 1.0
    assert repo.requests == []
    assert len(weights.notices()) == 1


def test_a_commit_may_be_written_in_capitals():
    assert hub.Reference.parse("ada/lesson7@" + "AB" * 20).commit == "ab" * 20
