"""Saving and loading: what is right comes back exactly, what is wrong is refused in words."""

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from lesson7.core import weight_file, weights
from lesson7.core.errors import ConfigError, WeightsDamaged
from lesson7.core.weights import Record
from tests.core.small_net import FILE, RECORD, Net

ROOT = Path(weights.__file__).parents[2]


# ---------------------------------------------------------------- what is right


def test_what_is_saved_is_loaded(folder: Path):
    net = Net(7)
    nn.init.normal_(net.norm.running_mean)
    path = weights.save("net-b", net, {"width": 7}, record=RECORD, folder=folder)
    assert path == folder / "net-b.safetensors"
    loaded = weights.load("net-b", Net)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    for key, tensor in net.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[key], tensor, rtol=0, atol=0)
    assert weights.notices() == []


def test_half_precision_halves_the_matrices_and_spares_the_rest(folder: Path):
    net = Net(64)
    whole = weights.save("whole", net, {"width": 64}, record=RECORD, folder=folder)
    half = weights.save("half", net, {"width": 64}, record=RECORD, folder=folder, bits=16)
    assert whole.stat().st_size - half.stat().st_size == pytest.approx(64 * 3 * 2, abs=16)
    loaded = weights.load("half", Net)
    assert all(parameter.dtype == torch.float32 for parameter in loaded.parameters())
    torch.testing.assert_close(loaded.fc.weight, net.fc.weight, rtol=2**-11, atol=1e-7)
    torch.testing.assert_close(loaded.fc.bias, net.fc.bias.detach(), rtol=0, atol=0)


