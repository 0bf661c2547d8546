"""Publishing: the card says what the index says, and nothing leaves that is not in order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard
from torch import nn
from typer.testing import CliRunner

from lesson7.core import publish, weights
from lesson7.core.errors import ConfigError, WeightsDamaged
from lesson7.core.weights import Record
from tests.core.hub_server import running

ROOT = Path(weights.__file__).parents[2]
DIGITS = Record(
    {"accuracy": 0.99612, "ece": 0.004}, "MNIST", "MIT", "python -m d", "2 cores", 12.25
)
NUMBERS = Record(
    {"accuracy": 0.98}, "Human numbers (1 to 9999)", "mit", "python -m n", "a GPU | two", 3
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    for name, record in (("mnist-best", DIGITS), ("human-numbers", NUMBERS), ("other", DIGITS)):
        weights.save(name, nn.Linear(2, 2), {}, record=record, folder=folder)
    return folder


def run(*arguments: str):
    return CliRunner().invoke(publish.app, arguments)


def test_the_card_is_one_that_the_hub_understands(folder: Path):
    card = ModelCard(publish.model_card("ada/lesson7", weights.entries(folder)))
    assert card.data.license == "mit"
    assert card.data.tags == ["image-classification", "text-generation"]
    results = {
        (result.task_type, result.dataset_name, result.metric_type): result.metric_value
        for result in card.data.eval_results
    }
    assert results == {
        ("image-classification", "MNIST", "accuracy"): 0.99612,
        ("image-classification", "MNIST", "ece"): 0.004,
        ("text-generation", "Human numbers (1 to 9999)", "accuracy"): 0.98,
    }


def test_the_card_says_what_each_file_is_and_cannot_do(folder: Path):
    card = publish.model_card("ada/lesson7", weights.entries(folder))
    assert "LESSON7_WEIGHTS=ada/lesson7@COMMIT python app.py" in card
    size = weights.entry("mnist-best", folder).size
    assert f"| `mnist-best` | {size:,} | accuracy 0.9961, ece 0.004 | MNIST | MIT |" in card
    assert "`mnist-best`, in 12.2 minutes on 2 cores:\n\n    python -m d\n" in card
    assert publish.TASKS["mnist"].limits in card
    assert publish.TASKS["human"].limits in card
    assert publish.TASKS["bedrooms"].limits not in card


def test_licences_that_differ_are_not_summed_up_in_one(folder: Path):
    weights.save(
        "bedrooms", nn.Linear(2, 2), {}, folder=folder,
        record=Record({}, "LSUN", "research | only\nplease", "python -m b", "a GPU", 60),
    )  # fmt: skip
    card = publish.model_card("ada/lesson7", weights.entries(folder))
    front_matter = yaml.safe_load(card.split("---")[1])
    assert front_matter["license"] == "other"
    assert front_matter["license_name"] == "named-for-each-file"
    assert front_matter["license_link"] == "https://huggingface.co/ada/lesson7#weights"
    assert "\n## Weights\n" in card
    assert "| LSUN | research \\| only please |" in card


def test_the_card_of_what_is_shipped_leaves_nothing_out():
    """Every metric, data set, licence and command in the index; a task and limits for each."""
    entries = weights.entries()
    text = publish.model_card("ada/lesson7", entries)
    results = {
        (result.metric_name, result.dataset_name): result.metric_value
        for result in ModelCard(text).data.eval_results
    }
    assert results == {
        (f"{metric} ({name})", entry.data): value
        for name, entry in entries.items()
        for metric, value in entry.metrics.items()
    }
    words = " ".join(text.split())
    for name, entry in entries.items():
        task = next(task for word, task in publish.TASKS.items() if name.startswith(word))
        assert f"| `{name}` | {entry.size:,} |" in text
        for said in (task.limits, entry.data, entry.licence, entry.command, entry.hardware):
            assert " ".join(said.split()) in words


def test_the_account_of_the_training_goes_along(folder: Path):
    assert "TRAINING.md" not in "".join(publish.collect("ada/lesson7", folder))
    assert "TRAINING.md" not in publish.collect("ada/lesson7", folder)["README.md"].decode()
    (folder / "README.md").write_text("Seeds 0 to 2\n\n![crops](../.github/c.jpg)\n\ngave less.")
    record = folder / "runs" / "net-a"
    record.mkdir(parents=True)
    for name in ("options.json", "metrics.jsonl", "checkpoint.pt"):
        (record / name).write_text("{}")
    files = publish.collect("ada/lesson7", folder)
    assert files["TRAINING.md"] == b"Seeds 0 to 2\n\ngave less."
    records = {name for name in files if name.startswith("runs/")}
    assert records == {"runs/net-a/options.json", "runs/net-a/metrics.jsonl"}
    assert "(TRAINING.md)" in files["README.md"].decode()


def test_weights_of_one_kind_are_found_by_their_task(folder: Path):
    entries = {"mnist-best": weights.entry("mnist-best", folder)}
    assert ModelCard(publish.model_card("ada/digits", entries)).data.pipeline_tag == (
        "image-classification"
    )


def test_a_dry_run_shows_the_card_and_needs_no_network(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    result = run("publish", "--repo", "ada/lesson7", "--folder", str(folder), "--dry-run")
    assert result.exit_code == 0, result.output
    assert "# lesson7" in result.stdout
    listed = [line.split()[1] for line in result.stdout.splitlines()[-5:]]
    assert listed == [
        "README.md", "index.json", "human-numbers.safetensors", "mnist-best.safetensors",
        "other.safetensors",
    ]  # fmt: skip


def test_nothing_is_sent_if_one_file_is_damaged(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "other.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with running() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(WeightsDamaged, match=r"other\.safetensors"):
            publish.publish("ada/lesson7", folder)
        assert server.requests == []
    result = run("publish", "--repo", "ada/lesson7", "--folder", str(folder))
    assert result.exit_code == 1
    assert "other.safetensors" in result.stderr


def test_check_lists_what_is_in_order_and_names_what_is_not(folder: Path):
    result = run("check", "--folder", str(folder))
    assert result.exit_code == 0
    assert [line.split()[-1] for line in result.stdout.splitlines()] == [
        "human-numbers", "mnist-best", "other",
    ]  # fmt: skip
    (folder / "mnist-best.safetensors").unlink()
    result = run("check", "--folder", str(folder))
    assert result.exit_code == 1
    assert result.stderr.strip() == "mnist-best.safetensors is not there."


@pytest.mark.parametrize("repo", ["lesson7", "ada/lesson7@main", "a/b/c", "https://x/y", ""])
def test_a_repository_is_user_and_name(folder: Path, repo: str):
    with pytest.raises(ConfigError, match="write USER/NAME"):
        publish.publish(repo, folder)


def test_an_empty_index_is_not_published(tmp_path: Path):
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(ConfigError, match="nothing to publish"):
        publish.publish("ada/lesson7", tmp_path)


def in_another_process(command: list[str], url: str, home: Path, **more: str):
    """Run it as a user would: a fresh client, an empty cache, this Hub."""
    environment = {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",  # the server speaks the older protocol for large files
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": "hf_made_up",
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | environment | more, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_hub_that_refuses_is_said_in_words(folder: Path, tmp_path: Path):
    command = ["-m", "lesson7.core.weights", "publish", "--repo", "ada/lesson7"]
    with running() as server:
        server.refuse_uploads = True
        done = in_another_process([*command, "--folder", str(folder)], server.url, tmp_path)
    assert done.returncode == 1
    assert "The Hub did not take the files" in done.stderr
    assert "hf auth login" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
