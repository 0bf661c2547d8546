"""How long from ``python app.py`` to a page that one can draw on.

Usage:

    python -m tests.benchmarks.startup [--runs 5]

Prints, as the median of several runs: the seconds from the start of the process to the first
answer over HTTP, and to a canvas in Chromium that takes strokes. The aim is 5 s on two cores.
"""

import tempfile
import time
from pathlib import Path
from statistics import median

import typer
from playwright.sync_api import sync_playwright

from tests import serving
from tests.browser.conftest import CHROMIUM, SWITCHES


def main(runs: int = 5) -> None:
    """Measure, and print the medians and the worst of each."""
    answers, interactive = [], []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                with serving.app(Path(folder)) as served:
                    page = chromium.new_page()
                    page.goto(served.url, wait_until="commit")
                    page.wait_for_selector(".digits.is-ready")
                    interactive.append(time.perf_counter() - start)
                    answers.append(served.seconds)
                    page.close()
        chromium.close()
    for what, seconds in [("first answer", answers), ("canvas interactive", interactive)]:
        typer.echo(f"{what:20} median {median(seconds):5.2f} s, worst {max(seconds):5.2f} s")


if __name__ == "__main__":
    typer.run(main)
