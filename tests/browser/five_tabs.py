"""The app with all its tabs at once, the Bedrooms drawn by stand-ins: quick, and always there.

Usage:

    LESSON7_WEIGHTS=FOLDER python -m tests.browser.five_tabs

``served`` starts it on a copy of the embedded weights in which small random networks
(``tests.bedrooms.stand_ins``) stand for the Bedrooms.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lesson7.core.weights import EMBEDDED
from tests import serving

NAMES = ["Digits", "Restoration", "Bedrooms", "Human numbers", "Lesson"]
WORDS = [name.lower().replace(" ", "-") for name in NAMES]


@contextmanager
def served(folder: Path, bedrooms: Path) -> Iterator[serving.Served]:
    """The app in a process of its own; it may not have reached for the network at the end.

    Args:
        folder: an empty one.
        bedrooms: the weights folder of the stand-ins.
    """
    weights = folder / "weights"
    shutil.copytree(EMBEDDED, weights)
    named = {**_index(weights), **_index(bedrooms)}
    shutil.copytree(bedrooms, weights, dirs_exist_ok=True)
    (weights / "index.json").write_text(json.dumps(named))
    (folder / "app").mkdir()
    command = ("-m", "tests.browser.five_tabs")
    with serving.app(folder / "app", *command, LESSON7_WEIGHTS=str(weights)) as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


def _index(weights: Path) -> dict[str, Any]:
    return json.loads((weights / "index.json").read_text())


def main() -> None:
    """Serve it until it is stopped."""
    from app import TABS
    from lesson7.ui import bedrooms, components

    build = {"Bedrooms": bedrooms.build, **dict(TABS)}
    components.page([(name, build[name]) for name in NAMES]).launch(**components.LAUNCH)


if __name__ == "__main__":
    main()
