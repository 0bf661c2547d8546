"""A network as the bytes of a safetensors file, and back.

The file [1] holds the state dict, and in its metadata, as JSON under ``config``, the
arguments that the network is built from. It holds no code, and no pickle is ever read,
whatever a file is called. What `read` is given may be anything that matches a hash:
each thing in it is checked before it is used.

Matrices and kernels may be stored in 16 or 8 bits. In 8, each row (all with one first index,
which is one output's, or in a transposed convolution one input's) is whole numbers from -127 to
127 times one float32, stored beside it under the tensor's name and ``SCALE`` [2].

References:
    [1] https://huggingface.co/docs/safetensors
    [2] Jacob et al., Quantization and training of neural networks for efficient
        integer-arithmetic-only inference, 2017. https://arxiv.org/abs/1712.05877
        (here it is the storage alone that is quantised)
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lesson7.core.errors import ConfigError, WeightsDamaged

if TYPE_CHECKING:
    from torch import Tensor, nn

Network = TypeVar("Network", bound="nn.Module")
Bits = Literal[8, 16, 32]

SCALE = "#scale"  # after the name of a tensor in 8 bits; no parameter's name has such a sign

# The last part of the names of tensors that are kept with a network and never learnt: the
# statistics of batch norm, the vectors of spectral norm, the noise of a fixed grain.
_KEPT = ("running_mean", "running_var", "num_batches_tracked", "_u", "_v", "fixed")


def write(name: str, model: nn.Module, config: Mapping[str, Any], *, bits: Bits = 32) -> bytes:
    """The file of a network: the same weights and configuration give the same bytes.

    Args:
        name: what messages call it.
        model: on any device; tensors that share memory are stored once each.
        config: what `read` hands to ``build``; JSON turns its tuples into lists.
        bits: of each number in floating-point tensors of two or more dimensions.

    Raises:
        WeightsDamaged: a weight is NaN or infinite.
        ConfigError: the configuration is not JSON, or a weight exceeds float16's 65,504.
    """
    import torch
    from safetensors.torch import save

    try:
        text = json.dumps(dict(config), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The configuration of {name} is not JSON: {error}.") from None
    tensors = {key: tensor.detach().cpu() for key, tensor in model.state_dict().items()}
    if not _finite(tensors):
        raise WeightsDamaged(f"{name} holds weights that are no numbers (NaN or infinity).")
    stored = _in_bits(tensors, bits)
    if not _finite(stored):
        raise ConfigError(f"{name} has weights beyond 65,504, too large for float16.")
    unshared = {
        key: tensor.clone(memory_format=torch.contiguous_format) for key, tensor in stored.items()
    }
    return save(unshared, metadata={"config": text})  # a second key would make the order vary


def read(content: bytes, file: str, build: Callable[..., Network]) -> Network:
    """The network in a file, in float32 and eval mode, without gradients.

    Leaves the state of torch's random generator as it was.

    Args:
        content: the bytes of the file.
        file: what messages call it.
        build: called as ``build(**config)``.

    Raises:
        WeightsDamaged: it is not a safetensors file, its configuration or its tensors do not
            fit the network, or a weight is NaN or infinite.
    """
    import torch

    tensors, config = _parse(content, file)
    if _largest(config) > len(content):  # nor would it end to build such a network
        raise WeightsDamaged(f"{file} is smaller than the network that it says it holds.")
    with torch.random.fork_rng(devices=[]):
        try:
            network = build(**config)
        except Exception as error:  # the arguments are the file's: whatever it is, they caused it
            raise WeightsDamaged(f"{file} was made for another version of the network.") from error
    expected = network.float().state_dict()
    tensors = _dequantised(tensors)
    misfit = _misfit(tensors, expected)
    if misfit:
        raise WeightsDamaged(f"{file} does not fit the network: {misfit}.")
    state = {key: tensor.to(expected[key].dtype) for key, tensor in tensors.items()}
    if not _finite(state):
        raise WeightsDamaged(f"{file} holds weights that are no numbers (NaN or infinity).")
    network.load_state_dict(state, strict=True)
    return network.eval().requires_grad_(False)


def _largest(config: Any) -> float:
    """The largest number in a configuration, however deep it lies."""
    if isinstance(config, dict | list):
        inside = config.values() if isinstance(config, dict) else config
        return max(map(_largest, inside), default=0)
    return config if isinstance(config, int | float) else 0


def rounded(model: Network, bits: Bits) -> Network:
    """The network as `read` gives it back, without the file: a copy on the processor."""
    twin = copy.deepcopy(model).cpu().float().eval().requires_grad_(False)
    own = twin.state_dict()
    stored = _dequantised(_in_bits(own, bits))
    twin.load_state_dict({key: tensor.to(own[key].dtype) for key, tensor in stored.items()})
    return twin


def read_tensors(content: bytes, file: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file that others made, which says nothing of its network.

    Args:
        content: the bytes of the file.
        file: what messages call it.

    Raises:
        WeightsDamaged: it is not a safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise WeightsDamaged(f"{file} is not a safetensors file.") from error


def count_parameters(path: Path) -> int:
    """How many numbers the network in a safetensors file has learnt, without reading them.

    Only the header is read, and torch is not imported: it is meant for tables. What a file
    promises by its hash is not checked here.

    Raises:
        WeightsDamaged: it has no header of a safetensors file, or cannot be opened.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, 1_000_000)))
        shapes = {key: entry["shape"] for key, entry in header.items() if key != "__metadata__"}
        learnt = (
            shape
            for key, shape in shapes.items()
            if key.rsplit(".", 1)[-1] not in _KEPT and not key.endswith(SCALE)
        )
        return sum(math.prod(shape) for shape in learnt)
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsDamaged(f"{path.name} has no header of a safetensors file.") from error


