"""From training to somebody else's machine, by the documented commands, each a process of its own.

A copy of the code stands for the machine of the one who trains and publishes; the checkout,
with an empty cache, for that of the one who pulls.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from lesson7.core import weights
from lesson7.human_numbers import predict
from tests.core.hub_server import HubServer, running

ROOT = Path(weights.__file__).parents[2]
NAME = "human-numbers-model5"

SAY = """
import json
from lesson7.core import weights
from lesson7.human_numbers.predict import continue_text
said = continue_text("eight thousand one,", 12, "model5")
print(json.dumps([said.text, said.probabilities, weights.notices()]))
"""


def python(*command: str, cwd: Path, **environment: str) -> str:
    """What a new Python prints, started as a user would."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code without any weights."""
    left_out = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(ROOT / "lesson7", tmp_path / "copy/lesson7", ignore=left_out)
    return tmp_path / "copy"


def surroundings(server: HubServer, home: Path) -> dict[str, str]:
    """This Hub, an empty cache, and the older protocol for large files, which it speaks."""
    return {
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": "hf_made_up",
    }


def test_what_was_trained_here_says_the_same_there(copy: Path, tmp_path: Path):
    train = ["-m", "lesson7.human_numbers.train", "--recipe", "model5", "--epochs", "1", "--ship"]
    python(*train, cwd=copy)
    trained = json.loads(python("-c", SAY, cwd=copy))
    with running() as server:
        here = surroundings(server, tmp_path / "here")
        publish = ["-m", "lesson7.core.weights", "publish", "--repo", "ada/lesson7", "--private"]
        variable, _, reference = python(*publish, cwd=copy, **here).strip().partition("=")
        assert variable == "LESSON7_WEIGHTS"
        commit = reference.split("@")[1]
        files = server.commits["ada/lesson7", commit]
        wish = server.created[-1]  # the field has an old name and a new one
        assert wish.get("private") or wish["visibility"] == "private"

        server.put("ada/lesson7", {**files, "index.json": b"{}"})  # later; changes nothing
        server.requests.clear()
        there = {"LESSON7_WEIGHTS": reference, **surroundings(server, tmp_path / "there")}
        pulled = json.loads(python("-c", SAY, cwd=ROOT, **there))
        asked = {line.split("/resolve/")[1] for line in server.requests}

    assert pulled == trained
    assert trained[2] == []  # neither fell back to other weights
    shipped = predict.continue_text("eight thousand one,", 12, "model5")
    assert shipped.text != trained[0]  # which the checkout has, under this name
    assert asked == {f"{commit}/index.json", f"{commit}/{NAME}.safetensors"}

    assert set(files) == {"README.md", "index.json", f"{NAME}.safetensors"}
    card = ModelCard(files["README.md"].decode())
    assert card.data.pipeline_tag == "text-generation"
    assert card.data.license == "cc0-1.0"
    assert {"accuracy", "valid_loss"} <= {one.metric_type for one in card.data.eval_results}
    assert "lesson7.human_numbers.train --recipe model5" in card.text
