"""One network of several that began alike: the mean of their weights, each with its share [1, 2].

    python -m lesson7.restoration.blend runs/A=0.8 runs/B=0.2 --data data/pets

Networks that were trained from the same one lie in one valley. Between them the loss is no higher
than at its sides, and what the last steps of each happened to add is averaged away: so the blend of
a run and of what it began with can be closer to the photograph than either, by squared error and
by features. Prints how each and all together do on the photographs that never train.

References:
    [1] Wortsman et al., Model soups: averaging weights of multiple fine-tuned models improves
        accuracy without increasing inference time, 2022. https://arxiv.org/abs/2203.05482
    [2] Wang et al., ESRGAN: enhanced super-resolution generative adversarial networks, 2018
        (section 3.4, network interpolation). https://arxiv.org/abs/1809.00219
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from lesson7.core import commands, runs, runtime
from lesson7.core.backbones import load as load_backbone
from lesson7.core.errors import ConfigError
from lesson7.restoration import data, judging, shipping
from lesson7.restoration.recipes import build_network

Share = tuple[Path, float]
ROW = ("psnr", "gain", "family_gain", "identity", "features")


def blended(parts: Sequence[tuple[Mapping[str, Tensor], float]]) -> dict[str, Tensor]:
    """The weighted mean of several states of one network.

    Args:
        parts: states as ``state_dict`` gives them, each with its share; the shares need not
            sum to 1, but to more than 0.

    Returns:
        A state of the same names, shapes and types.

    Raises:
        ConfigError: there are fewer than two, their tensors differ in names or shapes, or a
            share is not above 0.

    >>> blended([({"w": torch.tensor([0.0])}, 3), ({"w": torch.tensor([4.0])}, 1)])
    {'w': tensor([1.])}
    """
    if len(parts) < 2 or any(not 0 < share < math.inf for _, share in parts):
        raise ConfigError("blend two runs or more, each with a share above 0")
    shapes = [{name: value.shape for name, value in state.items()} for state, _ in parts]
    if any(each != shapes[0] for each in shapes):
        raise ConfigError("these are not runs of the same network")
    total = sum(share for _, share in parts)
    mean = {name: torch.zeros_like(value).double() for name, value in parts[0][0].items()}
    for state, share in parts:
        for name, value in state.items():
            mean[name] += value.double() * (share / total)
    return {name: value.to(parts[0][0][name].dtype) for name, value in mean.items()}


def read_shares(texts: Sequence[str]) -> list[Share]:
    """``RUN=SHARE`` of each -> the run's folder and its share.

    Raises:
        ConfigError: one of the two is missing, or the share is no number.
    """
    found = []
    for text in texts:
        place, _, share = text.rpartition("=")
        try:
            found.append((Path(place), float(share)))
        except ValueError:
            raise ConfigError(f"{text}: write RUN=SHARE, such as runs/a=0.8") from None
    return found


def main(
    texts: Annotated[list[str], typer.Argument(metavar="RUN=SHARE...", help="Two runs or more.")],
    folder: runs.DataDir = Path("data/pets"),
    backbones: Annotated[Path, typer.Option(help="Folder of the pretrained networks.")] = Path(
        "data/backbones"
    ),
    out: runs.OutDir = None,
    ship: runs.Ship = False,
) -> None:
    """Judge several runs, and their blend; see the module's docstring."""
    runtime.use_threads()
    shares = read_shares(texts)
    members = [runs.Run(place) for place, _ in shares]
    asked = [member.options() for member in members]
    for member, each in zip(members, asked, strict=True):
        if "runs" in each:
            raise ConfigError(f"{member.folder} is a blend: give the runs that it was made of")
    if len({each["network"] for each in asked}) > 1:
        raise ConfigError("these are not runs of the same network")
    network = build_network(asked[0]["network"], None).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    states = [member.weights() for member in members]
    together = blended([(state, share) for state, (_, share) in zip(states, shares, strict=True)])
    eyes = load_backbone("squeezenet", backbones, takes="unit")
    photographs = data.Photographs(data.find(folder))
    pictures = judging.Pictures(photographs, eyes=eyes)
    found: dict[str, float] = {}
    for name, state in zip([*texts, "together"], [*states, together], strict=True):
        network.load_state_dict(state)
        with torch.inference_mode():
            found = judging.evaluate(pictures, network)
        typer.echo(f"{name:32}" + "".join(f"  {key} {found[key]:.4g}" for key in ROW))
    run = runs.Run.open("restoration-blend", out)
    told = {"recipe": "blend", "runs": {str(place): share for place, share in shares}}
    run.write_options({**asked[0], **told})
    run.log({"images": 0, "minutes": 0.0, **found})  # nothing was trained
    run.save_checkpoint({"model": together, "ema": None})
    judging.samples(pictures, network, run.samples, 0)
    if ship:
        recipes = [options["recipe"] for options in asked]
        for place, (member, recipe) in enumerate(zip(members, recipes, strict=True)):
            nth = recipes[: place + 1].count(recipe)
            member.keep_record(f"restoration-{recipe}" + (f"-{nth}" if nth > 1 else ""))
        measured = shipping.ship(
            "blend", network, pictures, run, name="best",
            command=f"python -m lesson7.restoration.blend {' '.join(texts)} --ship",
            hardware=runs.hardware(), minutes=members[0].rows()[-1]["minutes"],
        )  # fmt: skip
        typer.echo("  ".join(f"{name} {value:.5g}" for name, value in measured.items()))


if __name__ == "__main__":
    commands.run(main)