def _parse(content: bytes, file: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors = read_tensors(content, file)
    end = 8 + int.from_bytes(content[:8], "little")  # of the header, which `load` has checked
    try:
        config = json.loads(json.loads(content[8:end])["__metadata__"]["config"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsDamaged(f"{file} does not say how to build its network.") from error
    if not isinstance(config, dict):
        raise WeightsDamaged(f"{file} does not say how to build its network.")
    return tensors, config


def _in_bits(tensors: Mapping[str, Tensor], bits: Bits) -> dict[str, Tensor]:
    """As they are stored; those of one dimension, and whole numbers, stay as they are."""
    stored: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if bits == 32 or not tensor.is_floating_point() or tensor.dim() < 2:
            stored[key] = tensor
        elif bits == 16:
            stored[key] = tensor.half()
        else:
            stored[key], stored[key + SCALE] = _quantised(tensor)
    return stored


def _quantised(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """``(N, ...)`` float -> int8 of that shape, and the step of each row, ``(N,)``."""
    import torch

    rows = tensor.float().flatten(1)
    steps = rows.abs().amax(1, keepdim=True) / 127
    whole = torch.where(steps > 0, rows / steps, 0).round().clamp(-127, 127).to(torch.int8)
    return whole.view(tensor.shape), steps[:, 0]


def _dequantised(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What came in 8 bits as float32. Whatever does not fit together stays, as a misfit."""
    import torch

    found = dict(tensors)
    for key in [key for key in tensors if key + SCALE in tensors]:
        whole, steps = tensors[key], tensors[key + SCALE]
        fits = whole.dtype == torch.int8 and whole.dim() >= 2
        if fits and steps.is_floating_point() and steps.shape == whole.shape[:1]:
            columns = steps.float().view(-1, *[1] * (whole.dim() - 1))
            found[key] = whole * columns
            del found[key + SCALE]
    return found


def _misfit(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """How the two differ in keys, shapes or kinds, in words; empty if they do not."""
    for key, want in expected.items():
        if key not in tensors:
            return f"{key} is missing"
        have = tensors[key]
        if have.shape != want.shape:
            return f"{key} is {tuple(have.shape)} and should be {tuple(want.shape)}"
        if have.is_floating_point() != want.is_floating_point() or have.is_complex():
            return f"{key} is {have.dtype} and should be {want.dtype}"
    surplus = len(tensors) - len(expected)  # not named: their names are the file's, not ours
    return f"it has no place for {surplus} of the tensors" if surplus else ""


def _finite(tensors: Mapping[str, Tensor]) -> bool:
    import torch

    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())
