"""The Hugging Face Hub as a source of weights: one pinned commit, one deadline, no trust.

``USER/NAME@COMMIT`` names a model repository that holds an ``index.json`` and the files
it describes, as `lesson7.core.publish` uploads them.

What the pin and the hashes promise. The commit is 40 hex digits, so whoever owns the
repository cannot change what is loaded after it was chosen, and neither can a moved branch.
The files are checked against the sha256 in *that commit's own* index, not against the
embedded one: better weights under a known name are what the Hub is for. Together they
guard against a file that was damaged, cut or mixed up on the way or in the cache (the
client itself compares lengths only), and against a server that answers with another
commit. They do not guard against a Hub, or a mirror set as ``HF_ENDPOINT``, that lies on
purpose about the index and the files at once: for that, trust rests on its HTTPS
certificate. Even then the worst is a network with bad weights; nothing that is
downloaded is ever executed or unpickled.

The client retries for 23 seconds when the Hub is overloaded and for minutes when it is
silent. Hence the thread and the deadline here. A download that misses the deadline
goes on in the background, so that the next start finds it in the cache.

``HF_ENDPOINT`` is read at each call (the client by itself would read it at import).
"""

from __future__ import annotations

import os
import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lesson7.core import weight_index
from lesson7.core.errors import ConfigError, WeightsDamaged, WeightsMissing
from lesson7.core.weight_index import INDEX, Entry

DEADLINE = 30.0
"""Seconds that one `fetch` may take, index and file together."""

REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{40}")

_given_up: dict[Reference, str] = {}  # until restart; the value says why


@dataclass(frozen=True)
class Reference:
    """One commit of one model repository.

    Attributes:
        repo: ``USER/NAME``.
        commit: 40 lower-case hex digits.
    """

    repo: str
    commit: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """``"USER/NAME@COMMIT"`` -> a reference.

        Raises:
            ConfigError: it is not of that form; a branch or a tag is not a commit.

        >>> Reference.parse("ada/lesson7@" + "0" * 40).repo
        'ada/lesson7'
        """
        repo, _, commit = text.partition("@")
        commit = commit.lower()
        if not REPO.fullmatch(repo):
            raise ConfigError(f"{text!r} is not a Hub repository; write USER/NAME@COMMIT.")
        if not _COMMIT.fullmatch(commit):
            raise ConfigError(
                f"{text!r} names no commit of the Hub repository, so its weights could change "
                f"unseen. Write {repo}@ and the 40 hex digits of the commit."
            )
        return cls(repo, commit)


def fetch(reference: Reference, name: str, *, seconds: float = DEADLINE) -> tuple[Entry, bytes]:
    """The entry of weights ``name`` at that commit, and their verified content.

    A pinned commit that is in the cache already is served without any request. A cached
    or downloaded file that fails its check is downloaded once more. After the Hub has
    missed a deadline or could not give the index, it is not asked again by this process,
    so that a second tab does not wait as the first one did.

    Args:
        seconds: how long the caller waits at most.

    Raises:
        WeightsMissing: the Hub does not have it, cannot be reached, or is too slow.
        WeightsDamaged: what it sent is not what its index promises.
    """
    if reference in _given_up:
        raise WeightsMissing(_given_up[reference])
    answers: queue.SimpleQueue[tuple[Entry, bytes] | Exception] = queue.SimpleQueue()
    endpoint = os.environ.get("HF_ENDPOINT") or None

    def work() -> None:
        try:
            answers.put(_pull(reference, name, endpoint))
        except Exception as error:  # carried over to the thread that waits, and raised there
            answers.put(error)

    threading.Thread(target=work, name="hub-weights", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        reason = f"The Hugging Face Hub did not answer within {seconds:g} seconds."
        _given_up[reference] = reason
        raise WeightsMissing(reason) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _pull(reference: Reference, name: str, endpoint: str | None) -> tuple[Entry, bytes]:
    download = partial(_download, reference, endpoint)
    try:
        return _pull_once(reference, name, download)
    except WeightsDamaged:
        return _pull_once(reference, name, partial(download, force=True))


def _pull_once(
    reference: Reference, name: str, download: Callable[[str], Path]
) -> tuple[Entry, bytes]:
    try:
        index = weight_index.read_file(download(INDEX))
    except WeightsMissing as error:
        _given_up[reference] = str(error)
        raise
    if name not in index:
        raise WeightsMissing(f"The Hub repository has no weights named {name}.")
    entry = index[name]
    return entry, weight_index.verified(download(entry.file), entry)


def _download(
    reference: Reference, endpoint: str | None, file: str, *, force: bool = False
) -> Path:
    """The cached file. The client's many errors become ours, with the cause attached."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        path = Path(
            hf_hub_download(
                reference.repo,
                file,
                revision=reference.commit,
                endpoint=endpoint,
                force_download=force,
            )
        )
    except LocalEntryNotFoundError as error:  # the client's word for "no answer, no copy"
        raise WeightsMissing("The Hugging Face Hub cannot be reached.") from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise WeightsMissing(
            "The Hub repository, or that commit of it, does not exist or is not open to us."
        ) from error
    except EntryNotFoundError as error:
        raise WeightsMissing(f"The Hub repository has no file {file}.") from error
    except Exception as error:  # httpx's and httpx2's errors have no common base to name
        raise WeightsMissing(f"The Hugging Face Hub did not deliver {file}.") from error
    if path.parent.name != reference.commit:  # .../snapshots/<the commit the server named>/
        raise WeightsDamaged("The Hugging Face Hub answered with another commit.")
    return path.resolve()  # in the cache, a snapshot's files are links to its blobs
