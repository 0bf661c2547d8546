"""Write the golden outputs of the shipped restoration networks, after shipping new ones.

    python -m tests.golden.restoration

``restoration.json`` holds, for the fixture's cat with the lesson's damage, each network's
picture as the means of 8 x 8 cells in three colours, its PSNR against the target, and the
critic's logits of damaged and target; for the page's spaniel without its colours, the chroma of
8 x 8 cells as ``colour`` finds it, and how close that is.
"""

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from lesson7.core.images import normalize, to_unit
from lesson7.core.metrics import psnr
from lesson7.restoration import data, networks, predict
from lesson7.restoration.chroma import ab_psnr, chroma
from lesson7.restoration.colour_judging import through
from lesson7.restoration.grey_pairs import without_colours
from lesson7.ui.components import ASSETS

FIXTURE = Path(__file__).parents[1] / "restoration" / "fixtures" / "cat.png"
SPANIEL = ASSETS / "restoration" / "good" / "spaniel.jpg"


def pair() -> tuple[Tensor, Tensor]:
    """The fixture damaged (number 1 of its kind) and whole, each ``(1, 3, 192, 192)``."""
    target = Image.open(FIXTURE).convert("RGB")
    damaged, _ = data.degrade(target, random.Random(1))
    return to_unit(data.enlarged(damaged, target.size))[None], to_unit(target)[None]


def outputs() -> dict[str, dict[str, object]]:
    """What the shipped networks give, in float32."""
    damaged, target = pair()
    golden: dict[str, dict[str, object]] = {}
    with torch.inference_mode():
        for recipe in networks.TILED:
            restored = predict.load(recipe)(damaged)
            cells = F.adaptive_avg_pool2d(restored, 8)[0]  # (3, 8, 8)
            golden[recipe] = {
                "cells": [[round(value, 4) for value in row.flatten().tolist()] for row in cells],
                "psnr": round(psnr(restored.clamp(0, 1), target).item(), 3),
            }
        logits = networks.load_critic()(normalize(torch.cat([damaged, target]))).mean((1, 2, 3))
        spaniel = Image.open(SPANIEL).convert("RGB")
        grey, whole = (to_unit(each)[None] for each in (without_colours(spaniel), spaniel))
        coloured = through(predict.load("colour"), grey)
        cells = F.adaptive_avg_pool2d(chroma(coloured), 8)[0]  # (2, 8, 8)
        golden["colour"] = {
            "cells": [[round(value, 4) for value in row.flatten().tolist()] for row in cells],
            "ab_psnr": round(ab_psnr(coloured, whole).item(), 3),
        }
        golden["grey"] = {"ab_psnr": round(ab_psnr(grey, whole).item(), 3)}
    golden["critic"] = {"logits": [round(value, 3) for value in logits.tolist()]}
    golden["bilinear"] = {"psnr": round(psnr(damaged, target).item(), 3)}
    return golden


def main() -> None:
    """Compute and write."""
    text = json.dumps(outputs(), indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
