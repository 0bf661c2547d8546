"""Going on with a text: the shipped networks, choices by chance, and what cannot be meant."""

import json
import math

import pytest
import torch

from lesson7.core import runtime, weights
from lesson7.core.errors import ConfigError, InputError
from lesson7.human_numbers import judge, predict
from lesson7.human_numbers.data import ITOS, MARKS, VALID, spell, stream
from lesson7.human_numbers.predict import MODELS, choose, continue_text
from tests import commands
from tests.golden import human_numbers as golden

COUNTERS = ["counter", "counter-9999"]


def counted(first, last):
    return ", ".join(" ".join(spell(number)) for number in range(first, last + 1)) + ","


@pytest.mark.parametrize("model", COUNTERS)
@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("eight thousand one, ", 8_002, 8_020),
        ("8996, 8997,", 8_998, 9_012),
        ("9097, 9098, 9099", 9_100, 9_110),
        ("ninety-eight, ninety-nine,", 100, 112),
        ("998, 999", 1_000, 1_005),
        ("seven thousand nine hundred ninety six, seven thousand nine hundred ninety seven,",
         7_998, 7_999),
    ],
)  # fmt: skip
def test_it_counts_on(model, typed, first, last):
    wanted = counted(first, last)
    n = len(wanted.replace(",", " ,").split())
    said = continue_text(typed, n, model)
    assert said.text == wanted
    assert said.wrong_at is None
    assert said.numbers == last - first + 1
    assert len(said.tokens) == len(said.probabilities) == len(said.alternatives) == n


def test_200_held_out_continuations_are_right_word_for_word():
    with torch.inference_mode():
        assert judge.continuations(predict.load("counter"), VALID, n=200) == 1.0


@pytest.fixture(scope="module")
def likeliest():
    """What the counter finds likeliest after each word of "eight thousand one, ..." to the end.

    Each word only depends on the 93 before it (three layers and the pointer see 24 each), so
    overlapping parts give what one reading would.
    """
    network, tokens, part, before = predict.load("counter"), stream(train=False), 512, 96
    said = []
    with torch.inference_mode():
        for start in range(0, len(tokens) - 1, part):
            first = max(0, start - before)
            guesses = network(tokens[None, first : start + part])[0].argmax(1)
            said.append(guesses[start - first :])
    return torch.cat(said)


def test_it_counts_to_the_end_through_numbers_that_it_never_saw(likeliest):
    """Started with "eight thousand one, ", greedy and free-running: not one mistake.

    By induction: where the likeliest word after the right text is the right one, all along,
    the network that reads its own words writes the right text. ``judge.count_up``, which
    really lets it run, takes a minute; the next test does so for the first hundred numbers.
    """
    right = stream(train=False)[1:]
    given = 5  # xxbos eight thousand one ,
    assert torch.equal(likeliest[given - 1 : -1], right[given - 1 :])


def test_it_counts_a_hundred_numbers_on_its_own():
    with torch.inference_mode():
        assert judge.count_up(predict.load("counter"), 8_001, 8_101) == 100


def test_it_predicts_999_of_1000_words_of_the_validation_text(likeliest):
    right = (likeliest[:-1] == stream(train=False)[1:]).float().mean()
    assert right >= 0.999
    assert weights.entry("human-numbers-counter").metrics["accuracy"] == pytest.approx(right.item())


def test_reading_word_by_word_judges_as_reading_in_parts(likeliest):
    tokens = stream(train=False)[:200]
    with torch.inference_mode():
        measures = judge.read_through(predict.load("counter"), tokens)
    right = (likeliest[:199] == tokens[1:]).float().mean()
    assert measures["accuracy"] == pytest.approx(right.item())


@pytest.mark.parametrize("model", MODELS)
def test_every_shipped_network_goes_on_and_keeps_its_measure(model):
    said = continue_text("one, two, three,", 30, model)
    assert len(said.words) == 30
    for word, alternatives in zip(said.words, said.alternatives, strict=True):
        assert sum(word.probabilities) == pytest.approx(1, abs=1e-4)
        assert alternatives[0] == (word.word, word.probability)  # greedy: the likeliest
        assert len(alternatives) == 5
        assert all(-1 <= value <= 1 for value in word.inside)
    assert weights.entry(f"human-numbers-{model}").size < 1_000_000


