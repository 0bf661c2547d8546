"""What a visitor gets: the right digit for any picture of one, words for all else."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from lesson7.core.errors import ConfigError, ImageError, InputError, NotADigitError
from lesson7.mnist import predict, strangers, strokes
from tests import commands
from tests.mnist.scans import small_scans
from tests.mnist.stand_ins import DIGITS, OTHER_FACES, STAND_INS, by_mouse

GOLDEN = Path(__file__).parents[1] / "golden" / "mnist.json"


def readings_of(pictures):
    """``predict.read`` of all the pictures, as a function of the network's name.

    What networks are shown, and what ``best`` says of it, are worked out here once for all of
    them, the latter fifty at a time. The first picture is read alone, too: it makes no difference.
    """
    shown = [shown_or_refused(picture) for picture in pictures]
    batch = torch.cat([predict._batch(one) for one in shown if isinstance(one, np.ndarray)])
    with torch.inference_mode():
        said = torch.cat([predict.load("best")(fifty) for fifty in batch.split(50)])
    known = {one.numpy().tobytes(): scores for one, scores in zip(batch, said, strict=True)}
    load = predict.load

    def best(batch):
        return torch.stack([known[one.numpy().tobytes()] for one in batch])

    @cache
    def readings(model="best"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(predict, "see", what_was_shown)
            patch.setattr(predict, "load", lambda name: best if name == "best" else load(name))
            together = [predict.read(one, model) for one in shown]
        alone, first = predict.read(pictures[0], model), together[0]
        assert (alone.digit, alone.message) == (first.digit, first.message)
        assert alone.probabilities == pytest.approx(first.probabilities, abs=1e-4)
        return together

    return readings


def shown_or_refused(picture):
    """What ``predict.see`` gives for the picture, or the refusal that it raises."""
    try:
        return predict.see(picture)
    except NotADigitError as refusal:
        return refusal


def what_was_shown(one):
    """Stands in for ``predict.see``, of what ``shown_or_refused`` gave."""
    if isinstance(one, NotADigitError):
        raise one
    return one


def shares(pictures, labels):
    """The share answered rightly and the share turned away."""
    answers = [reading.digit for reading in readings_of(pictures)()]
    right = np.mean([a == int(b) for a, b in zip(answers, labels, strict=True)])
    return right, np.mean([a is None for a in answers])


@pytest.fixture(scope="module")
def answers(digits):
    """What a network answers to each of the fixture's digits, as a function of its name."""
    readings = readings_of(digits[0])
    return lambda model: [reading.digit for reading in readings(model)]


