"""The app with all its tabs, and with whatever fault the file named by ``FAULT`` says just now.

Usage:

    FAULT=FILE LESSON7_WEIGHTS=FOLDER python -m tests.hostile.faulty

The file is read whenever a layer of any network is asked; where it is empty or not there,
nothing is wrong:

    defect          the layer raises an error that nobody foresaw
    memory          the layer finds no memory, as Python says it
    torch memory    the same, as torch says it
    nan             the layer answers with NaN
    slow            the layer takes a tenth of a second

``HUB_SECONDS``, if set, is how long the Hub is waited for instead of half a minute.
"""

import math
import os
import time
from pathlib import Path
from typing import Any

SECRET = "/secret/place.py"
TORCH_SAYS = "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory"


def main() -> None:
    """Serve it until it is stopped."""
    from torch import Tensor, nn

    from lesson7.core import weights
    from lesson7.ui import components
    from tests.hostile.whole_app import TABS

    ask, place = nn.Module.__call__, Path(os.environ["FAULT"])

    def faulty(layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        fault = place.read_text() if place.exists() else ""
        if fault == "slow":
            time.sleep(0.1)
        if fault == "defect":
            raise LookupError(f"nobody foresaw this at {SECRET}")
        if fault == "memory":
            raise MemoryError
        if fault == "torch memory":
            raise RuntimeError(TORCH_SAYS)
        answer = ask(layer, *args, **kwargs)
        return answer * math.nan if fault == "nan" and isinstance(answer, Tensor) else answer

    nn.Module.__call__ = faulty
    if "HUB_SECONDS" in os.environ:
        weights.load.__kwdefaults__["seconds"] = float(os.environ["HUB_SECONDS"])
    components.page(TABS).launch(**components.LAUNCH)


if __name__ == "__main__":
    main()
