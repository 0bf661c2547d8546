"""How long from the end of a stroke to bars that show it, measured in the browser.

Usage:

    python -m tests.benchmarks.digits_latency [--strokes 40] [--model best]

The clock starts at ``pointerup`` and stops in the first frame after the bars have changed.
The aim is 100 ms at the median.
"""

import tempfile
from pathlib import Path
from statistics import median, quantiles

import typer
from playwright.sync_api import sync_playwright

from tests import serving
from tests.browser.conftest import CHROMIUM, SWITCHES

CLOCK = """() => {
    window.waits = [];
    let lifted = 0;
    document.addEventListener("pointerup", () => (lifted = performance.now()), true);
    new MutationObserver(() => {
        if (!lifted) return;
        const from = lifted;
        lifted = 0;
        requestAnimationFrame(() => window.waits.push(performance.now() - from));
    }).observe(document.querySelector(".bars"), { attributes: true, subtree: true });
}"""


def main(strokes: int = 40, model: str = "best") -> None:
    """Measure, and print the median, the 90th percentile and the worst."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving.app(Path(folder)) as served,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = chromium.new_page()
        page.goto(served.url)
        page.wait_for_selector(".digits.is-ready")
        page.locator(f".networks input[value={model}]").check()
        page.get_by_role("button", name="Example: a 7").click()
        page.wait_for_selector(".network-says:not(:empty)", timeout=60_000)  # awake
        page.locator(".pad-clear").click()
        box = page.locator(".pad-canvas").bounding_box()
        assert box
        page.evaluate(CLOCK)
        for i in range(strokes):
            across = box["width"] * (0.3 + 0.4 * i / strokes)
            page.mouse.move(box["x"] + across, box["y"] + 0.2 * box["height"])
            page.mouse.down()
            page.mouse.move(box["x"] + across, box["y"] + 0.8 * box["height"], steps=8)
            page.mouse.up()
            page.wait_for_function(f"window.waits.length === {i + 1}")
            page.locator(".pad-clear").click()
            page.wait_for_timeout(100)
            page.evaluate("window.waits.length = " + str(i + 1))
        waits = page.evaluate("window.waits")
        chromium.close()
    typer.echo(
        f"{model}: median {median(waits):.0f} ms, 90 % within {quantiles(waits, n=10)[8]:.0f} ms, "
        f"worst {max(waits):.0f} ms ({len(waits)} strokes)"
    )


if __name__ == "__main__":
    typer.run(main)
