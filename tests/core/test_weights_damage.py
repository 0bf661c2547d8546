"""Every way a weights folder can be wrong: refused in words, without a path and without harm."""

import contextlib
import hashlib
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save as to_safetensors

from lesson7.core import weight_file, weights
from lesson7.core.errors import WeightsDamaged, WeightsError, WeightsMissing
from tests.core.small_net import FILE, RECORD, Net


def rewrite(folder: Path, content: bytes) -> None:
    """Another content for ``net-a``, with an index that vouches for it."""
    (folder / FILE).write_bytes(content)
    amend(folder, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def amend(folder: Path, **fields: object) -> None:
    index = json.loads((folder / "index.json").read_text())
    index["net-a"] |= fields
    (folder / "index.json").write_text(json.dumps(index))


def with_state(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """A file whose hash is right and whose tensors are changed by ``change``."""

    def damage(folder: Path) -> None:
        state = dict(Net(5).state_dict())
        change(state)
        rewrite(folder, to_safetensors(state, {"config": '{"width": 5}'}))

    return damage


def in_eight_bits(steps: torch.Tensor):
    """The matrix as whole numbers, with these steps beside it."""
    eight = torch.ones(5, 3, dtype=torch.int8)
    return with_state(lambda state: state.update({"fc.weight": eight, "fc.weight#scale": steps}))


def with_config(text: str | None) -> Callable[[Path], None]:
    """A file whose hash is right and whose metadata holds ``text`` as configuration."""

    def damage(folder: Path) -> None:
        rewrite(folder, to_safetensors(Net(5).state_dict(), text and {"config": text}))

    return damage


def with_index(text: str | bytes) -> Callable[[Path], None]:
    content = text if isinstance(text, bytes) else text.encode()
    return lambda folder: (folder / "index.json").write_bytes(content)


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / FILE).read_bytes())
    content[-5] ^= 1
    (folder / FILE).write_bytes(content)


def truncate(folder: Path) -> None:
    os.truncate(folder / FILE, 100)


def truncate_with_its_index(folder: Path) -> None:
    rewrite(folder, (folder / FILE).read_bytes()[:-9])


def lengthen(folder: Path) -> None:
    (folder / FILE).write_bytes((folder / FILE).read_bytes() + b"more")


