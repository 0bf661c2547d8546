"""A network for the tests of weights, small enough to be damaged in every way."""

from torch import nn

from lesson7.core.errors import ConfigError
from lesson7.core.weights import Record

RECORD = Record(
    metrics={"accuracy": 0.993, "calls": 3},
    data="Sentences with ümlauts",
    licence="MIT",
    command="python -m lesson7.none.train",
    hardware="a laptop",
    minutes=1.5,
)
FILE = "net-a.safetensors"  # of the one that the fixture ``folder`` holds


class Net(nn.Module):
    """Two layers with a float, an int and a running statistic in the state."""

    def __init__(self, width: int = 4, sizes: tuple[int, ...] = ()) -> None:
        super().__init__()
        if not 0 < width <= 64:
            raise ConfigError("width is 1 to 64")
        self.sizes = sizes
        self.fc = nn.Linear(3, width)
        self.norm = nn.BatchNorm1d(width)
