"""What there is to train, and with what.

RECIPES         pixel, polish, feature, critic, gan, best, finish, colour
NETWORKS        compact and blurred (ours, shipped) and lesson (ResNet-34)
PRETRAINED      which of them begin with an encoder that has learnt
build_network   one of them, as a network of unit range
build_critic    the critic of a network
with_weights    one of them with the weights of a run
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from lesson7.core import backbones, runs, weights
from lesson7.core.errors import ConfigError
from lesson7.core.images import denormalize, normalize
from lesson7.core.training import Phase, Settings
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.model import DynamicUnet

OURS = Settings(weight_decay=1e-3, ema_decay=0.999, clip=1.0, bfloat16=True, checkpoint_minutes=4.0)


@dataclass(frozen=True)
class Recipe:
    """How one kind of network is trained.

    Args:
        phases: of one cycle each.
        size: of a crop, pixels.
        batch_size: crops in a step.
        family: share of the damaged crops with the family's damage; the others have the lesson's.
        whole: share of crops that are not damaged, so that what is good is left alone.
        numbers: share of the lesson's crops that are cut where the number is.
        repeats: crops of each photograph in one epoch.
        settings: how to train.
        weights: of the critic's opinion and of the pixels (gan); of the critic's, of what it looks
            through, and of the pixels (best, finish).
        directions: what it looks through is compared by direction, and the encoder learns (finish).
        cools: in the last third of the run the generator's rate falls to 0 (finish).
        network: one of ``NETWORKS``.
        begins: with the weights of a finished run, given as ``--start``.
        ships: whose weights it makes, ``restoration-`` and this name; None: its own.
    """

    phases: tuple[Phase, ...]
    size: int = 128
    batch_size: int = 16
    family: float = 0.4
    whole: float = 0.0
    numbers: float = 0.5
    repeats: int = 3
    settings: Settings = OURS
    weights: tuple[float, ...] = (1.0, 50.0)
    directions: bool = False
    cools: bool = False
    network: str = "compact"
    begins: bool = True
    ships: str | None = None


RECIPES = {
    "pixel": Recipe(
        (Phase(1, 6e-4, pct_start=0.5, frozen=1), Phase(7, (2e-4, 8e-4), pct_start=0.15)),
        begins=False,
    ),
    "polish": Recipe(
        (Phase(3, (1e-4, 3e-4), pct_start=0.1),), whole=0.12, numbers=0.9, ships="pixel"
    ),
    "feature": Recipe(
        (Phase(6, (1e-4, 3e-4), pct_start=0.1),),
        whole=0.12,
        repeats=1,
        settings=replace(OURS, ema_decay=0.99),  # few steps: a longer average stays behind
        network="blurred",
    ),
    "critic": Recipe((Phase(2, 5e-4),), repeats=1, settings=replace(OURS, ema_decay=None)),
    "gan": Recipe((Phase(3, 1e-4),), whole=0.12, repeats=1),
    "best": Recipe(
        (Phase(12, 2e-4),), whole=0.06, repeats=1, weights=(0.4, 1.0, 20.0), network="blurred"
    ),
    "finish": Recipe(
        (Phase(28, 2e-4),),
        family=0.5,
        whole=0.06,
        repeats=1,
        weights=(0.06, 1.0, 4.0),
        directions=True,
        cools=True,
        network="blurred",
        ships="best",
    ),
    "colour": Recipe((Phase(19, (2e-4, 8e-4), pct_start=0.15),), size=144, family=0.5, repeats=1),
}


class InUnits(nn.Module):
    """A network that takes normalised pictures, as one that takes unit range.

    Args:
        network: takes ``(N, 3, H, W)``, normalised, such as the lesson's networks.
        gives: ``picture`` if it also returns such; ``scores`` if it returns something else.
    """

    def __init__(self, network: nn.Module, gives: str = "picture") -> None:
        super().__init__()
        self.network, self.gives = network, gives

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, 3, H, W)``, unit range -> the same, or scores."""
        out = self.network(normalize(pictures))
        return denormalize(out) if self.gives == "picture" else out

    def groups(self) -> list[nn.Module]:
        """The network's own groups of layers, if it has any."""
        groups = getattr(self.network, "groups", None)
        return groups() if callable(groups) else [self.network]


def _lesson_unet() -> nn.Module:
    return InUnits(
        DynamicUnet("resnet34", blur=True, self_attention=True, norm="weight", y_range=(-3, 3))
    )


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "compact": CompactUnet,
    "blurred": partial(CompactUnet, blur=True),
    "lesson": _lesson_unet,
}
PRETRAINED = ("compact", "blurred")
"""Networks whose encoder has learnt already; in another one it learns from the first step."""

CRITIC_CHANNELS = {"compact": 32, "blurred": 32, "lesson": 128}


def build_network(name: str, folder: Path | None) -> nn.Module:
    """The network ``name``, unit range in and out.

    Args:
        name: one of ``NETWORKS``.
        folder: of the pretrained networks, for the compact one's encoder; None: random
            weights. The lesson's encoder always starts from random ones here: the pretrained
            ResNet-34 has to be downloaded.
    """
    network = NETWORKS[name]()
    if isinstance(network, CompactUnet) and folder is not None:
        backbones.fill(network.encoder, folder)
    return network


def build_critic(name: str) -> InUnits:
    """The critic for the network ``name``: the lesson's, or a quarter as wide."""
    return InUnits(Critic(CRITIC_CHANNELS[name]), gives="scores")


def with_weights(network: nn.Module, start: Path | None, *, needed_by: str | None) -> nn.Module:
    """``network`` with the weights of the run in ``start``, or with shipped ones, if there are any.

    Args:
        network: built as it was for that run.
        start: the run's folder, or a name in the weights' index, such as ``restoration-pixel``.
        needed_by: the recipe that cannot begin without; None: any weights will do.

    Raises:
        ConfigError: there are none, and they are needed; or such a network is not shipped.
        WeightsError: the shipped ones are damaged, or of another kind of network.
    """
    if start is not None and not start.exists() and str(start) in weights.entries():
        within = network.network if isinstance(network, InUnits) else network
        if not isinstance(within, CompactUnet | Critic):
            raise ConfigError(f"{start} is of our network: leave --network out")
        within.load_state_dict(weights.load(str(start), type(within)).state_dict())
    elif start is not None:
        network.load_state_dict(runs.Run(start).weights())
    elif needed_by is not None:
        first = "feature" if needed_by == "finish" else "pixel"
        raise ConfigError(
            f"--recipe {needed_by} begins where others ended: give the run of {first} as --start"
            + (", and that of critic as --critic" if needed_by == "gan" else "")
            + f", or the shipped weights by their name, restoration-{first}"
        )
    return network
