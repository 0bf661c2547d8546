"""What to look at before training, as the lesson does at every step.

    summary       the layers: output shapes, parameters, trainable or not
    show_batch    a picture of what the network is fed
    find_lr       a sweep of the learning rate, as a plot with a suggestion   [1]

References:
    [1] Smith, Cyclical learning rates for training neural networks, 2015.
        https://arxiv.org/abs/1506.01186
"""

import copy
import math
from pathlib import Path

import matplotlib
import torch
from torch import Tensor, nn

from lesson7.core.errors import ConfigError
from lesson7.core.task import Settings, Task, build_optimizer
from lesson7.core.vision import save_image

matplotlib.use("agg")


def summary(model: nn.Module, *inputs: Tensor) -> str:
    """A table of the layers that hold no other layers, in the order in which they run.

    Args:
        model: is run once, in eval mode, without gradients.
        inputs: what to run it on; only their shapes matter.

    Returns:
        Lines of name, kind, output shape, parameters and whether they are trainable; the
        last two lines count all and the trainable parameters.
    """
    rows: list[tuple[str, str, str, str, str]] = []

    def remember(name: str, module: nn.Module, output: object) -> None:
        shape = tuple(output.shape) if isinstance(output, Tensor) else "several"
        own = list(module.parameters())
        count = sum(p.numel() for p in own)
        trainable = "" if not own else "yes" if all(p.requires_grad for p in own) else "frozen"
        rows.append((name, type(module).__name__, str(shape), f"{count:,}", trainable))

    named = [(n, m) for n, m in model.named_modules() if "parametrizations" not in n.split(".")]
    leaves = [(name, module) for name, module in named if _is_layer(module)]
    hooks = [
        module.register_forward_hook(lambda m, _, out, name=name: remember(name, m, out))
        for name, module in leaves
    ]
    training = model.training
    try:
        with torch.inference_mode():
            model.eval()(*inputs)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    head = ("layer", "kind", "output", "parameters", "trainable")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(5)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
             for row in [head, *rows]]  # fmt: skip
    every = list(model.parameters())
    lines.append(f"parameters: {sum(p.numel() for p in every):,}")
    lines.append(f"trainable: {sum(p.numel() for p in every if p.requires_grad):,}")
    return "\n".join(lines)


def _is_layer(module: nn.Module) -> bool:
    """Whether it holds no other layers; what makes its weights (weight norm) is none."""
    return all(name == "parametrizations" for name, _ in module.named_children())


def show_batch(images: Tensor, folder: Path, columns: int = 16) -> Path:
    """Save a batch of images ``(N, C, H, W)``, unit range, as ``batch.png``; its path."""
    path = folder / "batch.png"
    save_image(images[: columns * columns], path, nrow=columns, padding=2, pad_value=0.4)
    return path


def sweep(
    task: Task,
    settings: Settings | None = None,
    *,
    first: float = 1e-7,
    last: float = 10.0,
    n_steps: int = 100,
) -> tuple[list[float], list[float]]:
    """Raise the learning rate from batch to batch and record the smoothed loss [1].

    Stops early once the loss is four times its best, or not finite. The weights are put
    back afterwards.

    Returns:
        Rates and losses, of equal length, at most ``n_steps``.

    Raises:
        ConfigError: the rates are not ``0 < first < last``.
    """
    if not 0 < first < last:
        raise ConfigError(f"the sweep needs 0 < first < last, got {first} and {last}")
    before = copy.deepcopy(task.model.state_dict())
    optimizer = build_optimizer(list(task.groups) or [task.model], settings or Settings())
    rates, losses, average, best = [], [], 0.0, math.inf
    task.model.train()
    batches = iter(task.batches)
    for step in range(n_steps):
        batch = next(batches, None)
        if batch is None:
            batches = iter(task.batches)
            batch = next(batches)
        rate = first * (last / first) ** (step / max(n_steps - 1, 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = task.loss(task.model, batch)
        average = 0.98 * average + 0.02 * loss.item()
        smooth = average / (1 - 0.98 ** (step + 1))
        if not math.isfinite(smooth) or smooth > 4 * best:
            break
        best = min(best, smooth)
        rates.append(rate)
        losses.append(smooth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    task.model.load_state_dict(before)
    return rates, losses


def suggest(rates: list[float], losses: list[float]) -> float:
    """The rate at which the loss falls most steeply against the logarithm of the rate.

    Raises:
        ConfigError: fewer than three points: the loss exploded at once.
    """
    if len(rates) < 3:
        raise ConfigError("the loss exploded at once: start the sweep at a lower rate")
    slopes = [losses[i + 1] - losses[i - 1] for i in range(1, len(losses) - 1)]
    return rates[1 + slopes.index(min(slopes))]


def find_lr(task: Task, folder: Path, settings: Settings | None = None) -> str:
    """Sweep, save the plot as ``find_lr.png`` in ``folder``, and say what it suggests."""
    from matplotlib import pyplot

    rates, losses = sweep(task, settings)
    suggestion = suggest(rates, losses)
    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.plot(rates, losses)
    axes.axvline(suggestion, linestyle="--", label=f"steepest at {suggestion:.1e}")
    axes.set(xscale="log", xlabel="learning rate", ylabel="smoothed loss")
    axes.legend()
    figure.savefig(folder / "find_lr.png", dpi=120, bbox_inches="tight")
    pyplot.close(figure)
    return f"steepest fall at {suggestion:.2e}; plot in {folder / 'find_lr.png'}"
