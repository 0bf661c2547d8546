"""From a trained run to what the page needs, written beside the other weights.

    ship          a run -> all of the following
    record_of     the last of it alone, for a run whose network is not worth its megabytes

In the folder of weights, everything made from the generator as it is after rounding::

    bedrooms-RECIPE               the generator, in ``BITS``
    bedrooms-RECIPE-critic        what scores its rooms (see ``scoring.py``)
    bedrooms-RECIPE-directions    what the sliders move along (see ``directions.py``)
    runs/bedrooms-RECIPE/         options, metrics and the time machine's sheets
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lesson7.bedrooms import directions, moments
from lesson7.bedrooms.model import Generator, LessonGenerator
from lesson7.bedrooms.scoring import scorer
from lesson7.core import runs, weight_file, weights
from lesson7.core.adversarial import Progress
from lesson7.core.weights import EMBEDDED, Record

N_SCORED = 1_000
BITS: dict[str, weight_file.Bits] = {"modern": 16, "wgan": 8}  # the first rung in little room


def ship(
    recipe: str,
    progress: Progress,
    photographs: Tensor,
    judges: Callable[[nn.Module], dict[str, float]],
    command: str,
    *,
    folder: Path = EMBEDDED,
    n_rooms: int = directions.N_ROOMS,
    n_scored: int = N_SCORED,
) -> None:
    """Write everything; what is measured is measured of the rounded weights that are shipped.

    Args:
        recipe: ``wgan`` or ``modern``; part of the names.
        progress: of the run, as far as it came.
        photographs: that were never trained on, ``(N, 3, S, S)``, signed; only the critic's
            mean and deviation on them leave this function.
        judges: ``judges(generator)`` -> metrics for the index.
        command: that trains it again.
        folder: of the weights.
        n_rooms, n_scored: drawn to find the directions, and the critic's usual scores.

    Raises:
        ConfigError: a file would be too large, or there are no snapshots.
    """
    name = f"bedrooms-{recipe}"
    bits = BITS[recipe]
    generator = _generator(progress, bits)
    critic = weight_file.rounded(scorer(progress.parts["critic"]), bits)
    record = Record(
        metrics={**judges(generator), "images": progress.images},
        data="about 4,800 photographs of bedrooms, of Places365 and of the Houses data set",
        licence="Places365's terms (research)",
        command=command,
        hardware=runs.hardware(),
        minutes=progress.seconds / 60,
    )
    config: dict[str, Any] = {}
    if isinstance(generator, Generator):
        config = {
            "size": generator.size,
            "latent": generator.latent,
            "widths": list(generator.widths),
        }
    weights.save(name, generator, config, record=record, folder=folder, bits=bits)

    critic.compare_with(_draw(generator, n_scored), photographs.float())
    scores = {
        "score_drawn": critic.drawn[0],
        "score_photographs": critic.photographs[0],
        "drawn_beside_photographs": critic.beside_photographs(critic.drawn[0]),
    }
    own = replace(record, metrics=scores)
    weights.save(f"{name}-critic", critic, critic.config, record=own, folder=folder, bits=bits)

    def draw(z: Tensor) -> Tensor:
        return (generator(z).clamp(-1, 1) + 1) / 2

    found = directions.find(draw, generator.latent, n=n_rooms)
    measured = {f"r2_{name}": r2 for name, r2 in zip(found.names, found.r2, strict=True)}
    own = replace(record, metrics=measured)
    weights.save(f"{name}-directions", found, found.config, record=own, folder=folder)

    record_of(recipe, progress, folder=folder)


def record_of(recipe: str, progress: Progress, *, folder: Path = EMBEDDED) -> None:
    """Write the run's options, metrics and moments, and no weights.

    Raises:
        ConfigError: there are no snapshots.
    """
    name = f"bedrooms-{recipe}"
    progress.run.keep_record(name, folder / "runs")
    generator = _generator(progress, BITS[recipe])
    moments.keep(progress.run, generator, progress.images, folder / "runs" / name)


def _generator(progress: Progress, bits: weight_file.Bits) -> Generator | LessonGenerator:
    generator = weight_file.rounded(progress.drawn, bits)
    assert isinstance(generator, Generator | LessonGenerator)
    return generator


def _draw(generator: LessonGenerator | Generator, n: int) -> Tensor:
    z = torch.randn(n, generator.latent, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        return torch.cat([generator(part).float() for part in z.split(16)])
