"""Turns on the card of a ZeroGPU Space; everywhere else, nothing at all.

Such a Space has no card of its own. What ``spaces.GPU`` decorates is run in a process forked
for it, which is lent a card for a while, on the account of the visitor: minutes a day [1]. A
turn begins with a second or two of waiting. So only that gets one which takes long on two
cores: the restoration of photographs. Digits, rooms and words take milliseconds, and stay on
the processor, where they cost nobody anything.

    on_card     decorates a generator; needs the package ``spaces``, or does nothing

References:
    [1] https://huggingface.co/docs/hub/spaces-zerogpu
"""

import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from lesson7.core.errors import Lesson7Error

try:
    import spaces
except ImportError:  # not a Space: nothing to take turns at
    spaces = None

SECONDS = 30
"""How long a turn may be; asking for more than is needed shuts out who has little left."""

P = ParamSpec("P")
T = TypeVar("T")


def on_card(work: Callable[P, Iterator[T]]) -> Callable[P, Iterator[T]]:
    """Give each iteration over what ``work`` returns a turn on the card.

    Arguments and items travel between two processes: they must be picklable, and the items
    on the processor. Our errors travel, too; ``spaces`` by itself would leave of them nothing
    but the name of their class.

    Args:
        work: a function that returns an iterator; runs in the forked process.

    Returns:
        A generator function with the same arguments, or ``work`` itself without ``spaces``.
    """
    if spaces is None:
        return work

    @spaces.GPU(duration=SECONDS)
    def turn(*args: P.args, **kwargs: P.kwargs) -> Iterator[tuple[T | None, Lesson7Error | None]]:
        from lesson7.core import runtime  # brings torch, and the page need not wait for it

        runtime.take_card()
        try:
            for item in work(*args, **kwargs):
                yield item, None
        except Lesson7Error as error:
            yield None, error

    @functools.wraps(work)
    def taken(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        for item, error in turn(*args, **kwargs):
            if error is not None:
                raise error
            yield item  # type: ignore[misc]

    return taken
