"""The right continuation, which arithmetic knows: where does a network first go wrong?

Truth       follows a text word by word
parse       the words of one number -> the number
"""

from collections.abc import Sequence

from lesson7.core.errors import InputError
from lesson7.human_numbers.data import LARGEST, ONES, TEENS, TENS, spell

_VALUES = {
    **{word: value for value, word in enumerate(ONES, 1)},
    **{word: value for value, word in enumerate(TEENS, 10)},
    **{word: 10 * value for value, word in enumerate(TENS, 2)},
}


def parse(words: Sequence[str]) -> int | None:
    """The number that these words spell, or None if they spell none.

    >>> parse(["eight", "thousand", "thirty", "one"])
    8031
    >>> parse(["thirty", "thousand"]) is None
    True
    """
    total = 0
    for word in words:
        if word == "thousand":
            total *= 1000
        elif word == "hundred":
            total += 99 * (total % 10)
        else:
            total += _VALUES.get(word, 0)
        if total > LARGEST:
            return None
    try:
        return total if spell(total) == list(words) else None
    except InputError:
        return None


class Truth:
    """Reads a text, and says of each word that a network added whether it is right.

    Right is what counts on by one from the last whole number. Where there is none, any
    number is right, as long as it is one. After the first wrong word nothing more is said:
    what would be right after a mistake is nobody's business.

    Args:
        given: the words that the network was given.
    """

    def __init__(self, given: Sequence[str]) -> None:
        self.numbers = 0
        """How many numbers the network has completed rightly."""
        self.expected: str | None = None
        """After a wrong word: the right one, if there is only one."""
        self._last: int | None = None  # the last whole number
        self._words: list[str] = []  # of the number that is being written
        for word in given:
            self._take(word)
        self._over = self._last == LARGEST and not self._words
        follows = self._successor()
        if follows is None or follows[: len(self._words)] != self._words:
            self._last = None  # the text itself does not count by one

    def add(self, word: str) -> bool | None:
        """Whether one more word is right; None after a mistake and after 9,999."""
        if self._over:
            return None
        wanted = self._successor()
        if wanted is None:
            right = word != "," or parse(self._words) is not None
            self.expected = None
        else:
            self.expected = [*wanted, ","][len(self._words)]
            right = word == self.expected
        if not right:
            self._over = True
            return False
        if word == ",":
            self.numbers += 1
        self._take(word)
        self._over = self._last == LARGEST
        return True

    def _take(self, word: str) -> None:
        if word == ",":
            self._last, self._words = parse(self._words), []
        else:
            self._words.append(word)

    def _successor(self) -> list[str] | None:
        """The words of the number after the last; None if that is open."""
        if self._last is None or self._last == LARGEST:
            return None
        return spell(self._last + 1)
