"""The layout is kept (``architecture.py`` has its rules); and proof that the rules can fail."""

from pathlib import Path

import pytest

from tests.architecture import check

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "app.py", *ROOT.glob("lesson7/**/*.py"), *ROOT.glob("tests/**/*.py")]
    if path.exists()
)


@pytest.mark.parametrize("path", SOURCES)
def test_the_layout_is_kept(path: str):
    offences = check(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not offences, "\n" + "\n".join(offences)


# ------------------------------------------------------------------ proof that it can fail

OFFENDERS = [
    ("lesson7/mnist/predict.py", "from lesson7.mnist.train import main", "nobody imports train"),
    ("lesson7/mnist/predict.py", "from lesson7.mnist import train", "nobody imports train"),
    ("lesson7/mnist/predict.py", "from . import train", "nobody imports train"),
    ("lesson7/mnist/data.py", "from .train import x", "nobody imports train"),
    ("app.py", "import lesson7.mnist.train", "nobody imports train"),
    ("lesson7/core/layers.py", "import lesson7.mnist.model", "core serves everyone"),
    ("lesson7/core/layers.py", "from lesson7 import ui", "core serves everyone"),
    ("lesson7/core/layers.py", "from ..bedrooms import data", "core serves everyone"),
    ("lesson7/core/layers.py", "def f():\n  '.'\n  import lesson7.ui.mnist", "core serves"),
    ("lesson7/core/layers.py", "import importlib\nimportlib.import_module('lesson7.ui')", "core"),
    ("app.py", "from lesson7.mnist import predict", "list of tabs"),
    ("lesson7/ui/mnist.py", "from lesson7.mnist import model", "asks lesson7.mnist.predict"),
    ("lesson7/ui/mnist.py", "import lesson7.mnist", "asks lesson7.mnist.predict"),
    ("lesson7/mnist/predict.py", "from lesson7.ui import components", "must not know the page"),
    (
        "lesson7/mnist/data.py",
        "from lesson7.bedrooms import data",
        "mnist must not import bedrooms",
    ),
    ("lesson7/mnist/data.py", "from lesson7.mnist import predict", "end of the line"),
    ("lesson7/mnist/predict.py", "import gradio as gr", "usable without Gradio"),
    ("lesson7/core/images.py", "from gradio.utils import x", "usable without Gradio"),
    ("lesson7/mnist/data.py", "from torchvision.datasets import MNIST", "core.vision alone"),
    ("tests/mnist/test_data.py", "import torchvision", "core.vision alone"),
    ("lesson7/mnist/predict.py", "import safetensors.torch", "one place, which checks"),
    ("lesson7/ui/lesson.py", "from huggingface_hub import HfApi", "can do without it"),
    ("lesson7/mnist/model.py", "import os", "os belongs in another file"),
    ("lesson7/mnist/model.py", "from lesson7.core import runtime", "lesson7.core.runtime belongs"),
    ("lesson7/mnist/model.py", "def f():\n  '.'\n  return open('x')", "touches a file"),
    ("lesson7/mnist/model.py", "def f(x):\n  '.'\n  return x.cuda()", "chooses a device"),
    ("lesson7/mnist/model.py", "def forward(x):\n  '.'\n  return torch.randn(2)", "draws random"),
    ("lesson7/ui/mnist.py", "Image.open('x')", "core.images.open_image"),
    ("lesson7/mnist/predict.py", "Image.open('x')", "core.images.open_image"),
    ("lesson7/core/utils.py", "", "no utils"),
    ("lesson7/core/layers.py", "from math import *", "star imports"),
    ("tests/test_x.py", "try:\n  f()\nexcept:\n  raise", "bare except"),
    ("lesson7/core/layers.py", "try:\n  f()\nexcept OSError:\n  pass", "swallowed"),
    ("lesson7/core/layers.py", "def build():\n  return 1", "build is public"),
    ("lesson7/core/layers.py", "class Net:\n  '.'\n  def forward(self): ...", "forward is public"),
    ("lesson7/core/layers.py", "if True:\n  class Net: ...", "Net is public"),
]
INNOCENTS = [
    ("lesson7/mnist/train.py", "from lesson7.mnist import data, model, predict"),
    ("lesson7/mnist/predict.py", "from .model import DigitNet\nfrom ..core import weights"),
    (
        "lesson7/mnist/model.py",
        "import torch.nn.functional as F\nfrom lesson7.core.layers import x",
    ),
    ("lesson7/mnist/model.py", "def init_weights(w):\n  '.'\n  return torch.randn(2)"),
    ("lesson7/core/training.py", "from lesson7.core import runs"),
    ("lesson7/core/vision.py", "import torchvision"),
    ("lesson7/core/hub.py", "import huggingface_hub"),
    ("lesson7/ui/mnist.py", "import gradio\nfrom lesson7.mnist import predict"),
    (
        "lesson7/ui/restoration.py",
        "from lesson7.restoration.degradations import DEGRADATIONS",
    ),
    ("lesson7/ui/mnist.py", "from . import components"),
    ("app.py", "import gradio\nfrom lesson7.ui import mnist"),
    ("tests/mnist/test_train.py", "from lesson7.mnist import train\nimport gradio, safetensors"),
    ("lesson7/core/layers.py", "def _private(): ...\nclass _Private: ..."),
    ("lesson7/core/layers.py", "def f():\n  '.'\n  def inner(): ..."),
]


@pytest.mark.parametrize(("path", "source", "words"), OFFENDERS)
def test_an_offence_is_found_with_its_file_line_and_sentence(path: str, source: str, words: str):
    offences = check(path, f'"""A header."""\n{source}')
    assert len(offences) == 1, offences
    place, sentence = offences[0].split(": ", 1)
    assert place.startswith(f"{path}:")
    assert int(place.rpartition(":")[2]) >= 1
    assert words in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(("path", "source"), INNOCENTS)
def test_what_is_allowed_is_let_through(path: str, source: str):
    assert check(path, f'"""A header."""\n{source}') == []


def test_a_missing_header_is_found():
    assert check("tests/test_x.py", "x = 1") == [
        "tests/test_x.py:1: a module begins with a docstring that says what it is for."
    ]


def test_the_line_is_the_offending_one():
    source = '"""A header."""\n\nimport math\nfrom os import *\n'
    assert check("lesson7/core/layers.py", source)[0].startswith("lesson7/core/layers.py:4:")


def test_the_sources_are_found():
    assert "lesson7/core/errors.py" in SOURCES
    assert "tests/test_architecture.py" in SOURCES
