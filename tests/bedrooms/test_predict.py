"""What a caller gets: the same rooms for the same seed, walks that close, words for all else."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lesson7.bedrooms import predict, rooms
from lesson7.bedrooms.predict import Room
from lesson7.core import weights
from lesson7.core.errors import ConfigError, InputError, WeightsMissing
from tests import commands
from tests.golden import bedrooms as golden

RECIPES = ["modern", "wgan"]


def same(a, b):
    return a.tobytes() == b.tobytes()


@pytest.fixture(autouse=True)
def drawn_by_stand_ins(small_networks):
    """No test here needs rooms that look like rooms."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_seed_draws_the_same_rooms_to_the_last_bit(recipe):
    first, again = predict.draw(6, 7, recipe=recipe), predict.draw(6, 7, recipe=recipe)
    assert all(map(same, first, again))
    assert {(room.mode, room.size) for room in first} == {("RGB", (64, 64))}
    assert len({room.tobytes() for room in first + predict.draw(6, 8, recipe=recipe)}) == 12


@pytest.mark.parametrize("n", [1, 3, 4, 5, 9])
def test_asking_for_more_keeps_the_first_ones(n):
    assert all(map(same, predict.draw(n, 7), predict.draw(10, 7)))


def test_truncation_leads_to_one_and_the_same_room():
    ordinary = predict.draw(4, 7, truncation=0)
    assert len({room.tobytes() for room in ordinary}) == 1
    assert same(predict.draw(1, 99, truncation=0)[0], ordinary[0])

    def apart(truncation):
        rooms = np.stack([np.asarray(room, float) for room in predict.draw(8, 7, truncation)])
        return rooms.std(0).mean()

    assert apart(0) < apart(0.4) < apart(1)


def test_progress_is_told_and_rooms_come_in_parts():
    told = []
    predict.draw(10, 7, progress=lambda done, of: told.append((done, of)))
    assert told == [(4, 10), (8, 10), (10, 10)]
    assert [len(part) for part in predict.drawing(10, 7)] == [4, 4, 2]


def test_a_move_changes_what_its_name_says():
    found = predict.directions()
    effect = found.effects[found.names.index("warmth")]

    def warmth(steps):
        rooms = predict.draw(32, 5, moves={"warmth": steps})
        red, _, blue = np.mean([np.asarray(room) for room in rooms], (0, 1, 2)) / 255
        return red - blue

    rise = (warmth(1) - warmth(-1)) / 2
    assert effect > 0
    assert rise == pytest.approx(effect, rel=0.7), "measured on 40 rooms of another seed"


def test_a_walk_passes_its_rooms_and_closes():
    rooms = [Room(7), Room(7, 3), Room(12, 1, 0.5)]
    told = []
    frames = predict.walk(rooms, 8, progress=lambda done, of: told.append((done, of)))
    assert len(frames) == 24
    assert told[-1] == (24, 24)
    assert same(frames[0], predict.draw(1, 7)[0])
    assert same(frames[8], predict.draw(4, 7)[3])
    assert same(frames[16], predict.draw(2, 12, 0.5)[1])
    pixels = np.stack([np.asarray(frame, float) for frame in frames])
    steps = np.abs(np.roll(pixels, -1, 0) - pixels).mean((1, 2, 3))
    assert steps[-1] < 1.5 * np.median(steps), "from the last frame it is not far to the first"


def test_scores_compare_with_photographs():
    rooms = [Room(7, index) for index in range(6)]
    scores = predict.score(rooms)
    assert len(scores.scores) == 6
    assert len(set(scores.scores)) == 6
    assert scores.scores[4] == pytest.approx(predict.score(rooms[4:5]).scores[0], abs=1e-4)
    assert scores.drawn[1] > 0
    assert "pixels" in scores.said_by
    assert "lesson" in predict.score(rooms, "wgan").said_by


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_room_is_built_up_from_4x4_to_itself(recipe):
    stages = predict.build_up(Room(7, 2), recipe)
    sizes = [stage.size for stage in stages]
    assert sizes[0] == 4
    assert sizes == sorted(sizes)
    for stage in stages:
        assert stage.seen.size == (stage.size, stage.size)
        n, *sides = stage.maps.shape
        assert 1 <= n <= min(24, stage.channels)
        assert sides == [stage.size] * 2
        assert 0 <= stage.maps.min() <= stage.maps.max() <= 1
    room = np.asarray(predict.draw(3, 7, recipe=recipe)[2], int)
    assert np.abs(np.asarray(stages[-1].seen, int) - room).max() <= 1