@pytest.mark.parametrize(("model", "least"), [
    ("model0", 0.42), ("model1", 0.42), ("model2", 0.26), ("model3", 0.47), ("model4", 0.52),
    ("model5", 0.78), ("counter", 0.999),
])  # fmt: skip
def test_the_index_says_what_the_lesson_reached(model, least):
    assert weights.entry(f"human-numbers-{model}").metrics["accuracy"] >= least


@pytest.mark.parametrize("model", MODELS)
def test_golden_probabilities_of_the_shipped_networks(model):
    """As computed when the weights were shipped; python -m tests.golden.human_numbers."""
    expected = json.loads(golden.FILE.read_text("utf-8"))[model]
    for ours, theirs in zip(golden.surprises(model), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=0.02)


def test_the_same_seed_draws_the_same_words_and_another_draws_others():
    draws = [continue_text("one, two,", 40, "model0", 1.5, 0, seed).tokens for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


def test_temperature_and_top_k_are_what_they_say():
    probabilities = torch.zeros(38)
    probabilities[8:12] = torch.tensor([0.4, 0.3, 0.2, 0.1])

    def shares(temperature, top_k, n=4_000):
        rng = runtime.generator(0)
        drawn = [choose(probabilities, temperature, top_k, rng) for _ in range(n)]
        return [drawn.count(8 + i) / n for i in range(4)]

    assert shares(0, 0, 5) == [1, 0, 0, 0] == shares(2, 1, 5)
    assert shares(1, 0) == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=0.03)
    assert shares(1, 2) == pytest.approx([4 / 7, 3 / 7, 0, 0], abs=0.03)
    hot = [math.sqrt(p) for p in (0.4, 0.3, 0.2, 0.1)]
    assert shares(2, 99) == pytest.approx([p / sum(hot) for p in hot], abs=0.03)
    assert shares(1e-300, 0, 5) == [1, 0, 0, 0]


def test_marks_are_never_said():
    certain = torch.zeros(38)
    certain[2] = 1.0
    certain[20:] = 1e-9
    assert choose(certain, 0, 0, runtime.generator(0)) >= len(MARKS)
    assert choose(certain, 5, 0, runtime.generator(0)) >= len(MARKS)
    said = continue_text("nine thousand nine hundred ninety nine,", 60, "model5", 5.0)
    assert set(said.tokens) <= {*ITOS[len(MARKS) :]}


@pytest.mark.parametrize("options", [
    {"n_tokens": 0}, {"n_tokens": 2_001}, {"n_tokens": 1.5}, {"n_tokens": None},
    {"n_tokens": True}, {"temperature": -1}, {"temperature": float("nan")},
    {"temperature": float("inf")}, {"temperature": "hot"}, {"top_k": -1}, {"top_k": 2.5},
    {"seed": -1}, {"seed": 0.5}, {"text": ""}, {"text": "hello"},
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_words(options):
    with pytest.raises(InputError):
        continue_text(**{"text": "one,", **options})


def test_an_unknown_model_is_named():
    with pytest.raises(ConfigError, match="choose one of model0"):
        continue_text("one,", model="model6")


def test_the_first_mistake_is_marked():
    said = continue_text("eight thousand one,", 24, "model5")
    wrong = said.wrong_at
    assert wrong is not None
    assert all(word.right for word in said.words[:wrong])
    assert all(word.right is None for word in said.words[wrong + 1 :])
    assert said.words[wrong].expected not in (None, said.words[wrong].word)


def test_a_word_costs_the_same_wherever_it_stands():
    """The state that is handed on does not grow."""
    for model in MODELS:
        state, sizes = (), []
        with torch.inference_mode():
            for _ in range(70):
                state = predict.load(model).step(torch.tensor([9]), state).state
                sizes.append(sum(part.numel() for part in state))
        assert sizes[-1] == sizes[30], model


def test_the_command_line_prints_and_explains():
    done = commands.run(predict.main, "8998,", "--words", 6)
    assert done.exit_code == 0
    assert done.output.startswith("eight thousand nine hundred ninety eight, eight thousand")
    failed = commands.run(predict.main, "thosand")
    assert failed.exit_code == 1
    assert "did you mean thousand?" in failed.output
