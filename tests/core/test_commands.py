"""How a command line ends."""

import sys

import pytest

from lesson7.core import commands, weights
from lesson7.core.errors import ConfigError


@pytest.fixture
def typed(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["count", "3"])
    monkeypatch.setattr(weights, "notices", lambda: ["Other weights were used."])


def test_what_is_wrong_is_said_in_a_sentence_and_not_as_a_traceback(typed, capsys):
    def count(most: int) -> None:
        raise ConfigError(f"{most} are too few")

    with pytest.raises(SystemExit) as ended:
        commands.run(count)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "3 are too few\nOther weights were used.\n"


def test_what_is_to_be_known_of_the_weights_follows_the_answer(typed, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.run(lambda most: print(int(most) + 1))
    assert ended.value.code == 0
    assert capsys.readouterr() == ("4\n", "Other weights were used.\n")


def test_a_fault_of_the_program_keeps_its_traceback(typed):
    with pytest.raises(ZeroDivisionError):
        commands.run(lambda most: 1 / 0)
