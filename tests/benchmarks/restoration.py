"""How good the restored photographs are, beside enlarging and beside a classic of denoising.

Usage:

    python -m tests.benchmarks.restoration pixel=restoration-pixel \\
        lesson=runs/restoration-lesson-001 --data data/pets --out restoration.json
    python -m tests.benchmarks.restoration --speed

A network is named as NAME=PLACE; the place is the name of shipped weights, a safetensors file
of our compact network, or the folder of a run. All restore the middle squares of the first 200
photographs that never train, 256 pixels, after the lesson's damage (or another ``--form``):

    psnr        dB
    ssim        -1 to 1
    features    distance for SqueezeNet, through which no network here trains
    number      mean squared error in the number's strokes, as a multiple of that in a ring
                around the number: 1 where nothing is left of it
    identity    dB, 100 at most: an undamaged photograph against itself after restoration

beside bilinear and bicubic enlarging and OpenCV's non-local means [1] after bilinear
enlarging, its strength chosen in its favour. Behind each value is its 95 % interval, by
resampling photographs, and below the difference to bilinear, photograph by photograph (for
features in per cent).

``--speed`` times our network and the lesson's on a picture of 512x512 pixels, in turns.

References:
    [1] Buades et al., Non-local means denoising, 2011. https://doi.org/10.5201/ipol.2011.bcm_nlm
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

from lesson7.core import backbones, metrics, runtime, weight_file, weights
from lesson7.core.errors import ConfigError
from lesson7.core.images import to_unit
from lesson7.core.runs import Run, choose
from lesson7.restoration import degradations
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.data import FORMS, SIZE, Photographs, degrade, enlarged, find, split
from lesson7.restoration.recipes import build_network

RING = 16  # pixels: how far around the number's box the error is compared
STRENGTHS = (3, 5, 10)  # of non-local means; OpenCV's default is 3
RESAMPLED = 2_000
MEASURES = ("psnr", "ssim", "features", "number", "identity")

Restorer = Callable[["Case"], Tensor]
Measured = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """A photograph and its damaged copy.

    Args:
        small: the copy as it was saved, RGB.
        damaged: the same, enlarged bilinearly: ``(3, S, S)``, unit.
        target: the photograph, the same shape and range.
        strokes: where the number's strokes are, ``(S, S)``, bool; None without a number.
        around: a ring around the number, likewise.
    """

    small: Image.Image
    damaged: Tensor
    target: Tensor
    strokes: Tensor | None = None
    around: Tensor | None = None


def case_of(photograph: Image.Image, seed: int, form: str) -> Case:
    """The photograph's middle square, damaged as for the judging during training.

    Args:
        photograph: its shorter side is ``SIZE``.
        seed: of the damage.
        form: one of the lesson's, or ``family``.
    """
    left, top = (photograph.width - SIZE) // 2, (photograph.height - SIZE) // 2
    target = photograph.crop((left, top, left + SIZE, top + SIZE))
    rng, masks = random.Random(seed), (None, None)
    if form == "family":
        small = degradations.compose(target, rng)
    else:
        small, box = degrade(target, rng, form)
        if box is not None:
            text = str(random.Random(seed).randint(10, 70))  # what degrade draws first
            masks = number_masks(text, box, small.size, (SIZE, SIZE))
    return Case(small, to_unit(enlarged(small, (SIZE, SIZE))), to_unit(target), *masks)


def number_masks(
    text: str, box: tuple[int, int, int, int], small: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Where the strokes of a number are, and a ring around it, in the enlarged picture.

    Args:
        text: the number.
        box: of the number in the small picture: left, top, right, bottom.
        small: width and height of the small picture.
        size: of the enlarged one.

    Returns:
        Two bool tensors ``(H, W)``: pixels that are more stroke than not, and pixels up to
        ``RING`` pixels from the box, outside of it, that no stroke has touched.
    """
    alone = Image.new("L", small)
    font = ImageFont.load_default_imagefont()
    ImageDraw.Draw(alone).text(box[:2], text, fill=255, font=font)
    lit = torch.from_numpy(np.array(enlarged(alone, size)))
    left, top, right, bottom = (round(place * size[i % 2] / small[i % 2]) for i, place in
                                enumerate(box))  # fmt: skip
    ring = torch.zeros(lit.shape, dtype=torch.bool)
    ring[max(top - RING, 0) : bottom + RING, max(left - RING, 0) : right + RING] = True
    ring[top:bottom, left:right] = False
    return lit >= 128, ring & (lit == 0)


