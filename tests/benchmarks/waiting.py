"""How torch's threads wait for each other: running in a circle, or asleep.

Usage:

    python -m tests.benchmarks.waiting

Restores a photograph of 512x512 pixels on two threads, in processes that differ only in
``OMP_WAIT_POLICY``: alone, and beside as many programs that calculate as there are cores.
``lesson7/__init__.py`` chooses ``passive``.
"""

import os
import statistics
import subprocess
import sys
from contextlib import ExitStack

import typer

ROUNDS = 5
POLICIES = ("active", "passive")
PLACES = ("alone", "beside others")

_RESTORE = f"""
import time
from PIL import Image
from lesson7.restoration.predict import restore
photograph = Image.effect_noise((512, 512), 40).convert("RGB")
restore(photograph, "pixel")
for _ in range({ROUNDS}):
    start = time.perf_counter()
    restore(photograph, "pixel")
    print(time.perf_counter() - start)
"""
_CALCULATE = "while True: sum(range(10_000))"


def seconds(policy: str, others: int) -> float:
    """Median time of one restoration in a process of its own, beside ``others``."""
    with ExitStack() as stack:
        for _ in range(others):
            other = subprocess.Popen([sys.executable, "-c", _CALCULATE])
            stack.callback(other.wait)
            stack.callback(other.kill)
        environ = {**os.environ, "OMP_WAIT_POLICY": policy}
        command = [sys.executable, "-c", _RESTORE]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return statistics.median(map(float, done.stdout.split()))


def main() -> None:
    """Print both policies, and how many times as fast ``passive`` is."""
    for place, others in zip(PLACES, (0, os.cpu_count() or 1), strict=True):
        active, passive = (seconds(policy, others) for policy in POLICIES)
        typer.echo(
            f"{place:14} active {active:6.2f} s   passive {passive:6.2f} s   "
            f"{active / passive:.2f} times as fast"
        )


if __name__ == "__main__":
    typer.run(main)
