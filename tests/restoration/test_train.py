"""The training command: every recipe runs, begins where it should, leaves its record."""

import json
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import torch

from lesson7.core import weights
from lesson7.core.errors import ConfigError
from lesson7.core.images import normalize
from lesson7.core.runs import Run
from lesson7.core.training import Phase, Result, fit
from lesson7.restoration import adversarial, data, pairs, train
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.judging import Pictures
from lesson7.restoration.losses import pixel_loss
from lesson7.restoration.pairs import Pairs
from lesson7.restoration.recipes import RECIPES, build_critic, build_network, with_weights
from lesson7.restoration.tasks import restoration_task
from tests import commands


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """The command in a folder of its own, with a finished dry run of ``pixel`` in it."""
    folder = tmp_path_factory.mktemp("runs")

    def run(*arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            return commands.run(train.main, *arguments, "--dry-run")

    run.folder = folder
    assert run("--recipe", "pixel", "--out", "pixel").exit_code == 0
    return run


@contextmanager
def watched_beginnings():
    """What the networks held when they were handed to each part of the command, by its name."""
    held = {}

    def watch(patch, module, name, networks):
        real = getattr(module, name)

        def watched(*args, **kwargs):
            held[name] = [
                {key: tensor.clone() for key, tensor in network.state_dict().items()}
                for network in networks(*args)
            ]
            return real(*args, **kwargs)

        patch.setattr(module, name, watched)

    with pytest.MonkeyPatch.context() as patch:
        watch(patch, train, "fit", lambda task, *_: [task.model])
        watch(patch, adversarial, "train", lambda game, *_: [game.generator, game.critic])
        watch(patch, train, "save_restored", lambda restorer, *_: [restorer])
        yield held


@pytest.fixture
def beginnings():
    with watched_beginnings() as held:
        yield held


@pytest.fixture(scope="module")
def critic(command):
    """A finished dry run of ``critic``: its name, and what the networks held as it began."""
    with watched_beginnings() as held:
        done = command("--recipe", "critic", "--start", "pixel", "--out", "critic")
    assert done.exit_code == 0, done.output
    return "critic", held


def assert_held(held, folder):
    """It is, tensor by tensor, what the run in ``folder`` ended with."""
    kept = Run(folder).weights()
    assert held.keys() == kept.keys()
    assert [key for key in held if not torch.equal(held[key], kept[key])] == []


def test_pixel_leaves_its_record_and_a_sheet_of_samples_for_each_epoch(command):
    folder = command.folder / "pixel"
    record = json.loads((folder / "options.json").read_text())["options"]
    assert record["recipe"] == "pixel"
    assert (record["n_train"], record["n_judge"]) == (18, 2)
    rows = Run(folder).rows()
    assert [row["epoch"] for row in rows] == [1, 2]
    assert {"train_loss", "psnr", "gain", "family_gain", "identity", "features"} <= {*rows[0]}
    assert {path.name for path in (folder / "samples").iterdir()} == {"0001.jpg", "0002.jpg"}


@pytest.mark.parametrize("recipe", ["polish", "feature"])
def test_the_others_begin_where_pixel_ended(command, recipe, beginnings):
    done = command("--recipe", recipe, "--start", "pixel", "--out", recipe)
    assert done.exit_code == 0, done.output
    assert "psnr" in Run(command.folder / recipe).rows()[-1]
    assert_held(*beginnings["fit"], command.folder / "pixel")


def test_the_critic_is_shown_what_pixel_ended_with(command, critic):
    name, held = critic
    assert "accuracy" in Run(command.folder / name).rows()[-1]
    assert_held(*held["save_restored"], command.folder / "pixel")


def test_colour_begins_there_too_and_is_judged_by_colours(command, beginnings):
    done = command("--recipe", "colour", "--start", "pixel", "--out", "colour")
    assert done.exit_code == 0, done.output
    run = Run(command.folder / "colour")
    assert {"ab_psnr", "gain", "colourfulness", "features"} <= {*run.rows()[-1]}
    assert (run.samples / "0001.jpg").exists()
    assert_held(*beginnings["fit"], command.folder / "pixel")


def test_gan_begins_with_both(command, critic, beginnings):
    judge, _ = critic
    done = command("--recipe", "gan", "--start", "pixel", "--critic", judge, "--out", "gan")
    assert done.exit_code == 0, done.output
    rows = Run(command.folder / "gan").rows()
    assert {"psnr", "valid_critic_accuracy", "valid_generator_adversarial"} <= {*rows[-1]}
    record = json.loads((command.folder / "gan" / "options.json").read_text())["options"]
    assert (record["settings"]["seed"], record["settings"]["ema_decay"]) == (0, 0.998)
    assert record["settings"]["threshold"] == 0.65  # its own, not those of a supervised run
    for held, run in zip(beginnings["train"], ("pixel", judge), strict=True):
        assert_held(held, command.folder / run)


@pytest.mark.parametrize("recipe", ["best", "finish"])
def test_best_needs_no_critic_to_begin_with(command, beginnings, recipe):
    asked = ("--weights", "0.02,1,0.8", "--max-lr", "4e-4") if recipe == "finish" else ()
    done = command("--recipe", recipe, "--start", "pixel", "--out", recipe, *asked)
    assert done.exit_code == 0, done.output
    record = json.loads((command.folder / recipe / "options.json").read_text())["options"]
    wanted = ([0.02, 1.0, 0.8], 4e-4) if asked else ([*RECIPES[recipe].weights], 2e-4)
    assert (record["settings"]["weights"], record["settings"]["lr"]) == wanted
    rows = Run(command.folder / recipe).rows()
    assert {"psnr", "valid_critic_loss", "valid_generator_features"} <= {*rows[-1]}
    assert_held(beginnings["train"][0], command.folder / "pixel")


def test_the_critics_crops_are_saved_without_loss(command, critic):
    name, _ = critic
    kinds = {kind: sorted((command.folder / name / "crops" / kind).iterdir())
             for kind in ("real", "restored")}  # fmt: skip
    assert [p.name for p in kinds["real"]] == [p.name for p in kinds["restored"]]
    assert len(kinds["real"]) == 18
    assert {p.suffix for p in kinds["real"]} == {".png"}


def test_the_lessons_network_trains_by_the_same_command(command, monkeypatch):
    """Judged on squares of 128 pixels: it takes four times as long for those of 256.

    Its checkpoint of 497 MB, which nobody would read, is not written.
    """
    for module in (data, pairs):
        monkeypatch.setattr(module, "SIZE", 128)
    monkeypatch.setattr(Run, "save_checkpoint", lambda *_: None)
    done = command("--recipe", "pixel", "--network", "lesson", "--lesson-augment",
                   "--family", "0", "--out", "lesson")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert Run(command.folder / "lesson").rows()[-1]["psnr"] > 5
    options = json.loads((command.folder / "lesson" / "options.json").read_text())["options"]
    assert {phase["frozen"] for phase in options["phases"]} == {0}  # nothing in it has learnt yet
    assert options["settings"]["ema_decay"] is None


@pytest.mark.parametrize("network", ["compact", "blurred"])
def test_shipped_weights_are_begun_with_by_their_name(network):
    begun = with_weights(build_network(network, None), Path("restoration-pixel"), needed_by="gan")
    shipped = weights.load("restoration-pixel", CompactUnet).state_dict()
    assert all(torch.equal(tensor, shipped[key]) for key, tensor in begun.state_dict().items())
    assert all(parameter.requires_grad for parameter in begun.parameters())


def test_the_shipped_critic_is_begun_with_by_its_name():
    patches = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    begun = with_weights(build_critic("compact"), Path("restoration-critic"), needed_by="gan")
    shipped = weights.load("restoration-critic", Critic)
    torch.testing.assert_close(begun.eval()(patches), shipped(normalize(patches)))


def test_a_network_that_is_not_shipped_does_not_begin_with_what_is():
    with pytest.raises(ConfigError, match="leave --network out"):
        with_weights(build_network("lesson", None), Path("restoration-pixel"), needed_by=None)


def test_without_a_run_to_begin_with_it_says_so():
    with pytest.raises(ConfigError, match="give the run of pixel as --start"):
        with_weights(CompactUnet(), None, needed_by="feature")
    with pytest.raises(ConfigError, match="run of pixel as --start, and that of critic"):
        with_weights(CompactUnet(), None, needed_by="gan")
    with pytest.raises(ConfigError, match=r"run of feature as --start, or .* restoration-feature$"):
        with_weights(CompactUnet(), None, needed_by="finish")


def test_the_parts_of_a_loss_are_weighted_as_asked():
    assert train.loss_weights("0.02,1,0.8", (0.06, 1.0, 4.0)) == (0.02, 1.0, 0.8)
    for text in ("1,2", "1,2,3,4", "1,2,x", ""):
        with pytest.raises(ConfigError, match=r"write 3 numbers, such as 0\.06,1,4"):
            train.loss_weights(text, (0.06, 1.0, 4.0))


def test_weights_that_would_change_nothing_are_refused(command):
    with pytest.raises(ConfigError, match="of gan, best, finish: leave them out"):
        command("--recipe", "pixel", "--weights", "1,2")


@pytest.mark.parametrize("recipe", ["gan", "best", "finish"])
def test_no_rate_is_swept_where_two_networks_learn(command, recipe):
    """The sweep knows one loss, and theirs is made by both."""
    with pytest.raises(ConfigError, match="not for gan, best, finish, in which two learn"):
        command("--recipe", recipe, "--start", "pixel", "--find-lr", "--out", "swept")
    assert not (command.folder / "swept").exists()


def test_best_needs_an_encoder_that_has_learnt(command):
    with pytest.raises(ConfigError, match="lesson has learnt nothing before: choose one of compa"):
        command("--recipe", "best", "--network", "lesson", "--out", "lessons")
    assert not (command.folder / "lessons").exists()


def test_what_is_shipped_says_how_it_was_trained(tmp_path, monkeypatch):
    """With every option that made it what it is; nothing is trained or written here."""
    shipped = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "find", lambda folder: [])
    monkeypatch.setattr(data, "Photographs", lambda files: data.MadeUp(20))
    monkeypatch.setattr(train, "Pictures", partial(Pictures, n_judged=2, n_family=2))
    for name in ("build_network", "load_backbone"):
        real = getattr(train, name)
        monkeypatch.setattr(train, name, lambda one, _, real=real, **more: real(one, None, **more))
    monkeypatch.setattr(train, "fit", lambda *_, **__: Result({}, finished=True, minutes=1.0))
    monkeypatch.setattr(
        train.shipping, "ship", lambda *_, command, **__: shipped.append(command) or {}
    )
    asked = "--recipe pixel --network blurred --form plain --family 0.2 --degrade blur,noise "
    asked += "--lesson-augment --size 64 --epochs 9 --max-lr 0.0001 --seed 3 --ship"
    done = commands.run(train.main, *asked.split(), "--out", "here", "--minutes", 9)
    assert done.exit_code == 0, done.output
    assert shipped == [f"python -m lesson7.restoration.train {asked}"]