def link(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    (folder / FILE).rename(elsewhere)
    (folder / FILE).symlink_to(elsewhere)


def link_to_nothing(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).symlink_to("nowhere")


def make_a_folder_of_it(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


def make_a_pipe_of_it(folder: Path) -> None:
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


class Bomb:
    """Unpickling this would end the test run."""

    def __reduce__(self) -> tuple:
        return os._exit, (66,)


def torch_pickle(folder: Path) -> None:
    torch.save({"state": Net(5).state_dict()}, folder / FILE)
    rewrite(folder, (folder / FILE).read_bytes())


MISSING = {
    "no file": lambda folder: (folder / FILE).unlink(),
    "no index": lambda folder: (folder / "index.json").unlink(),
    "no folder": lambda folder: folder.rename(folder.parent / "moved"),
    "a file for a folder": lambda folder: (folder.rename(folder.parent / "m"), folder.touch()),
    "not in the index": with_index("{}"),
}

DAMAGED = {
    "truncated": truncate,
    "truncated with its index": truncate_with_its_index,
    "longer": lengthen,
    "same length, other content": flip_a_bit,
    "empty": lambda folder: (folder / FILE).write_bytes(b""),
    "link": link,
    "link to nothing": link_to_nothing,
    "folder": make_a_folder_of_it,
    "pipe": make_a_pipe_of_it,
    "large-file pointer": lambda folder: (folder / FILE).write_text("version https://git-lfs"),
    "pickle": lambda folder: rewrite(folder, pickle.dumps(Bomb())),
    "torch checkpoint": torch_pickle,
    "text": lambda folder: rewrite(folder, b"<html>Not found</html>"),
    "one byte": lambda folder: rewrite(folder, b"\0"),
    "zeros": lambda folder: rewrite(folder, bytes(5000)),
    "header of 8 GB": lambda folder: rewrite(folder, struct.pack("<Q", 8 << 30) + b"{}" * 40),
    "header of 2**64 - 1": lambda folder: rewrite(folder, b"\xff" * 8 + b"{}" * 40),
    "header of 90 MB": lambda folder: rewrite(folder, struct.pack("<Q", 90_000_000) + b"{}" * 40),
    "missing key": with_state(lambda state: state.pop("fc.bias")),
    "no keys": with_state(lambda state: state.clear()),
    "surplus key": with_state(lambda state: state.update({"<b>/etc/passwd": torch.zeros(1)})),
    "renamed key": with_state(lambda state: state.update({"fc.b": state.pop("fc.bias")})),
    "wrong shape": with_state(lambda state: state.update({"fc.bias": torch.zeros(6)})),
    "shape that would broadcast": with_state(
        lambda state: state.update({"fc.bias": torch.zeros(1)})
    ),
    "whole numbers for weights": with_state(
        lambda state: state.update({"fc.bias": torch.zeros(5, dtype=torch.int64)})
    ),
    "fractions for a count": with_state(
        lambda state: state.update({"norm.num_batches_tracked": torch.tensor(1.5)})
    ),
    "complex numbers": with_state(
        lambda state: state.update({"fc.bias": torch.zeros(5, dtype=torch.complex64)})
    ),
    "complex count": with_state(
        lambda state: state.update({"norm.num_batches_tracked": torch.tensor(1j)})
    ),
    "NaN": with_state(lambda state: state.update({"fc.bias": torch.full((5,), torch.nan)})),
    "one infinity": with_state(lambda state: state["norm.running_var"].__setitem__(2, torch.inf)),
    "half NaN": with_state(lambda state: state.update({"fc.bias": (torch.zeros(5) / 0).half()})),
    "eight bits without their steps": with_state(
        lambda state: state.update({"fc.weight": state["fc.weight"].to(torch.int8)})
    ),
    "steps for too few rows": in_eight_bits(torch.ones(4)),
    "steps that are no numbers": in_eight_bits(torch.full((5,), torch.nan)),
    "steps that are whole numbers": in_eight_bits(torch.ones(5, dtype=torch.int64)),
    "steps beside fractions": with_state(
        lambda state: state.update({"fc.weight#scale": torch.ones(5)})
    ),
    "no metadata": with_config(None),
    "configuration not JSON": with_config("width=5"),
    "configuration a list": with_config("[5]"),
    "configuration of another network": with_config('{"height": 5}'),
    "configuration refused": with_config('{"width": 1000000000000}'),
    "configuration of more than its bytes": with_config('{"width": {"of": [1, 9999]}}'),
    "configuration of a wrong type": with_config('{"width": "5"}'),
    "configuration of another size": with_config('{"width": 6}'),
    "configuration too deep": with_config("[" * 100_000),
    "index not JSON": with_index("weights"),
    "index half": with_index('{"net-a": {"file": "net'),
    "index empty": with_index(""),
    "index a list": with_index("[]"),
    "index not text": with_index(b"\xff\xfe\x00\x80"),
    "index too deep": with_index("[" * 200_000),
    "index too large": with_index(" " * 2_000_000 + "{}"),
    "index of names only": with_index('{"net-a": "net-a.safetensors"}'),
    "index with an odd name": with_index('{"../net-a": {}}'),
    "index a link": lambda folder: (
        (folder / "index.json").rename(folder / "other"),
        (folder / "index.json").symlink_to("other"),
    ),
    "file above the folder": lambda folder: amend(folder, file="../net-a.safetensors"),
    "file at the root": lambda folder: amend(folder, file="/net-a.safetensors"),
    "file below the folder": lambda folder: amend(folder, file="x/net-a.safetensors"),
    "file on a Windows drive": lambda folder: amend(folder, file="C:\\net-a.safetensors"),
    "file hidden": lambda folder: amend(folder, file=".safetensors"),
    "file of another kind": lambda folder: amend(folder, file="net-a.bin"),
    "file not text": lambda folder: amend(folder, file=3),
    "size not a number": lambda folder: amend(folder, size="824"),
    "size negative": lambda folder: amend(folder, size=-1),
    "size a truth": lambda folder: amend(folder, size=True),
    "sha256 short": lambda folder: amend(folder, sha256="ab12"),
    "sha256 missing": lambda folder: amend(folder, sha256=None),
    "metrics not a table": lambda folder: amend(folder, metrics=[0.9]),
    "metrics infinite": lambda folder: amend(folder, metrics={"accuracy": float("inf")}),
    "metrics enormous": lambda folder: amend(folder, metrics={"accuracy": 10**400}),
    "minutes enormous": lambda folder: amend(folder, minutes=10**400),
    "minutes not a number": lambda folder: amend(folder, minutes="three"),
}


@pytest.mark.parametrize(
    ("damage", "error"),
    [pytest.param(damage, WeightsMissing, id=name) for name, damage in MISSING.items()]
    + [pytest.param(damage, WeightsDamaged, id=name) for name, damage in DAMAGED.items()],
)
@pytest.mark.parametrize("source", ["embedded", "chosen"])
def test_damage(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    damage: Callable[[Path], object],
    error: type[WeightsError],
):
    """The embedded folder: refused in words. A chosen folder: the embedded one answers."""
    bad = folder
    if source == "chosen":
        bad = tmp_path / "chosen"
        weights.save("net-a", Net(5), {"width": 5}, record=RECORD, folder=bad)
        monkeypatch.setenv("LESSON7_WEIGHTS", str(bad))
    damage(bad)
    if source == "chosen":
        assert weights.load("net-a", Net).fc.weight.shape == (5, 3)
        (message,) = weights.notices()
        assert message.endswith("The weights of net-a that come with this app are used instead.")
    else:
        with pytest.raises(WeightsError) as raised:
            weights.load("net-a", Net)
        assert type(raised.value) is error
        message = str(raised.value)
        assert message.endswith("Get the weights of this version again, or train them.")
        assert weights.notices() == []
    assert FILE in message or "index" in message
    assert str(tmp_path) not in message
    for leak in ("/", "\\", "Traceback", "Error", "errno", "<"):
        assert leak not in message, message
    assert len(message) < 300


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_bytes_lead_to_anything_but_a_sound_network_or_words(data: st.DataObject):
    """Changed at random, with a hash that fits, a file is sound or it is refused."""
    content = bytearray(weight_file.write("net", Net(5), {"width": 5}))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(content))))
    with contextlib.suppress(WeightsDamaged):
        net = weight_file.read(bytes(content[:cut]), FILE, Net)
        assert all(torch.isfinite(tensor).all() for tensor in net.state_dict().values())