# ------------------------------------------------------------------------------- restorers


def bilinear(case: Case) -> Tensor:
    """What every network is given."""
    return case.damaged


def bicubic(case: Case) -> Tensor:
    """The other usual way to enlarge."""
    return to_unit(case.small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def non_local_means(case: Case, strength: float) -> Tensor:
    """Pixels averaged with others whose surroundings look alike [1]."""
    pixels = case.damaged.mul(255).round().byte().permute(1, 2, 0).numpy()
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    smooth = cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, 7, 21)
    return torch.from_numpy(smooth[..., ::-1].copy()).permute(2, 0, 1).float() / 255


def network_of(place: str) -> nn.Module:
    """A network by the name of its weights, its file, or its run's folder; in eval mode.

    Raises:
        ConfigError: a run has no checkpoint.
        WeightsError: there is no such file or name, or it cannot be used.
    """
    path = Path(place)
    if path.is_dir():
        run = Run(path)
        options = json.loads((path / "options.json").read_text("utf-8"))["options"]
        network = build_network(options["network"], None)
        network.load_state_dict(run.weights())
        return network.eval()
    if path.is_file():
        return weight_file.read(path.read_bytes(), path.name, CompactUnet)
    return weights.load(place, CompactUnet)


def through(network: nn.Module) -> Restorer:
    """The network as one that restores a case; in float32."""
    device = runtime.device()
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def restored(case: Case) -> Tensor:
        with torch.inference_mode():
            return network(case.damaged[None].to(device))[0].float().clamp(0, 1).cpu()

    return restored


# ---------------------------------------------------------------------------------- judging


def measure(restorer: Restorer, cases: list[Case], eyes: nn.Module, *, whole: bool) -> Measured:
    """What each measure is made of, photograph by photograph: arrays ``(N,)``.

    Args:
        eyes: takes unit range, gives features.
        whole: also restore undamaged photographs; enlarging leaves those as they are.
    """
    rows: list[dict[str, float]] = []
    for case in cases:
        image, target = restorer(case), case.target
        row = {
            "psnr": metrics.psnr(image[None], target[None]).item(),
            "ssim": metrics.ssim(image[None], target[None]).item(),
        }
        with torch.inference_mode():
            row["features"] = metrics.feature_distance(eyes, image[None], target[None]).item()
        if case.strokes is not None and case.around is not None:
            errors = (image - target).square().mean(0)
            row["inside"] = errors[case.strokes].mean().item()
            row["around"] = errors[case.around].mean().item()
        if whole:
            small = Image.fromarray(target.mul(255).round().byte().permute(1, 2, 0).numpy())
            again = restorer(Case(small, target, target))
            row["identity"] = min(metrics.psnr(again[None], target[None]).item(), 100.0)
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def value(measured: Measured, name: str, chosen: np.ndarray) -> float:
    """A measure over the chosen photographs: their mean, or the quotient of two means."""
    if name == "number":
        return float(measured["inside"][chosen].mean() / measured["around"][chosen].mean())
    return float(measured[name][chosen].mean())


def interval(
    statistic: Callable[[np.ndarray], float], n: int, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic of ``n`` photographs, and the 95 % interval of it by resampling them.

    Args:
        statistic: of the photographs whose indices it is given.
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(0, n, n)) for _ in range(RESAMPLED)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return statistic(np.arange(n)), float(low), float(high)


def compare(measured: Measured, base: Measured) -> dict[str, dict[str, tuple[float, ...]]]:
    """Every measure that there is, and how it differs from ``base``, each with its interval."""
    n = len(measured["psnr"])
    result = {}
    for name in MEASURES:
        needed = {"inside", "around"} if name == "number" else {name}
        if not needed <= measured.keys():
            continue
        found = {"value": interval(lambda chosen, name=name: value(measured, name, chosen), n)}
        if needed <= base.keys():

            def difference(chosen: np.ndarray, name: str = name) -> float:
                ours, theirs = (value(each, name, chosen) for each in (measured, base))
                return 100 * (ours / theirs - 1) if name == "features" else ours - theirs

            found["difference"] = interval(difference, n)
        result[name] = found
    return result


