"""torchvision opens beside any torch, and nothing is declared that exists already.

Importing is a thing that happens once in a process, so each case runs in one of its own.
"""

import os
import subprocess
import sys
import textwrap

import pytest


def run_python(source: str) -> subprocess.CompletedProcess[str]:
    """Run the source in a new interpreter in which every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )


def test_what_the_project_uses_can_be_imported_and_works():
    done = run_python(
        """
        import torch
        from lesson7.core.vision import datasets, make_grid, models, save_image, torchvision, v2

        assert make_grid(torch.zeros(4, 3, 8, 8), nrow=2, padding=0).shape == (3, 16, 16)
        assert models.resnet18(weights=None).eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)
        assert v2.Resize((4, 6))(torch.zeros(3, 8, 8)).shape == (3, 4, 6)
        assert datasets.FakeData(size=2)[0][0].size == (224, 224)
        """
    )
    assert done.returncode == 0, done.stderr


def test_where_the_operators_exist_nothing_is_declared():
    """Two stand-ins for torchvision's own operators keep the schema they were given."""
    done = run_python(
        """
        import torch

        own = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            if not hasattr(torch.ops.torchvision, name):
                own.define(name + "(Tensor dets, Tensor scores, float my_threshold) -> Tensor")
        before = str(torch.ops.torchvision.nms.default._schema)

        declared = []
        define = torch.library.Library.define
        torch.library.Library.define = lambda self, *a, **k: (
            declared.append(a[0]) if self.ns == "torchvision" else None,
            define(self, *a, **k),
        )[1]
        from lesson7.core import vision

        assert declared == [], declared
        assert str(torch.ops.torchvision.nms.default._schema) == before
        """
    )
    assert done.returncode == 0, done.stderr


def test_only_the_missing_operator_is_declared():
    done = run_python(
        """
        import torch

        own = torch.library.Library("torchvision", "FRAGMENT")
        if not hasattr(torch.ops.torchvision, "nms"):
            own.define("nms(Tensor dets, Tensor scores, float my_threshold) -> Tensor")
        before = str(torch.ops.torchvision.nms.default._schema)
        from lesson7.core import vision

        assert str(torch.ops.torchvision.nms.default._schema) == before
        assert hasattr(torch.ops.torchvision, "qnms")
        """
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("message", ["something else is broken", "operator other::nms is gone"])
def test_any_other_failure_of_torchvision_is_not_hidden(message: str):
    """A broken installation must say so, not fail later with declared operators."""
    done = run_python(
        f"""
        import sys

        class Broken:
            def find_spec(self, name, path=None, target=None):
                if name == "torchvision":
                    raise RuntimeError({message!r})

        import torch
        sys.meta_path.insert(0, Broken())
        import lesson7.core.vision
        """
    )
    assert done.returncode != 0
    assert message in done.stderr