def test_eight_bits_are_steps_of_a_row(folder: Path):
    net = nn.Linear(3, 3)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, -0.5, 0.001], [0.0, 0.0, 0.0], [-254, 3.0, 1.0]]))
    config = {"in_features": 3, "out_features": 3}
    path = weights.save("eight", net, config, record=RECORD, folder=folder, bits=8)
    loaded = weights.load("eight", nn.Linear)
    step = 1 / 127  # of the first row; 0.5 is 63.5 steps, and half of them go to the even one
    expected = torch.tensor([[1.0, -64 * step, 0.0], [0.0, 0.0, 0.0], [-254, 4.0, 0.0]])
    torch.testing.assert_close(loaded.weight.data, expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(loaded.bias, net.bias.detach(), rtol=0, atol=0)
    assert weight_file.count_parameters(path) == 12


def test_eight_bits_take_a_quarter_and_leave_the_rest(folder: Path):
    net = Net(64)
    whole = weights.save("whole", net, {"width": 64}, record=RECORD, folder=folder)
    eight = weights.save("eight", net, {"width": 64}, record=RECORD, folder=folder, bits=8)
    small, large = (load_file(path) for path in (eight, whole))
    assert small["fc.weight"].nbytes * 4 == large["fc.weight"].nbytes
    for key in large.keys() - {"fc.weight"}:
        torch.testing.assert_close(small[key], large[key], rtol=0, atol=0)
    loaded = weights.load("eight", Net).fc.weight
    error = (loaded - net.fc.weight).abs() / net.fc.weight.abs().amax(1, keepdim=True)
    assert 0 < error.max() <= 0.5 / 127 + 1e-6


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_rounding_gives_what_storing_does(folder: Path, bits: weight_file.Bits):
    net = Net(9).train()
    weights.save("net-9", net, {"width": 9}, record=RECORD, folder=folder, bits=bits)
    stored, rounded = weights.load("net-9", Net), weight_file.rounded(net, bits)
    assert net.training
    assert not rounded.training
    for key, tensor in stored.state_dict().items():
        torch.testing.assert_close(rounded.state_dict()[key], tensor, rtol=0, atol=0)


def test_eight_bits_of_eight_bits_are_the_same(folder: Path):
    first = weights.save("net-8", Net(9), {"width": 9}, record=RECORD, folder=folder, bits=8)
    content = first.read_bytes()
    again = weights.load("net-8", Net)
    weights.save("net-8", again, {"width": 9}, record=RECORD, folder=folder, bits=8)
    assert first.read_bytes() == content


def test_the_same_network_gives_the_same_bytes(folder: Path):
    first = (folder / FILE).read_bytes(), (folder / "index.json").read_bytes()
    torch.manual_seed(0)
    weights.save("net-a", Net(5), {"width": 5}, record=RECORD, folder=folder)
    assert ((folder / FILE).read_bytes(), (folder / "index.json").read_bytes()) == first


def test_tensors_that_share_memory_are_stored(folder: Path):
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(4, 3)
            self.out = nn.Linear(3, 4)
            self.out.weight = self.embed.weight

    net = Tied()
    weights.save("tied", net, {}, record=RECORD, folder=folder)
    loaded = weights.load("tied", Tied)
    assert torch.equal(loaded.embed.weight, net.embed.weight)
    assert loaded.out.weight is loaded.embed.weight


def test_loading_leaves_the_random_state_alone(folder: Path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    weights.load("net-a", Net)
    assert torch.equal(torch.rand(3), expected)


def test_the_index_says_where_weights_come_from(folder: Path):
    entry = weights.entry("net-a")
    content = (folder / FILE).read_bytes()
    assert (entry.file, entry.size) == (FILE, len(content))
    assert entry.sha256 == hashlib.sha256(content).hexdigest()
    for field, value in vars(RECORD).items():
        assert getattr(entry, field) == value


def test_the_index_keeps_its_other_lines_when_one_entry_changes(folder: Path):
    index = folder / "index.json"
    weights.save("net-c", Net(6), {"width": 6}, record=RECORD, folder=folder)
    before = index.read_text().splitlines()
    weights.save("net-b", Net(6), {"width": 6}, record=RECORD, folder=folder)
    after = index.read_text().splitlines()
    assert list(weights.entries()) == ["net-a", "net-b", "net-c"]
    new = [line for line in after if line not in before]
    assert 0 < len(new) < len(after) - len(before) + 1
    position = iter(after)
    assert all(line in position for line in before)  # in order, nothing moved or reworded
    assert index.read_text().endswith("}\n")
    assert "ümlauts" in index.read_text()


def test_no_temporary_file_is_left(folder: Path):
    assert sorted(path.name for path in folder.iterdir()) == ["index.json", FILE]


def test_threads_that_save_at_once_lose_nothing(folder: Path):
    names = [f"t{number}" for number in range(12)]
    net = Net()
    threads = [
        threading.Thread(
            target=weights.save, args=(name, net, {}), kwargs={"record": RECORD, "folder": folder}
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(weights.entries(folder)) == {"net-a", *names}
    for name in names:
        weights.load(name, Net)


def test_fields_of_a_newer_version_are_passed_over_and_kept(folder: Path):
    index = json.loads((folder / "index.json").read_text())
    index["net-a"]["carbon"] = 3
    (folder / "index.json").write_text(json.dumps(index))
    weights.load("net-a", Net)
    weights.save("net-a", Net(5), {"width": 5}, record=RECORD, folder=folder)
    assert json.loads((folder / "index.json").read_text())["net-a"]["carbon"] == 3


def test_the_index_is_read_without_torch(folder: Path):
    code = (
        "import sys; from pathlib import Path; from lesson7.core import weights;"
        f"assert weights.entry('net-a', Path({str(folder)!r})).minutes == 1.5;"
        "assert weights.notices() == [];"
        "print([name for name in ('torch', 'safetensors', 'huggingface_hub', 'gradio')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- what is not saved


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_not_saved(folder: Path, value: float):
    net = Net()
    net.norm.running_var[1] = value
    with pytest.raises(WeightsDamaged, match="no numbers"):
        weights.save("bad", net, {}, record=RECORD, folder=folder)
    assert list(weights.entries()) == ["net-a"]
    assert not (folder / "bad.safetensors").exists()


def test_weights_too_large_for_half_precision_are_not_saved_in_it(folder: Path):
    net = Net()
    nn.init.constant_(net.fc.weight, 70_000.0)
    with pytest.raises(ConfigError, match="float16"):
        weights.save("big", net, {}, record=RECORD, folder=folder, bits=16)
    weights.save("big", net, {}, record=RECORD, folder=folder)


def test_ten_megabytes_are_the_limit(folder: Path):
    net = nn.Linear(1_000, 2_500, bias=False)  # 10.0 MB and a header
    with pytest.raises(ConfigError, match=r"10,000,\d\d\d bytes, over the limit of 10,000,000"):
        weights.save("large", net, {}, record=RECORD, folder=folder)
    weights.save("large", net, {}, record=RECORD, folder=folder, bits=16)
    weights.save("larger", net, {}, record=RECORD, folder=folder, largest=11_000_000)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".hidden", "a b", "x" * 81, "naïve"])
def test_a_name_that_is_no_file_name_is_refused(folder: Path, name: str):
    with pytest.raises(ConfigError):
        weights.save(name, Net(), {}, record=RECORD, folder=folder)
    assert sorted(path.name for path in folder.iterdir()) == ["index.json", FILE]


@pytest.mark.parametrize(
    "config", [{"f": print}, {"x": float("nan")}, {"s": {1, 2}}, {(1, 2): 3}, {"t": torch.zeros(1)}]
)
def test_a_configuration_that_is_not_json_is_refused(folder: Path, config: dict):
    with pytest.raises(ConfigError, match="is not JSON"):
        weights.save("odd", Net(), config, record=RECORD, folder=folder)


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"accuracy": float("nan")}},
        {"metrics": {"accuracy": "high"}},
        {"metrics": {"calibrated": True}},
        {"data": None},
        {"minutes": -1.0},
        {"minutes": float("inf")},
    ],
)
def test_a_record_that_the_index_could_not_give_back_is_refused(folder: Path, change: dict):
    record = Record(**(vars(RECORD) | change))
    with pytest.raises(ConfigError, match=f"no usable {next(iter(change))}"):
        weights.save("odd", Net(), {}, record=record, folder=folder)
    assert not (folder / "odd.safetensors").exists()


