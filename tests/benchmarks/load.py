"""A hundred visitors at once: is every answer the right one, and does it come in time?

Usage:

    python -m tests.benchmarks.load [--clients 100] [--seconds 120] [--requests 10000]

Starts the app in a process of its own, has it answer every question once while nobody else
asks, and then lets the clients ask them all at the same time, on this machine alone. Each
client asks one thing after the other over HTTP and looks at each answer for a moment. An
answer counts if it is, to the last bit, what the same question got before; a refusal, if it
says "busy" and the place in line. Then as many requests again as ``--requests`` says show
whether memory, open files and the folder of uploads stay where they were.

Exit status 0: all targets are met. They are ``TARGETS``; memory, which may grow by ``GROWTH``
from the 500th request on; open files and stored ones; and no error and no wrong answer at all.
"""

import asyncio
import re
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Annotated

import httpx
import typer

from lesson7.ui import housekeeping, lanes
from tests import serving
from tests.benchmarks.questions import Answer, Question, ask, pool

TARGETS = defaultdict(lambda: 2.0, restore=10.0)
"""The most seconds at the 95th percentile of the accepted; of /restore for 512 pixels."""

GROWTH = 50  # MB of memory
SETTLED = 500  # requests after which memory has found its place
SOAKING = lanes.SHORT.least  # clients in the second part: none of them is refused
MOMENT = 2.0  # seconds until somebody who was refused tries again
BUSY = re.compile(r"busy: you would be number \d+")


@dataclass
class Tally:
    """What became of the requests to one endpoint; ``seconds`` are of those accepted."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wrong: int = 0
    errors: list[str] = field(default_factory=list)

    def take(self, answer: Answer, expected: str, seconds: float) -> None:
        """Count one answer, as what it is."""
        if answer.ok:
            self.seconds.append(seconds)
            self.wrong += answer.content != expected
        elif BUSY.search(answer.content):
            self.refused += 1
        else:
            self.errors.append(answer.content[:200])

    def percentile(self, share: int) -> float:
        """Seconds within which ``share`` percent of the accepted were answered."""
        if len(self.seconds) < 2:
            return max(self.seconds, default=0.0)
        return quantiles(self.seconds, n=100, method="inclusive")[share - 1]


@dataclass(frozen=True)
class Held:
    """What a process holds: megabytes of memory, files, threads; and its temporary folder."""

    memory: float
    open_files: int
    threads: int
    stored_files: int
    stored: float  # megabytes

    def __str__(self) -> str:
        return (
            f"{self.memory:.0f} MB of memory, {self.open_files} open files, "
            f"{self.threads} threads, "
            f"{self.stored_files} files of {self.stored:.0f} MB in the temporary folder"
        )


def held(served: serving.Served, folder: Path) -> Held:
    """What the app holds now, as Linux says."""
    assert served.process.poll() is None, f"the app is dead:\n{served.log.read_text()[-2000:]}"
    process = Path(f"/proc/{served.process.pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    files = [path.stat().st_size for path in (folder / "gradio").rglob("*") if path.is_file()]
    return Held(
        int(status["VmRSS"].split()[0]) / 1024,
        len(list((process / "fd").iterdir())),
        int(status["Threads"]),
        len(files),
        sum(files) / 2**20,
    )


async def storm(
    web: httpx.AsyncClient,
    expected: dict[Question, str],
    clients: int,
    seconds: float,
    pause: float,
) -> dict[str, Tally]:
    """Let ``clients`` ask for ``seconds``; each begins elsewhere in the list of questions."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    by_endpoint: dict[str, list[Question]] = defaultdict(list)
    for question in expected:
        by_endpoint[question.endpoint].append(question)
    end = time.monotonic() + seconds

    async def client(number: int) -> None:
        await asyncio.sleep(pause * number / clients)
        turn = number
        while time.monotonic() < end:
            endpoint = list(by_endpoint)[turn % len(by_endpoint)]
            questions = by_endpoint[endpoint]
            question = questions[(7 * number + turn) % len(questions)]
            start = time.monotonic()
            answer = await ask(web, question)
            tallies[endpoint].take(answer, expected[question], time.monotonic() - start)
            await asyncio.sleep(pause if answer.ok else MOMENT)
            turn += 1

    await asyncio.gather(*map(client, range(clients)))
    return tallies


