"""Write the golden outputs of the shipped counting networks, after shipping new ones.

    python -m tests.golden.human_numbers

``human_numbers.json`` holds, for each network and the first two words that it adds to ``TYPED``,
minus the logarithm of the probability of each of the 38 words: what is unlikely tells networks
apart that all say the right word. A probability below ``LEAST`` counts as that.
"""

import json
import math
from pathlib import Path

from lesson7.human_numbers import predict

FILE = Path(__file__).with_suffix(".json")
TYPED = "seven thousand nine hundred ninety nine, eight thousand"
LEAST = 1e-6


def surprises(model: str) -> list[list[float]]:
    """``(2, 38)``, in nats."""
    words = predict.continue_text(TYPED, 2, model).words
    return [[round(-math.log(max(one, LEAST)), 3) for one in word.probabilities] for word in words]


def main() -> None:
    """Compute and write."""
    golden = {model: surprises(model) for model in predict.MODELS}
    FILE.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
