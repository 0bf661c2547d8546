"""The lesson's forms of the U-Net, and the U-Net on torch's meta device: shapes alone."""

import torch

from lesson7.restoration.model import DynamicUnet

GAN = {"blur": True, "self_attention": True, "norm": "weight", "y_range": (-3.0, 3.0)}
FEATURE = {"blur": True, "norm": "weight"}
CAMVID = {"n_classes": 12, "bottle": True}
ENCODER = 21_284_672


def parameters(module):
    """How many there are."""
    return sum(p.numel() for p in module.parameters())


def on_meta(encoder="resnet34", **options):
    """Built at once, whatever its size; what it computes has a shape and no content."""
    with torch.device("meta"):
        return DynamicUnet(encoder, **options)
