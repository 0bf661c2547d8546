"""Write down what callers of the app rely on, after an endpoint has changed on purpose.

    python -m tests.golden.api

``api.txt`` holds each endpoint of ``/gradio_api/info``: its parameters with types and defaults,
and what it returns, one line each. Callers are other people's programs: a line that is changed
or taken away breaks them, one that is added does not.
"""

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import serving

FILE = Path(__file__).with_suffix(".txt")


def info(url: str) -> dict[str, Any]:
    """What the app at ``url`` says about its endpoints."""
    with urllib.request.urlopen(f"{url}/gradio_api/info", timeout=30) as answer:
        return json.load(answer)


def describe(info: dict[str, Any]) -> str:
    """The same for people, sorted by endpoint."""
    endpoints = sorted(info["named_endpoints"].items())
    return "\n".join(line for endpoint in endpoints for line in _lines(*endpoint))


def _lines(name: str, endpoint: dict[str, Any]) -> Iterator[str]:
    yield name
    for one in endpoint["parameters"]:
        default = one.get("parameter_default")
        ends = f" = {default!r}" if one.get("parameter_has_default") else ""
        yield f"    {one['parameter_name']}: {one['python_type']['type']}{ends}"
    for one in endpoint["returns"]:
        yield f"    -> {one['label']}: {one['python_type']['type']}"
    yield ""


def main() -> None:
    """Start the app, ask it, write."""
    with tempfile.TemporaryDirectory() as folder, serving.app(Path(folder)) as served:
        FILE.write_text(describe(info(served.url)), encoding="utf-8")


if __name__ == "__main__":
    main()