def test_a_broken_index_is_not_overwritten(folder: Path):
    (folder / "index.json").write_text("{ half an index")
    with pytest.raises(WeightsDamaged):
        weights.save("new", Net(), {}, record=RECORD, folder=folder)
    assert (folder / "index.json").read_text() == "{ half an index"
    assert not (folder / "new.safetensors").exists()


# ------------------------------------------------------------------------ counted, not read


class Normed(nn.Module):
    """Everything that keeps tensors which it does not learn."""

    def __init__(self) -> None:
        super().__init__()
        conv = nn.Conv2d(3, 5, 3)
        self.stages = nn.Sequential(
            torch.nn.utils.parametrizations.spectral_norm(conv),
            nn.BatchNorm2d(5),
            torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(5, 2, 1)),
        )


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_parameters_are_counted_without_what_is_only_kept(folder: Path, bits: weight_file.Bits):
    network = Normed()
    path = weights.save("net-c", network, {}, record=RECORD, folder=folder, bits=bits)
    learnt = sum(parameter.numel() for parameter in network.parameters())
    assert weight_file.count_parameters(path) == learnt


@pytest.mark.parametrize(
    "content",
    [b"", b"\x02", b"\x02\0\0\0\0\0\0\0[]", b"\xff" * 40, b"\x09\0\0\0\0\0\0\0" + b'{"a": {}}'],
    ids=["empty", "cut", "no table", "huge", "no shape"],
)
def test_a_file_without_a_header_is_not_counted(tmp_path: Path, content: bytes):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsDamaged, match=r"net\.safetensors has no header"):
        weight_file.count_parameters(path)
    with pytest.raises(WeightsDamaged):
        weight_file.count_parameters(tmp_path / "absent.safetensors")