@pytest.mark.parametrize("model", predict.NETWORKS)
def test_golden_outputs_of_the_shipped_weights(digits, model):
    """Logits of the first four fixture digits, as computed when the weights were shipped."""
    batch = torch.from_numpy(digits[0][:4])[:, None].float() / 255
    with torch.inference_mode():
        logits = predict.load(model)(batch)
    expected = torch.tensor(json.loads(GOLDEN.read_text())[model])
    torch.testing.assert_close(logits, expected, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize(("model", "least"), [
    ("cnn", 0.97), ("cnn10", 0.97), ("blocks", 0.97), ("resnet", 0.98), ("best", 0.985)
])  # fmt: skip
def test_every_network_reads_mnist(digits, answers, model, least):
    right = [answer == label for answer, label in zip(answers(model), digits[1], strict=True)]
    assert np.mean(right) >= least


def test_digits_that_mnist_never_saw(digits):
    """Nine ways in which strangers' pictures differ, 98 % on average."""
    images, labels = digits
    rng = np.random.default_rng(0)
    scores = {}
    for name, degrade in STAND_INS.items():
        pictures = [degrade(image, rng) for image in images[:60]]
        scores[name], _ = shares(pictures, labels[:60])
    assert np.mean([*scores.values()]) >= 0.98, scores
    assert min(scores.values()) >= 0.93, scores


def test_small_scans_by_other_people():
    """Of 8x8 pixels, the fewest that are taken: every sixth of 1,797, of which 98.7 % are right."""
    scans, labels = small_scans()
    right, turned_away = shares(scans[::6], labels[::6])
    assert right > 0.96
    assert turned_away < 0.02


@pytest.mark.parametrize("width", [1, 3, 12])
def test_digits_drawn_with_a_mouse(width):
    rng = np.random.default_rng(width)
    labels = [*DIGITS] * 5
    right, away = shares([by_mouse(digit, rng, width) for digit in labels], labels)
    assert right >= 0.97
    assert away <= 0.03


def test_what_is_no_digit_is_turned_away(digits):
    """Letters in typefaces that training did not have, scribbles, several digits."""
    rng = np.random.default_rng(3)
    groups = {
        "scribbles": [strokes.scribble(rng) for _ in range(100)],
        "letters": [strangers.printed(letter, rng, OTHER_FACES)
                    for letter in [*"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"] * 2],
        "two digits": [strangers.several(digits[0], rng) for _ in range(100)],
    }  # fmt: skip
    turned = {}
    for name, pictures in groups.items():
        readings = readings_of([255 - picture for picture in pictures])()
        turned[name] = np.mean([r.digit is None for r in readings])
        for reading in readings:
            assert (reading.digit is None) == bool(reading.message)
    assert min(turned.values()) >= 0.9, turned


def test_real_digits_are_kept(answers):
    assert np.mean([answer is None for answer in answers("best")]) <= 0.01


@pytest.mark.parametrize("picture", [
    Image.new("RGB", (280, 280), "white"), Image.new("L", (28, 28)), Image.new("RGBA", (50, 50)),
])  # fmt: skip
def test_blank_paper_gets_a_hint(picture):
    reading = predict.read(picture)
    assert reading.digit is None
    assert reading.message == "Draw a digit first."
    assert reading.probabilities == dict.fromkeys(range(10), 0.1)
    with pytest.raises(NotADigitError, match="Draw a digit first"):
        predict.classify(picture)


def test_probabilities_are_ten_and_sum_to_one(digits):
    for model in predict.NETWORKS:
        probabilities = predict.classify(Image.fromarray(digits[0][1]), model)
        assert list(probabilities) == list(range(10))
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_bad_input_is_refused_in_words(tmp_path):
    text = tmp_path / "digit.png"
    text.write_text("seven")
    with pytest.raises(ImageError):
        predict.classify(text)
    with pytest.raises(InputError, match="at least 8x8"):
        predict.classify(Image.new("L", (7, 40)))
    with pytest.raises(ConfigError, match="choose one of"):
        predict.classify(Image.new("L", (28, 28)), "vgg")


def test_looking_inside_shows_every_size_and_the_evidence(digits):
    picture = Image.fromarray(digits[0][2])
    for model, sizes in [("best", [28, 14, 7, 4, 2, 1]), ("resnet", [14, 7, 4, 2, 1])]:
        inside = predict.look_inside(picture, model)
        assert [layer.size for layer in inside.layers] == sizes
        for layer in inside.layers:
            assert layer.maps.shape == (layer.channels, layer.size, layer.size)
            assert layer.maps.min() >= 0
            assert layer.maps.max() <= 1
        assert inside.evidence.shape == (28, 28)
        assert np.abs(inside.evidence).max() == pytest.approx(1, abs=1e-5)
        assert inside.digit == predict.read(picture, model).digit


class OnePixel:
    """A network whose answer is 3 where one pixel is ink, the more the more ink there is."""

    def __init__(self, y, x):
        self.y, self.x = y, x

    def stages(self, batch):
        scores = torch.zeros(len(batch), 11)
        scores[:, 3] = 5 * batch[:, 0, self.y, self.x]
        return [scores]


@pytest.mark.parametrize(("y", "x"), [(5, 5), (22, 22), (8, 20), (13, 14)])
def test_evidence_lies_where_the_pixel_is_that_decides(y, x):
    batch = torch.zeros(1, 1, 28, 28)
    batch[0, 0, y, x] = 1
    evidence = np.abs(predict._evidence(OnePixel(y, x), batch, 3))
    rows, columns = evidence.sum(1), evidence.sum(0)
    places = np.arange(28)
    assert (places * rows).sum() / rows.sum() == pytest.approx(y, abs=0.3)
    assert (places * columns).sum() / columns.sum() == pytest.approx(x, abs=0.3)


@pytest.mark.parametrize("width", [9, 22, 36])
def test_a_tap_of_the_pen_is_no_digit(width):
    pad = Image.new("L", (288, 288), 255)
    ImageDraw.Draw(pad).ellipse((140, 140, 140 + width, 140 + width), fill=0)
    reading = predict.read(pad)
    assert reading.digit is None
    assert reading.message
    assert len(set(reading.probabilities.values())) == 1


def test_evidence_points_at_pixels_that_matter(digits):
    """Turning over a patch of them costs more than turning one that speaks against."""
    network = predict.load("best")
    drops = []
    for image in digits[0][:20]:
        inside = predict.look_inside(Image.fromarray(image), "best")
        seen = torch.from_numpy(predict.see(Image.fromarray(image))).float()[None, None] / 255

        def lead(at, seen=seen, digit=inside.digit):
            turned = seen.clone()
            y, x = divmod(int(at), 28)
            patch = (..., slice(max(y - 2, 0), y + 2), slice(max(x - 2, 0), x + 2))
            turned[patch] = 1 - turned[patch]
            with torch.inference_mode():
                scores = network(turned)[0, :10].log_softmax(0)
            return (scores[digit] - (1 - scores[digit].exp()).clamp(min=1e-30).log()).item()

        drops.append(lead(inside.evidence.argmin()) - lead(inside.evidence.argmax()))
    assert np.mean(drops) > 1


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32 - 1), st.integers(8, 120), st.integers(8, 120),
       st.sampled_from(["L", "RGB", "RGBA"]))  # fmt: skip
def test_any_picture_gives_an_answer_or_words(seed, height, width, mode):
    rng = np.random.default_rng(seed)
    image = Image.new(mode, (width, height), tuple(rng.integers(0, 256, len(mode)))[: len(mode)]
                      if mode != "L" else int(rng.integers(0, 256)))  # fmt: skip
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 5)):
        ends = [tuple(p) for p in rng.integers(0, [width, height], (3, 2)).tolist()]
        draw.line(ends, fill=tuple(rng.integers(0, 256, len(mode)).tolist()) if mode != "L" else 0,
                  width=int(rng.integers(1, 9)))  # fmt: skip
    try:
        reading = predict.read(image)
    except InputError as refusal:
        words = str(refusal)
        assert words.endswith((".", "?"))
        return
    assert (reading.digit is None) != (reading.message == "")
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert reading.seen.size == (28, 28)


def test_the_command_line_prints_the_same_and_goes_on_after_a_bad_file(tmp_path, digits):

    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(digits[0][3]).save(good)
    bad.write_bytes(b"no picture")
    done = commands.run(predict.main, bad, good)
    digit = max(predict.classify(good).items(), key=lambda item: item[1])[0]
    assert f"good.png: {digit} (" in done.output
    assert "bad.png: " in done.output
    assert done.exit_code == 1
    assert commands.run(predict.main, good).exit_code == 0


def test_typefaces_of_the_test_are_not_those_of_training():
    names = {Path(face).stem.split("-")[0] for face in strangers.typefaces()}
    assert not names & {Path(face).stem.split("-")[0] for face in OTHER_FACES}
    assert len(OTHER_FACES) >= 4