@pytest.mark.parametrize(
    ("option", "value", "known"),
    [("--recipe", "worst", "pixel, polish"), ("--degrade", "blur,rain", "blur, noise"),
     ("--form", "huge", "number, plain, medium"), ("--network", "big", "compact, blurred, lesson")],
)  # fmt: skip
def test_an_unknown_choice_is_answered_with_those_there_are(command, option, value, known):
    with pytest.raises(ConfigError, match=known):
        command(option, value)


def test_looking_before_training(command):
    summary = command("--summary").output
    assert "parameters: 3,874,611" in summary
    assert command("--show-batch", "--out", "a").exit_code == 0
    assert (command.folder / "a" / "samples" / "batch.png").exists()


def test_stopped_and_resumed_is_the_same_as_never_stopped(tmp_path):
    """Also when it is stopped in the middle of an epoch."""

    def trained(name, *sittings):
        recipe = train.rehearsed(RECIPES["pixel"])
        for number, minutes in enumerate(sittings):
            photographs = data.MadeUp(20)
            pictures = Pictures(photographs, n_judged=2, n_family=2)
            torch.manual_seed(number)  # what a later sitting starts with must not matter
            task = restoration_task(
                recipe, CompactUnet((16, 16, 16, 8)), pixel_loss,
                Pairs(photographs, pictures.train, 32), pictures,
            )  # fmt: skip
            run = Run.open(name, tmp_path / name, resume=number > 0)
            settings = train.replace(recipe.settings, minutes=minutes, max_steps_per_epoch=3)
            result = fit(task, [Phase(2, 1e-3)], run, settings, resume=number > 0)
        assert result.finished
        return task.model.state_dict()

    whole, cut = trained("whole", None), trained("cut", 0, 0, None)
    for key, value in whole.items():
        torch.testing.assert_close(value, cut[key], rtol=0, atol=0)


def test_training_brings_the_network_closer_to_the_target(tmp_path):
    """Twenty steps on one kind of damage that is easy to undo."""
    photographs = data.MadeUp(20)
    pictures = Pictures(photographs, n_judged=2, n_family=2)
    torch.manual_seed(0)
    pairs = Pairs(photographs, pictures.train, 64, family=0.0, form="plain", repeats=3)
    recipe = train.rehearsed(RECIPES["pixel"])
    task = restoration_task(recipe, CompactUnet(), pixel_loss, pairs, pictures)
    settings = train.replace(recipe.settings, max_steps_per_epoch=20, ema_decay=None)
    fit(task, [Phase(1, 1e-3)], Run.open("learn", tmp_path / "learn"), settings)
    rows = Run(tmp_path / "learn").rows()
    assert rows[0]["gain"] > 0.1
