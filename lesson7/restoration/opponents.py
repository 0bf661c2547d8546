"""Who trains against whom.

AGAINST          recipes in which a critic learns, too
check_network    whether a recipe can train a network
opponents        a recipe's two networks, ready for ``adversarial.train``
"""

from pathlib import Path

from torch import nn

from lesson7.core import backbones
from lesson7.core.adversarial import placed
from lesson7.core.errors import ConfigError
from lesson7.core.projected import ProjectedCritic
from lesson7.restoration import together, turns
from lesson7.restoration.game import Game, accelerator
from lesson7.restoration.recipes import PRETRAINED, Recipe, build_critic, with_weights

AGAINST = ("gan", "best", "finish")


def check_network(name: str, recipe: Recipe) -> None:
    """See to it that what is to stay as it is can stay so.

    Raises:
        ConfigError: the encoder is to stay as it is, and the network has none that has learnt.
    """
    if name == "best" and recipe.network not in PRETRAINED:
        raise ConfigError(
            "--recipe best leaves the encoder as it is, and that of --network "
            f"{recipe.network} has learnt nothing before: choose one of {', '.join(PRETRAINED)}"
        )


def opponents(
    name: str,
    recipe: Recipe,
    restorer: nn.Module,
    critic: Path | None,
    folder: Path | None,
    *,
    steps: int,
) -> Game:
    """``restorer`` and the critic that it is trained against.

    Args:
        name: of the recipe: ``gan`` (in turns, against the lesson's critic), ``best`` or
            ``finish`` (together with one that looks through ResNet-18; in ``best``, which is for
            our networks alone, the encoder, which is a ResNet-18 itself and finds what is
            damaged, stays as it is).
        recipe: how to train.
        restorer: damaged crops -> restored ones, unit range.
        critic: the run of the lesson's critic.
        folder: of the pretrained networks; None: random weights (dry runs).
        steps: of the run, one for each batch.

    Raises:
        ConfigError: as ``check_network`` and ``with_weights``.
    """
    check_network(name, recipe)
    lr, weights, bfloat16 = recipe.phases[-1].max_lr, recipe.weights, recipe.settings.bfloat16
    assert isinstance(lr, float)  # constant, and the same for all layers
    made = accelerator(recipe.settings.seed)
    if name != "gan":
        eyes = placed(backbones.load("resnet18", folder, takes="signed"), made.device)
        if bfloat16:  # they do not learn, so nothing needs their float32 weights
            eyes = eyes.bfloat16()
        parts = weights[0], weights[1], weights[2]
        theirs = together.Settings(
            lr=lr,
            steps=steps if recipe.cools else None,
            weights=parts,
            directions=recipe.directions,
            bfloat16=bfloat16,
        )
        heads = ProjectedCritic(eyes, size=None)
        restorer.groups()[0].requires_grad_(recipe.directions)  # type: ignore[operator]
        return together.Together(restorer, heads, theirs, made)
    needed_by = None if folder is None else name
    judge = with_weights(build_critic(recipe.network), critic, needed_by=needed_by)
    settings = turns.Settings(lr=lr, weights=(weights[0], weights[1]), bfloat16=bfloat16)
    return turns.Turns(restorer, judge, settings, made)
