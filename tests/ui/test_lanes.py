"""A lane: one job at a time, in turns; who waits knows the place, who finds none is told."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from lesson7.ui import lanes
from lesson7.ui.lanes import Busy, Lane, Last, Wait


def turns(name: str, count: int, log: list[str], gate: threading.Event | None = None) -> Iterator:
    for turn in range(count):
        if gate is not None:
            assert gate.wait(10)
        log.append(name)
        yield f"{name}{turn}"


async def items(lane: Lane, job: Iterator, **options) -> list:
    return [item async for item in lane.run(job, **options) if not isinstance(item, Wait)]


def open_lane(**options) -> Lane:
    return Lane(**({"patience": 60, "most": 8} | options))


def test_a_small_job_waits_for_one_turn_of_a_large_one_and_not_for_all_of_it():
    log: list[str] = []

    async def all_of_them() -> None:
        lane, gate = open_lane(), threading.Event()
        large = asyncio.create_task(items(lane, turns("L", 20, log, gate)))
        await asyncio.sleep(0.01)  # it is in its first turn
        small = asyncio.create_task(items(lane, turns("s", 1, log)))
        await asyncio.sleep(0.01)
        gate.set()
        assert await small == ["s0"]
        assert await large == [f"L{i}" for i in range(20)]

    asyncio.run(all_of_them())
    assert log[:2] == ["L", "s"]
    assert len(log) == 21


def test_after_its_last_item_a_job_stands_in_no_line_any_more():
    """Or whoever has the answer would hear of a place in line after it."""
    heard: list = []

    async def both() -> None:
        lane, gate = open_lane(), threading.Event()
        asked = lane.run(iter([Last("answer")]), kind="quick")
        heard.append(await anext(asked))
        large = asyncio.create_task(items(lane, turns("L", 1, [], gate)))
        await asyncio.sleep(0.01)  # it holds the lane
        heard.extend([item async for item in asked])
        assert len(lane) == 1
        gate.set()
        await large

    asyncio.run(both())
    assert heard == ["answer"]


def test_never_do_two_jobs_of_a_lane_compute_at_once():
    busy, most = 0, 0

    def job() -> Iterator[None]:
        nonlocal busy, most
        for _ in range(5):
            busy += 1
            most = max(most, busy)
            time.sleep(0.001)
            busy -= 1
            yield None

    async def all_of_them() -> None:
        lane = open_lane()
        await asyncio.gather(*(items(lane, job()) for _ in range(6)))
        assert len(lane) == 0

    asyncio.run(all_of_them())
    assert most == 1


def test_two_lanes_do_not_wait_for_each_other():
    log: list[str] = []

    async def both() -> None:
        gate = threading.Event()
        held = asyncio.create_task(items(open_lane(), turns("held", 1, log, gate)))
        await asyncio.sleep(0.01)
        assert await items(open_lane(), turns("free", 1, log)) == ["free0"]
        gate.set()
        await held

    asyncio.run(both())
    assert log == ["free", "held"]


def test_who_waits_hears_the_place_in_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lanes, "FIRST_NEWS", 0.01)
    monkeypatch.setattr(lanes, "NEWS", 0.01)
    heard: list[str] = []

    async def third(lane: Lane, gate: threading.Event) -> None:
        async for item in lane.run(turns("c", 1, [])):
            heard.append(str(item))
            gate.set()

    async def all_of_them() -> None:
        lane, gate = open_lane(), threading.Event()
        first = asyncio.create_task(items(lane, turns("a", 1, [], gate)))
        await asyncio.sleep(0)
        second = asyncio.create_task(items(lane, turns("b", 1, [])))
        await asyncio.sleep(0)
        await third(lane, gate)
        await asyncio.gather(first, second)

    asyncio.run(all_of_them())
    assert heard[0] == "You are number 2 in the queue."
    assert heard[-1] == "c0"


def test_who_finds_no_place_is_told_so_with_the_place_and_nothing_runs():
    async def all_of_them() -> None:
        lane, gate = open_lane(most=2), threading.Event()
        inside = [asyncio.create_task(items(lane, turns("a", 1, [], gate))) for _ in range(2)]
        await asyncio.sleep(0.01)
        log: list[str] = []
        with pytest.raises(Busy, match="busy: you would be number 3 in the queue"):
            await items(lane, turns("late", 1, log))
        gate.set()
        await asyncio.gather(*inside)
        assert await items(lane, turns("later", 1, log)) == ["later0"]
        assert log == ["later"]

    asyncio.run(all_of_them())


async def after(lane: Lane, clock: list[float], seconds: list[float], kind: str = "") -> None:
    """Have the lane do jobs that take so many seconds of ``clock``."""

    def slow(one: float) -> Iterator[int]:
        clock[0] += one
        yield 1

    for one in seconds:
        await items(lane, slow(one), kind=kind)


@pytest.mark.parametrize(
    ("before", "places"),
    [
        ([], 8),
        ([0.1], 8),
        ([1.0], 6),
        ([3.0], 3),
        ([90.0, 1.0, 1.0], 6),  # the first one had torch imported
        ([90.0] * 8 + [1.0] * 15, 6),
    ],
    ids=str,
)
def test_a_slow_lane_has_fewer_places_but_never_less_than_the_least(
    before: list[float], places: int
):
    async def all_of_them() -> None:
        now, gate = [0.0], threading.Event()
        lane = open_lane(patience=6.5, least=3, clock=lambda: now[0])
        await after(lane, now, before)
        asked = [asyncio.create_task(items(lane, turns("a", 1, [], gate))) for _ in range(9)]
        await asyncio.sleep(0.01)
        assert len(lane) == places
        gate.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(answer, Busy) for answer in answers) == 9 - places

    asyncio.run(all_of_them())


def test_where_there_is_no_room_for_a_slow_kind_there_may_be_for_a_quick_one():
    async def all_of_them() -> None:
        now, gate = [0.0], threading.Event()
        lane = open_lane(patience=2.0, least=1, clock=lambda: now[0])
        await after(lane, now, [0.9] * 3, kind="rooms")
        await after(lane, now, [0.1] * 3, kind="digit")
        rooms = [lane.run(turns("r", 1, [], gate), kind="rooms") for _ in range(2)]
        inside = [asyncio.create_task(anext(one)) for one in rooms]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy, match="number 3"):  # 0.9 + 0.9 + 0.9
            lane.check_room("rooms")
        lane.check_room("rooms", fondness=2)  # who waits for 4 s is taken in
        lane.check_room("digit")  # 0.9 + 0.9 + 0.1
        gate.set()
        await asyncio.gather(*inside)
        for one in rooms:
            await one.aclose()
        lane.check_room("rooms")

    asyncio.run(all_of_them())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no nice values elsewhere")
def test_a_nice_lane_yields_to_others_and_only_it():
    def nice() -> Iterator[int]:
        yield os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def all_of_them() -> list[int]:
        return [(await items(open_lane(nice=extra), nice()))[0] for extra in (0, 7)]

    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert asyncio.run(all_of_them()) == [here, min(19, 7)]


def test_a_job_that_is_given_up_ends_with_its_turn_and_lets_the_next_one_in():
    log: list[str] = []
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                log.append("turn")
                yield 1
        finally:
            closed.set()

    async def all_of_them() -> None:
        lane = open_lane()
        job = lane.run(endless())
        await anext(job)
        await anext(job)
        await job.aclose()
        assert closed.is_set()
        assert len(log) == 2
        assert len(lane) == 0
        assert await items(lane, turns("next", 1, [])) == ["next0"]

    asyncio.run(all_of_them())


@pytest.mark.parametrize("when", ["before its turn", "in its turn"])
def test_a_cancelled_job_does_not_hold_the_lane(when: str):
    async def all_of_them() -> None:
        lane, gate = open_lane(), threading.Event()
        first = asyncio.create_task(items(lane, turns("a", 3, [], gate)))
        second = asyncio.create_task(items(lane, turns("b", 1, [])))
        await asyncio.sleep(0.01)
        victim = second if when == "before its turn" else first
        victim.cancel()
        await asyncio.sleep(0.01)
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await victim
        await asyncio.gather(first, second, return_exceptions=True)
        assert await items(lane, turns("c", 1, [])) == ["c0"]
        assert len(lane) == 0

    asyncio.run(all_of_them())


def test_a_job_that_nobody_wants_any_more_ends_while_it_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lanes, "FIRST_NEWS", 0.01)
    log: list[str] = []

    async def all_of_them() -> None:
        lane, gate = open_lane(), threading.Event()
        first = asyncio.create_task(items(lane, turns("a", 1, [], gate)))
        await asyncio.sleep(0.01)
        assert await items(lane, turns("b", 1, log), unwanted=lambda: True) == []
        gate.set()
        await first

    asyncio.run(all_of_them())
    assert log == []


def test_an_error_comes_out_and_the_lane_goes_on():
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    async def all_of_them() -> None:
        lane = open_lane()
        with pytest.raises(ValueError, match="broken"):
            await items(lane, broken())
        assert await items(lane, turns("c", 1, [])) == ["c0"]

    asyncio.run(all_of_them())