def report(rows: Mapping[str, Mapping[str, Mapping[str, tuple[float, ...]]]]) -> None:
    """Print the table."""
    typer.echo(f"{'':14}" + "".join(f"{name:>29}" for name in MEASURES))
    for restorer, row in rows.items():
        for kind in ("value", "difference"):
            cells = []
            for name in MEASURES:
                numbers = row.get(name, {}).get(kind)
                digits = 2 if name in ("psnr", "identity", "number") else 4
                digits = 1 if (name, kind) == ("features", "difference") else digits
                sign = "+" if kind == "difference" else ""
                cells.append("" if numbers is None else
                             "{:{s}.{d}f} [{:{s}.{d}f}, {:{s}.{d}f}]".format(
                                 *numbers, s=sign, d=digits))  # fmt: skip
            label = restorer if kind == "value" else "  to bilinear"
            typer.echo(f"{label:14}" + "".join(f"{cell:>29}" for cell in cells))


# ------------------------------------------------------------------------------------ speed


def speed(side: int = 512, rounds: int = 5) -> dict[str, float]:
    """Median seconds of both networks for one picture, and how many times ours is as fast."""
    runtime.use_threads()
    picture = torch.rand(1, 3, side, side, generator=runtime.generator(0))
    ours, lesson = (build_network(name, None).eval() for name in ("compact", "lesson"))
    ours = ours.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    tidy = picture.contiguous(memory_format=torch.channels_last)
    half = torch.autocast("cpu", dtype=torch.bfloat16)
    runs: dict[str, Callable[[], Tensor]] = {
        "lesson": lambda: lesson(picture),
        "compact": lambda: ours(tidy),
        "compact, bfloat16": lambda: _within(half, lambda: ours(tidy)),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.inference_mode():
        for _ in range(rounds + 1):  # in turns, so that a slow moment hits all
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - started)
    found = {name: statistics.median(each[1:]) for name, each in times.items()}
    for name in ("compact", "compact, bfloat16"):
        found[f"lesson / {name}"] = found["lesson"] / found[name]
    return found


def _within(context: torch.autocast, run: Callable[[], Tensor]) -> Tensor:
    with context:
        return run()


def main(
    networks: Annotated[list[str] | None, typer.Argument(help="NAME=PLACE of networks.")] = None,
    folder: Annotated[Path, typer.Option("--data")] = Path("data/pets"),
    eyes_folder: Annotated[Path, typer.Option("--backbones", help="Folder of SqueezeNet.")] = Path(
        "data/backbones"
    ),
    form: Annotated[
        str, typer.Option(help=f"Of the damage: {', '.join(FORMS)}, family.")
    ] = "number",
    n: Annotated[int, typer.Option("--n", help="Photographs.")] = 200,
    out: Annotated[Path | None, typer.Option(help="JSON file of the table.")] = None,
    timed: Annotated[bool, typer.Option("--speed", help="Time the networks instead.")] = False,
) -> None:
    """Measure networks; see the module's docstring."""
    if timed:
        found = speed()
        typer.echo("\n".join(f"{name:26} {number:8.3f}" for name, number in found.items()))
        if out is not None:
            out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return
    choose("form", form, (*FORMS, "family"))
    named = [each.partition("=") for each in networks or []]
    if any(not name or not place for name, _, place in named):
        raise ConfigError("name each network: NAME=PLACE")
    restorers: dict[str, Restorer] = {"bilinear": bilinear, "bicubic": bicubic}
    restorers |= {name: through(network_of(place)) for name, _, place in named}
    photographs = Photographs(find(folder))
    judges = split(len(photographs))[1][:n]
    cases = [case_of(photographs[index], index, form) for index in judges]
    eyes = backbones.load("squeezenet", eyes_folder, takes="unit")
    found = {}
    for name, restorer in restorers.items():
        found[name] = measure(restorer, cases, eyes, whole=restorer not in (bilinear, bicubic))
    smoothed = [
        measure(lambda case, h=h: non_local_means(case, h), cases, eyes, whole=True)
        for h in STRENGTHS
    ]
    found["non-local means"] = max(smoothed, key=lambda each: each["psnr"].mean())
    rows = {name: compare(each, found["bilinear"]) for name, each in found.items()}
    report(rows)
    if out is not None:
        out.write_text(json.dumps({"form": form, "n": len(cases), "rows": rows}, indent=2) + "\n",
                       encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
