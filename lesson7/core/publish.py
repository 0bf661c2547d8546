"""Publish the weights on the Hugging Face Hub, with a model card, in one commit.

Usage::

    python -m lesson7.core.weights publish --repo USER/NAME [--private] [--dry-run]
    python -m lesson7.core.weights check

`publish` uploads ``index.json``, the files that it describes, a generated ``README.md`` (the
model card [1]) and, as ``TRAINING.md``, the folder's own account of how they were made, with
the runs' options and metrics that it speaks of. It prints the pinned reference to set
``LESSON7_WEIGHTS`` to.
Every file is checked against the index before anything leaves the machine. The account
is the one of ``hf auth login`` or of ``HF_TOKEN``.

References:
    [1] Mitchell et al., Model cards for model reporting, 2018.
        https://arxiv.org/abs/1810.03993
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from lesson7.core import commands, weight_index
from lesson7.core.errors import ConfigError, WeightsError
from lesson7.core.hub import REPO, Reference
from lesson7.core.weight_file import SCALE
from lesson7.core.weight_index import EMBEDDED, INDEX, Entry

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Check and publish the weights.")


@dataclass(frozen=True)
class Task:
    """What a card says about one of the four models.

    Attributes:
        tag: the Hub's name of the task, one of its pipeline tags.
        limits: what its weights cannot do, in one or two sentences.
    """

    tag: str
    limits: str


TASKS = {
    "mnist": Task(
        "image-classification",
        "They know ten digits, one per picture, white on black, centred and scaled as in MNIST. "
        "Anything else gets the name of a digit, but from mnist-best, which turns most of it away.",
    ),
    "restoration": Task(
        "image-to-image",
        "They undo the damage they were trained on (small size, JPEG, writing, lost colours). "
        "Details and colours that the damage destroyed are invented: do not use them as evidence, "
        "to identify people, or in medicine.",
    ),
    "bedrooms": Task(
        "unconditional-image-generation",
        "They draw small pictures of bedrooms in the manner of their training photographs, and "
        "nothing else. No such room exists. The lesson's WGAN, as far as it was trained, draws "
        "patches of light and dark.",
    ),
    "human": Task(
        "text-generation",
        "They know the English words of the numbers 1 to 9999 and the comma. They have seen no "
        "other text.",
    ),
}
"""By the first word of the weights' names."""

_STORY = (
    " [`TRAINING.md`](TRAINING.md) tells what each was measured on, which of it the networks or"
    "\ntheir seeds were chosen by, and what other seeds gave."
)

_ELSEWHERE = re.compile(r"!\[[^]]*\]\(\.\./[^)]*\)\n*")

# Licences that the Hub knows by these names and that weights like ours come under.
_HUB_LICENCES = {"apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0",
                 "cc-by-nc-4.0", "cc-by-nc-sa-4.0"}  # fmt: skip


