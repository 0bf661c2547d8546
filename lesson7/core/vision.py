"""The one door to torchvision, which also opens beside a CPU-only torch.

torchvision's Python code describes two of its compiled operators, ``nms`` and ``qnms``, to
torch while it is being imported. Where the compiled part cannot be loaded (a wheel built for
CUDA beside a torch built for the CPU), those operators do not exist, and the import ends in
``RuntimeError: operator torchvision::nms does not exist``, although nothing of what this
project uses needs them: data sets, ResNets and VGGs, transforms and grids are plain Python.

So the import is tried as it is, first. Only if it fails for that very reason are the missing
operators declared (their schemas alone, without any code) and the import tried once more.
Where torchvision's own operators load, nothing is declared and nothing changes. A call of a
declared operator still fails, with torch's own message that it has no implementation.

The rest of the project imports torchvision from here and nowhere else (a test sees to it)::

    from lesson7.core.vision import datasets, make_grid, models, v2

    torchvision     the package itself
    datasets        data set readers
    models          ResNet, VGG
    v2              transforms, version 2
    tv_tensors      what v2 tells pictures by
    make_grid       images -> one image, as a tensor (C, H, W)
    save_image      the same, written to a file
"""

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

# A declaration lives as long as its library, so the library lives as long as this module.
_declarations = torch.library.Library("torchvision", "FRAGMENT")


def _declare_missing_operators() -> None:
    """Declare the operators that torchvision describes but could not load, and no others."""
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            _declarations.define(name + _SCHEMA)


try:
    import torchvision
except RuntimeError as error:
    if "operator torchvision::" not in str(error):
        raise
    _declare_missing_operators()
    import torchvision

from torchvision import datasets, models, tv_tensors  # noqa: E402 - only now can they be imported
from torchvision.transforms import v2  # noqa: E402
from torchvision.utils import make_grid, save_image  # noqa: E402

__all__ = ["datasets", "make_grid", "models", "save_image", "torchvision", "tv_tensors", "v2"]
