"""Write the golden outputs of the shipped digit networks, after shipping new ones.

    python -m tests.golden.mnist

``mnist.json`` holds each network's logits for the first four digits of the tests' fixture.
"""

import json
from pathlib import Path

import numpy as np
import torch

from lesson7.mnist import predict

FIXTURE = Path(__file__).parents[1] / "mnist" / "fixtures" / "digits.npz"


def main() -> None:
    """Compute and write."""
    with np.load(FIXTURE) as file:
        batch = torch.from_numpy(file["images"][:4])[:, None].float() / 255
    golden = {}
    for name in predict.NETWORKS:
        with torch.inference_mode():
            logits = predict.load(name)(batch)
        golden[name] = [[round(value, 4) for value in row] for row in logits.tolist()]
    text = json.dumps(golden, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