def test_both_recipes_have_a_history():
    for recipe in RECIPES:
        history = predict.history(recipe)
        assert len(history.moments) <= 10
        assert history.curves["critic_loss"]


BAD = {"n": [0, 65, 2.5, True, "16", None], "seed": [-1, 2**63, 1.5, "7"],
       "truncation": [-0.1, 1.1, float("nan"), "1", None, True],
       "moves": [{"nonsense": 1}, {"warmth": 3.1}, {"warmth": "1"},
                 {"warmth": float("nan")}, {"warmth": float("inf")}]}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(k, v) for k, vs in BAD.items() for v in vs])
def test_bad_numbers_are_refused_in_words_before_anything_is_drawn(name, value):
    with pytest.raises(InputError) as caught:
        predict.drawing(**{"n": 2, "seed": 7, name: value})
    assert len(str(caught.value).split()) > 4


@pytest.mark.parametrize("index", [-1, 64, 1.0, True])
def test_a_room_has_a_place_among_64(index):
    with pytest.raises(InputError):
        predict.score([Room(7, index)])


@pytest.mark.parametrize(
    ("n", "frames"), [(0, 5), (1, 5), (7, 5), (2, 0), (2, 61), (2, 1.5), (2, True)]
)
def test_a_walk_has_two_to_six_stops_and_few_frames(n, frames):
    with pytest.raises(InputError):
        predict.walk([Room(i) for i in range(n)], frames)


def test_a_recipe_that_does_not_exist_is_named():
    for ask in (predict.load, predict.directions, predict.history):
        with pytest.raises(ConfigError, match="diffusion"):
            ask("diffusion")


def test_the_history_of_the_networks_that_answer_is_told(monkeypatch):
    monkeypatch.delenv("LESSON7_WEIGHTS")
    told = predict.history()
    monkeypatch.setenv("LESSON7_WEIGHTS", "/no/such/folder")  # so the embedded ones do
    assert predict.history() == told


def test_missing_weights_are_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("LESSON7_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(weights, "EMBEDDED", tmp_path)
    rooms._loaded.cache_clear()
    with pytest.raises(WeightsMissing):
        predict.draw(1, 7)


def test_rooms_are_written_from_the_command_line(tmp_path: Path):
    result = commands.run(predict.main, "--n", 3, "--seed", 7, "--out", tmp_path, "--gif")
    assert result.exit_code == 0, result.output
    assert sorted(f.name for f in tmp_path.iterdir()) == ["00.png", "01.png", "02.png", "walk.gif"]
    with Image.open(tmp_path / "01.png") as room:
        assert same(room, predict.draw(2, 7)[1])
    with Image.open(io.BytesIO((tmp_path / "walk.gif").read_bytes())) as film:
        assert film.n_frames > 45
    bad = commands.run(predict.main, "--n", 99)
    assert bad.exit_code == 1
    assert "1 to 64" in bad.output


def test_golden_rooms_of_the_shipped_weights(monkeypatch):
    """As drawn when the weights were shipped; what is not shipped yet has none."""
    monkeypatch.delenv("LESSON7_WEIGHTS")
    rooms._loaded.cache_clear()
    shipped = [recipe for recipe in RECIPES if f"bedrooms-{recipe}" in weights.entries()]
    expected = json.loads(golden.FILE.read_text("utf-8"))
    assert sorted(expected) == sorted(shipped), "run python -m tests.golden.bedrooms"
    for recipe in shipped:
        drawn = torch.tensor(golden.coarse(recipe))
        torch.testing.assert_close(drawn, torch.tensor(expected[recipe]), rtol=0, atol=0.5)


def test_what_a_page_keeps_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Room(7).seed = 8
