"""A run at 128 pixels that begins where one at 64 ended, or with what is shipped."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lesson7.bedrooms import data, growing, judge, loops, moments, train
from lesson7.bedrooms.growing import Shipped, grow
from lesson7.bedrooms.model import Generator
from lesson7.core import weights
from lesson7.core.errors import ConfigError
from lesson7.core.projected import ProjectedCritic
from lesson7.core.runs import Run
from tests import commands

SMALL, LARGE = (8, 8, 8, 8, 8), (8, 8, 8, 8, 12, 8)


def test_what_fits_is_copied_and_the_rest_stays_and_is_named():
    small, large = Generator(64, 5, SMALL), Generator(128, 5, LARGE)
    before = {name: tensor.clone() for name, tensor in large.state_dict().items()}
    new = grow(large, small.state_dict())
    own = small.state_dict()
    assert {name.rsplit(".", 2)[0] for name in new} >= {"stage.4", "stage.3"}
    for name, tensor in large.state_dict().items():
        torch.testing.assert_close(tensor, before[name] if name in new else own[name])


def test_what_is_held_up_to_32_pixels_is_what_the_smaller_one_holds():
    small, large = Generator(64, 5, SMALL).eval(), Generator(128, 5, LARGE).eval()
    grow(large, small.state_dict())
    z = torch.randn(2, 5)
    with torch.inference_mode():
        pairs = list(zip(small.stages(z), large.stages(z), strict=False))
    assert [ours.shape[-1] for ours, _ in pairs[:4]] == [4, 8, 16, 32]
    for ours, theirs in pairs[:4]:
        torch.testing.assert_close(ours, theirs)


def test_another_kind_of_network_is_refused():
    with pytest.raises(ConfigError, match="another kind"):
        grow(Generator(64, 5, SMALL), nn.Linear(2, 2).state_dict())


def test_a_grown_run_goes_on_counting_and_its_history_is_told_whole(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    commands.run(train.main, "--dry-run", "--out", small)
    commands.run(
        train.main, "--dry-run", "--size", 128, "--start", small, "--images", 32, "--out", large
    )
    images = [row["images"] for row in Run(large).rows()]
    assert (images[0], images[-1]) == (24, 32)
    ours = Generator(128)
    ours.load_state_dict(Run(large).weights())
    moments.keep(Run(large), ours, 32, tmp_path / "record")
    Run(large).keep_record("record", tmp_path)
    told = moments.read(tmp_path / "record").moments
    assert [moment.images for moment in told] == [0, 24, 32]
    assert told[0].minutes < told[1].minutes < told[2].minutes


def test_a_run_goes_on_from_what_is_shipped_and_its_critic_learns_alone_at_first(tmp_path):
    record = weights.EMBEDDED / "runs" / "bedrooms-modern"
    before = Run(record).rows()[-1]
    options = ("--dry-run", "--size", 128, "--start", "bedrooms-modern", "--out", tmp_path)
    commands.run(train.main, *options, "--images", before["images"] + 8)
    run = Run(tmp_path)
    row = run.rows()[-1]
    assert (row["step"], row["images"]) == (2, before["images"] + 8)
    assert row["minutes"] >= before["minutes"]
    shipped = weights.load("bedrooms-modern", Generator)
    parts = run.load_checkpoint()["parts"]
    for name, parameter in shipped.named_parameters():
        torch.testing.assert_close(parts["generator"][name], parameter, rtol=0, atol=0)
    assert parts["critic_optimizer"]["state"], "the critic did learn"

    sheets = moments.keep(run, shipped, row["images"], tmp_path / "record")
    earlier = sorted((record / "moments").glob("*.webp"))
    kept = {sheet.name: sheet.read_bytes() for sheet in sheets}
    assert sheets[0].name == earlier[0].name
    assert sheets[-1].name == f"{row['images']:09d}.webp"
    of_before = [sheet for sheet in earlier if sheet.name in kept]
    assert len(of_before) >= 8
    assert all(kept[sheet.name] == sheet.read_bytes() for sheet in of_before)


def test_a_run_at_128_goes_on_with_its_critic_and_its_sheets(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    shown = Run(weights.EMBEDDED / "runs" / "bedrooms-modern").rows()[-1]["images"]
    sizes = ("--dry-run", "--size", 128)
    commands.run(train.main, *sizes, "--start", "bedrooms-modern", "--images", shown + 8,
                 "--out", first)  # fmt: skip
    commands.run(train.main, *sizes, "--start", first, "--images", shown + 12, "--out", second)
    assert Run(second).rows()[-1]["images"] == shown + 12
    sheets = {file.name for file in (first / "moments").iterdir()}
    assert len(sheets) >= 8
    assert {file.name for file in (second / "moments").iterdir()} == sheets

    parts = Run(first).load_checkpoint()["parts"]
    critic = ProjectedCritic(judge.network("resnet18", None), 128)
    ours = Generator(128)
    growing.origin(first).give(ours, critic)
    for name, tensor in critic.state_dict().items():
        torch.testing.assert_close(tensor, parts["critic"][name], rtol=0, atol=0)
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, parts["average"][f"module.{name}"], rtol=0, atol=0)


def test_what_came_after_a_checkpoint_or_cannot_be_drawn_does_not_come_along(tmp_path):
    """A run that was killed: it had logged a line and kept a snapshot since. And an older one's
    snapshot lies there, of a network without grain."""
    small, large = tmp_path / "small", tmp_path / "large"
    commands.run(train.main, "--dry-run", "--out", small)
    run = Run(small)
    run.log({**run.rows()[-1], "images": 26})
    state = run.weights()
    torch.save(state, small / "snapshots" / "000000026.pt")
    old = {name: value for name, value in state.items() if "grain" not in name}
    torch.save(old, small / "snapshots" / "000000012.pt")
    commands.run(
        train.main, "--dry-run", "--size", 128, "--start", small, "--images", 32, "--out", large
    )
    images = [row["images"] for row in Run(large).rows()]
    assert images == sorted(images)
    assert 26 not in images
    kept = {file.stem for file in (large / "snapshots").iterdir()}
    assert kept >= {"000000000", "000000024"}
    assert not kept & {"000000012", "000000026"}


def test_after_that_the_generator_learns_too():
    class Stepping:
        """Stands in for a run's progress: says when the generator moved."""

        def __init__(self, drawn, latent, parts):
            self.generator, self.moved = parts["generator"], []

        def steps(self):
            for step in range(3):
                before = self.generator.first.weight.clone()
                yield step
                self.moved.append(not torch.equal(before, self.generator.first.weight))

        def note(self, images, values):
            assert images == 4

    class Waiting(Shipped):
        def inherit(self, progress):
            """Stand-ins have no history."""

    squares = data.made_up(20, 128)
    progress = loops.train_modern(
        replace(loops.RECIPES["modern"], batch_size=4),
        128,
        judge.network("squeezenet", None),
        data.Photographs(squares, 128),
        train.Accelerator(cpu=True),
        Stepping,
        Waiting(alone=2),
    )
    assert progress.moved == [False, False, True]


def test_growing_is_for_ours_at_128(tmp_path):
    with pytest.raises(ConfigError, match="128"):
        commands.run(train.main, "--dry-run", "--start", tmp_path)