async def soak(web: httpx.AsyncClient, expected: dict[Question, str], requests: int) -> Tally:
    """Ask all questions but those for photographs, again and again, a few at a time."""
    tally = Tally()
    questions = cycle([one for one in expected if one.endpoint != "restore"])

    async def client(count: int) -> None:
        for question in (next(questions) for _ in range(count)):
            start = time.monotonic()
            answer = await ask(web, question)
            tally.take(answer, expected[question], time.monotonic() - start)

    await asyncio.gather(*(client(requests // SOAKING) for _ in range(SOAKING)))
    return tally


def report(tallies: dict[str, Tally]) -> bool:
    """Print a line for each endpoint; returns whether all is as it should be."""
    fine = True
    for endpoint, tally in sorted(tallies.items()):
        p95 = tally.percentile(95)
        late = p95 > TARGETS[endpoint]
        fine = fine and not (late or tally.wrong or tally.errors) and len(tally.seconds) > 0
        typer.echo(
            f"/{endpoint:14} {len(tally.seconds):5} answered: "
            f"median {tally.percentile(50):6.2f} s, "
            f"95 % within {p95:6.2f} s ({'over' if late else 'of'} {TARGETS[endpoint]:g} s); "
            f"{tally.refused} refused, {tally.wrong} wrong, {len(tally.errors)} errors"
        )
        for words in sorted(set(tally.errors))[:3]:
            typer.echo(f"    {words}")
    return fine


async def measure(
    served: serving.Served, folder: Path, clients: int, seconds: float, pause: float, requests: int
) -> bool:
    """Both parts; returns whether the targets are met."""
    limits = httpx.Limits(  # idle for less than the server's five seconds: it may close after
        max_connections=None, max_keepalive_connections=clients, keepalive_expiry=2
    )
    async with httpx.AsyncClient(
        base_url=served.url, timeout=120, limits=limits, trust_env=False
    ) as web:
        expected = {}
        for question in await pool(web):
            answer = await ask(web, question)
            assert answer.ok, (question, answer)
            expected[question] = answer.content
        typer.echo(f"{len(expected)} questions, {len(set(expected.values()))} different answers")
        typer.echo(f"before: {held(served, folder)}")
        fine = report(await storm(web, expected, clients, seconds, pause))
        typer.echo(f"after:  {held(served, folder)}")
        if requests:
            first = await soak(web, expected, min(SETTLED, requests))
            before = held(served, folder)
            typer.echo(f"after {min(SETTLED, requests)} more requests: {before}")
            rest = await soak(web, expected, max(0, requests - SETTLED))
            after = held(served, folder)
            typer.echo(f"after {requests} more requests: {after}")
            for part in [one for one in (first, rest) if one.seconds or one.errors]:
                fine = report({"all but restore": part}) and fine
            fine = fine and after.memory - before.memory <= GROWTH
            fine = fine and after.open_files <= before.open_files + 2 * SOAKING
            fine = fine and after.stored <= housekeeping.MOST / 2**20
    return fine


def main(
    clients: Annotated[int, typer.Option(help="How many ask at the same time.")] = 100,
    seconds: Annotated[float, typer.Option(help="How long they ask.")] = 120,
    pause: Annotated[float, typer.Option(help="Seconds for which an answer is looked at.")] = 1,
    requests: Annotated[int, typer.Option(help="Of the second part; 0: none.")] = 10_000,
) -> None:
    """Measure, print, and exit with 1 if a target is missed."""
    with tempfile.TemporaryDirectory() as name, serving.app(Path(name)) as served:
        fine = asyncio.run(measure(served, Path(name), clients, seconds, pause, requests))
    typer.echo("All targets are met." if fine else "A target is missed.")
    raise typer.Exit(0 if fine else 1)


if __name__ == "__main__":
    typer.run(main)
