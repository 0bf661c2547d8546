"""How well a network reads digits.

evaluate    loss, accuracy and calibration error over images that it was not trained on
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.metrics import accuracy, expected_calibration_error


def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Loss, accuracy and calibration error; scores of "no digit" are left out.

    Args:
        model: ``(N, 1, 28, 28)``, unit range -> logits ``(N, 10 or 11)``; in eval mode.
        images: ``(N, 1, 28, 28)`` uint8.
        labels: ``(N,)``.

    Returns:
        ``valid_loss`` in nats, ``accuracy`` and ``calibration_error`` as shares of 1.
    """
    device = next(model.parameters()).device
    with torch.inference_mode():
        parts = (part.to(device).float() / 255 for part in images.split(200))
        logits = torch.cat([model(part)[:, :10].cpu() for part in parts])
    return {
        "valid_loss": F.cross_entropy(logits, labels).item(),
        "accuracy": accuracy(logits, labels),
        "calibration_error": expected_calibration_error(logits.softmax(1), labels),
    }
