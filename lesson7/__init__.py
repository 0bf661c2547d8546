"""Lesson 7, live: four neural networks of fast.ai's Lesson 7, trained, tested and in a browser."""

import os

# torch's threads wait for each other many thousand times per picture. By default they do so by
# running in a circle, which takes the processor from everybody else: from the other lane, from
# another program, and so from themselves. Told to sleep instead, two cores restore a photograph
# nearly four times as fast beside two other programs, and 5 % more slowly alone
# (``python -m tests.benchmarks.waiting``). Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
