"""What a shipped network's record says of how it was trained."""

import shlex

import pytest
import typer

from lesson7.core import runs
from lesson7.restoration import train


def context(*words):
    """Of the training command, as if somebody had typed the words."""
    app = typer.Typer()
    app.command()(train.main)
    return typer.main.get_command(app).make_context("train", list(words))


def recorded(*words):
    first, second, module, *options = shlex.split(
        runs.command_of(context(*words), "lesson7.restoration.train", "recipe", "seed")
    )
    assert (first, second, module) == ("python", "-m", "lesson7.restoration.train")
    return options


def test_recipe_and_seed_are_always_said():
    assert recorded("--ship") == ["--recipe", "pixel", "--seed", "0", "--ship"]


@pytest.mark.parametrize(
    "words",
    [
        ["--network", "lesson"], ["--start", "runs/a"], ["--critic", "runs/b"],
        ["--vgg", "vgg16_bn"], ["--form", "plain"], ["--family", "0.0"],
        ["--degrade", "blur, noise"], ["--lesson-augment"], ["--size", "96"], ["--epochs", "5"],
        ["--max-lr", "0.0004"], ["--weights", "0.02,1,0.8"], ["--data", "my pets"],
        ["--backbones", "elsewhere"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_so_is_every_option_that_is_not_as_usual(words):
    options = recorded("--recipe", "best", *words, "--ship")
    place = options.index(words[0])
    assert options[place : place + len(words)] == words
    assert len(options) == 5 + len(words)
    again = context(*options).params
    assert again == context("--recipe", "best", *words, "--ship").params


def test_what_belongs_to_one_sitting_is_not():
    sitting = ["--out", "runs/x", "--resume", "--minutes", "30", "--ship"]
    assert recorded(*sitting) == recorded("--ship")