def publish(repo: str, folder: Path = EMBEDDED, *, private: bool = False) -> Reference:
    """Upload a weights folder to the model repository ``repo``, which is made if absent.

    Returns:
        The repository at the commit that was made, or at its last one if nothing changed.

    Raises:
        ConfigError: ``repo`` is not of the form USER/NAME.
        WeightsError: the folder is not in order, or the Hub did not take it.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    contents = collect(repo, folder)
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        commit = api.create_commit(
            repo,
            [CommitOperationAdd(file, content) for file, content in contents.items()],
            commit_message="Publish weights with their index and card",
        )
    except Exception as error:  # httpx's and httpx2's errors have no common base to name
        raise WeightsError(
            f"The Hub did not take the files: {error}\n"
            "Check the connection, the repository's name and the login (hf auth login)."
        ) from error
    return Reference.parse(f"{repo}@{commit.oid}")


def collect(repo: str, folder: Path) -> dict[str, bytes]:
    """What `publish` uploads, by file name: card, account, index and the verified weights.

    Raises:
        ConfigError: ``repo`` is not of the form USER/NAME, or there are no weights.
        WeightsError: the index or a file is missing or damaged.
    """
    if not REPO.fullmatch(repo):
        raise ConfigError(f"{repo!r} is not a Hub repository; write USER/NAME.")
    entries = weight_index.read(folder)
    if not entries:
        raise ConfigError(f"{INDEX} describes no weights, so there is nothing to publish.")
    weights = {
        entry.file: weight_index.verified(folder / entry.file, entry) for entry in entries.values()
    }
    told = _told(folder)
    card = model_card(repo, entries, told=bool(told))
    index = (folder / INDEX).read_bytes()
    return {"README.md": card.encode(), **told, INDEX: index, **weights}


def _told(folder: Path) -> dict[str, bytes]:
    """The account, less the pictures that are elsewhere in this repository, and the records."""
    story = folder / "README.md"
    if not story.is_file():
        return {}
    text = _ELSEWHERE.sub("", story.read_text("utf-8"))
    records = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for name in ("options.json", "metrics.jsonl")
        for file in sorted(folder.glob(f"runs/*/{name}"))
    }
    return {"TRAINING.md": text.encode(), **records}


def model_card(repo: str, entries: Mapping[str, Entry], *, told: bool = False) -> str:
    """The repository's ``README.md``: front matter for the Hub, then text for people.

    Args:
        repo: ``USER/NAME``.
        entries: of the index, by name.
        told: there is a ``TRAINING.md`` beside it.
    """
    from huggingface_hub import EvalResult, ModelCardData

    licences = {"-".join(entry.licence.lower().split()) for entry in entries.values()}
    licence = licences.pop() if len(licences) == 1 else "other"
    known = licence in _HUB_LICENCES
    title = repo.split("/")[1]
    tasks = {name: _task(name) for name in entries}
    tags = sorted({task.tag for task in tasks.values() if task})
    front_matter = ModelCardData(
        model_name=title,
        license=licence if known else "other",
        license_name=None if known else "named-for-each-file",  # the Hub wants both with "other"
        license_link=None if known else f"https://huggingface.co/{repo}#weights",
        library_name="pytorch",
        pipeline_tag=tags[0] if len(tags) == 1 else None,
        tags=tags,
        eval_results=[
            EvalResult(
                task_type=task.tag,
                dataset_type=_slug(entry.data),
                dataset_name=entry.data,
                metric_type=metric,
                metric_name=f"{metric} ({name})",
                metric_value=value,
            )
            for name, entry in entries.items()
            if (task := tasks[name])
            for metric, value in entry.metrics.items()
        ]
        or None,
    )
    limits = dict.fromkeys(
        f"* **{name.split('-')[0]}**: {task.limits}" for name, task in tasks.items() if task
    )
    return "\n".join(
        [
            "---",
            front_matter.to_yaml(),
            "---",
            "",
            f"# {title}",
            "",
            "Weights of small networks in plain PyTorch, after fast.ai's Lesson 7. Each file is",
            "safetensors, with the network's configuration in its metadata; where a tensor is",
            f"int8, each of its rows is to be multiplied by its number in the tensor `*{SCALE}`.",
            "`index.json` holds every file's sha256. The app uses them at a pinned commit, if it",
            "is started with",
            "",
            f"    LESSON7_WEIGHTS={repo}@COMMIT python app.py",
            "",
            "where COMMIT is the 40 hex digits of a commit of this repository.",
            "",
            "## Weights",
            "",
            "| weights | bytes | metrics | data | licence |",
            "|---|---|---|---|---|",
            *(_row(name, entry) for name, entry in entries.items()),
            "",
            "The data are what was trained on." + (_STORY if told else ""),
            "",
            "## Limits",
            "",
            *limits,
            "",
            "## How each was made",
            "",
            "What a command names after `--start` or `--critic` is a run that was trained before.",
            "",
            *(_origin(name, entry) for name, entry in entries.items()),
        ]
    )


def _task(name: str) -> Task | None:
    return next((task for word, task in TASKS.items() if name.startswith(word)), None)


def _slug(text: str) -> str:
    name = text.lower().split("(")[0]
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "-".join(words[:6]) or "unnamed"


def _row(name: str, entry: Entry) -> str:
    metrics = ", ".join(
        f"{metric} {value:,}" if isinstance(value, int) else f"{metric} {value:.4g}"
        for metric, value in entry.metrics.items()
    )
    cells = (f"`{name}`", f"{entry.size:,}", metrics, entry.data, entry.licence)
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def _origin(name: str, entry: Entry) -> str:
    return (
        f"`{name}`, in {entry.minutes:.3g} minutes on {entry.hardware}:\n\n"
        f"    {' '.join(entry.command.split())}\n"
    )


@app.command("publish")
def publish_command(
    repo: Annotated[str, typer.Option(help="The model repository, USER/NAME.")],
    folder: Annotated[
        Path, typer.Option(help="What to upload.", show_default="weights")
    ] = EMBEDDED,
    private: Annotated[
        bool, typer.Option("--private", help="If it is made, make it private.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent.")] = False,
) -> None:
    """Upload weights, index and model card in one commit, and print its reference."""
    with commands.in_sentences():
        if dry_run:
            contents = collect(repo, folder)
            typer.echo(contents["README.md"].decode())
            for file, content in contents.items():
                typer.echo(f"{len(content):>12,}  {file}")
        else:
            typer.echo(f"LESSON7_WEIGHTS={publish(repo, folder, private=private)}")


@app.command("check")
def check_command(
    folder: Annotated[Path, typer.Option(help="What to check.", show_default="weights")] = EMBEDDED,
) -> None:
    """Compare every weights file with the size and the sha256 in the index."""
    with commands.in_sentences():
        for name, entry in weight_index.read(folder).items():
            weight_index.verified(folder / entry.file, entry)
            typer.echo(f"{entry.size:>12,}  {entry.sha256[:12]}  {name}")
