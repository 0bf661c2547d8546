"""What breaks while the app runs: words for who asked, and everybody else is answered."""

import errno
import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lesson7.core import weights
from lesson7.mnist import predict as mnist
from lesson7.ui import components, storing
from lesson7.ui.guard import NO_ROOM, NO_ROOM_SAYS
from lesson7.ui.sent import DEFECT
from tests import serving
from tests.core import hub_server
from tests.core.picture_files import encode
from tests.hostile.conftest import Faulty
from tests.hostile.test_over_http import SEVEN
from tests.hostile.whole_app import INSIDES, WholeApp
from tests.restoration.pictures import photograph

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",  # Gradio's open loops, see conftest.py
    "ignore::ResourceWarning",
)

SMALL = serving.image(encode(photograph(24, 24)))
CALLS: dict[str, list[Any]] = {
    "classify": [SEVEN, "resnet"],
    "restore": [SMALL, "pixel", 1, 1],
    "continue_text": ["one,", 2, "counter", 0, 0, 0],
    "draw": [1, 7, 1, "modern"],
}


# ------------------------------------------------------------------------ models that fail


@pytest.mark.parametrize("endpoint", CALLS)
@pytest.mark.parametrize("fault", ["defect", "memory", "torch memory", "nan"])
def test_a_network_that_fails_says_so_and_the_next_call_is_answered(
    faulty: Faulty, endpoint: str, fault: str
):
    with faulty.fault(fault):
        event, said = serving.call(faulty.url, endpoint, *CALLS[endpoint])
        assert event == "error"
        assert not INSIDES.search(said["error"])
        if fault == "nan":
            assert said["error"] != DEFECT
            assert "this time" in said["error"] or "no picture" in said["error"]
        else:
            assert said["error"] == DEFECT
        assert serving.call(faulty.url, "ladder")[0] == "complete"
    event, data = serving.call(faulty.url, endpoint, *CALLS[endpoint])
    assert event == "complete", data


# -------------------------------------------------------------------------- weights, the Hub


def test_weights_that_break_while_the_app_runs(
    app: WholeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What is loaded goes on; what is not yet has words, until the file is whole again."""
    folder = tmp_path / "weights"
    folder.mkdir()
    shutil.copy(weights.EMBEDDED / "index.json", folder)
    for name in ("mnist-best", "mnist-cnn", "human-numbers-counter"):
        shutil.copy(weights.EMBEDDED / f"{name}.safetensors", folder)
    monkeypatch.delenv("LESSON7_WEIGHTS")
    monkeypatch.setattr(weights, "EMBEDDED", folder)
    mnist._loaded.cache_clear()
    assert app.call("classify", SEVEN, "best").words == ""
    whole = (folder / "mnist-cnn.safetensors").read_bytes()
    for broken in (whole[:-1], b"", whole[:-9] + b"\xff" * 9):
        (folder / "mnist-cnn.safetensors").write_bytes(broken)
        assert app.call("classify", SEVEN, "cnn").words == components.BROKEN
        assert app.call("classify", SEVEN, "best").words == ""
        assert app.call("continue_text", "one,", 1, "counter", 0, 0, 0).words == ""
    (folder / "mnist-cnn.safetensors").write_bytes(whole)
    assert app.call("classify", SEVEN, "cnn").words == ""
    (folder / "index.json").unlink()
    assert app.call("classify", SEVEN, "resnet").words == components.BROKEN
    assert app.call("ladder").words == components.BROKEN
    assert app.call("classify", SEVEN, "cnn").words == ""
    assert app.defects == []


def test_a_hub_that_hangs_does_not_keep_the_app_from_answering(tmp_path: Path):
    index = {"mnist-best": {"file": "mnist-best.safetensors"}}
    with hub_server.running() as hub:
        commit = hub.put("ada/lesson7", {"index.json": json.dumps(index).encode()})
        hub.faults["ada/lesson7"] = ("hang before the headers", "")
        environ = {
            "LESSON7_WEIGHTS": f"ada/lesson7@{commit}",
            "HF_ENDPOINT": hub.url,
            "HUB_SECONDS": "1",
            "FAULT": str(tmp_path / "none"),
        }
        with serving.app(tmp_path, "-m", "tests.hostile.faulty", **environ) as served:
            event, data = serving.call(served.url, "classify", SEVEN, "best")
            assert event == "complete", served.log.read_text()
            assert max(data[0], key=data[0].__getitem__) == "7"
            assert hub.requests, "the Hub was not asked"
            assert served.refused_hosts == []
        hub.faults.clear()


# --------------------------------------------------------------------------------- the disk


@contextmanager
def files_of_at_most(size: int, process: int) -> Iterator[None]:
    """As on a full disk, no file of the process grows beyond ``size`` bytes."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def upload(url: str, content: bytes) -> tuple[int, Any]:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body = head + content + b"\r\n--x--\r\n"
    status, _, said = serving.request(
        f"{url}/gradio_api/upload", body, content_type="multipart/form-data; boundary=x"
    )
    return status, json.loads(said)


def test_a_full_disk_is_said_in_words_and_what_needs_no_room_goes_on(faulty: Faulty):
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    large = encode(Image.fromarray(noise))  # 1.5 MB
    image = serving.image(large)
    with files_of_at_most(1_000_000, faulty.served.process.pid):
        assert upload(faulty.url, large) == (507, {"detail": NO_ROOM_SAYS})
        event, said = serving.call(faulty.url, "restore", image, "pixel", 1, 0)
        assert (event, said["error"]) == ("error", NO_ROOM_SAYS)
        assert serving.call(faulty.url, "classify", SEVEN, "best")[0] == "complete"
    assert upload(faulty.url, large)[0] == 200
    assert serving.call(faulty.url, "restore", image, "pixel", 1, 0)[0] == "complete"


@pytest.mark.parametrize("number", sorted(NO_ROOM))
def test_a_folder_that_cannot_be_written_is_said_in_words(
    app: WholeApp, monkeypatch: pytest.MonkeyPatch, number: int
):
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, "not writable", "/secret/place")

    with monkeypatch.context() as disk:
        disk.setattr(storing.tempfile, "mkstemp", fail)
        assert app.call("restore", SMALL, "pixel", 1, 1).words == NO_ROOM_SAYS
        assert app.call("draw", 1, 7, 1, "modern").words == NO_ROOM_SAYS
    assert app.call("classify", SEVEN, "best").words == ""
    assert errno.ENOSPC in NO_ROOM
