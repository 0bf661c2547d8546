"""What the Human numbers tab's script makes of answers that come late, twice or never.

No server runs: see ``staged``.
"""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import expect

from lesson7.ui import human_numbers
from tests.browser.staged import QUEUED, Stage


@pytest.fixture
def numbers(stage: Callable[..., Stage]) -> Stage:
    return stage(human_numbers.build, "human-numbers")


def replies(question: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server says to it, all but its number."""
    event = SimpleNamespace(_data=question)
    every = [json.loads(reply) for reply in human_numbers.answer(event) if reply]
    return [{key: value for key, value in one.items() if key != "id"} for one in every]


def count(numbers: Stage, text: str = "one, two,") -> dict[str, Any]:
    """Type a text and have it counted on from; the question."""
    numbers.page.locator("#hn-text").fill(text)
    numbers.page.locator("#hn-text").press("Enter")
    return numbers.wait_for(len(numbers.asked("ask")) or 1, "ask")


def finish(numbers: Stage, question: dict[str, Any]) -> None:
    for reply in replies(question):
        numbers.answer(question["id"], **reply)
    expect(numbers.page.locator(".hn-stop")).to_be_disabled()


def test_an_answer_that_is_said_twice_is_taken_once(numbers: Stage):
    """While its words still stream in, as Gradio says the last value again at the end."""
    question = count(numbers)
    every = replies(question)
    reply = {**every[0], "words": [word for one in every for word in one["words"]], "done": True}
    first, rest = reply["words"][:5], reply["words"][5:]
    last = {**reply, "from": 5, "words": rest}
    numbers.page.evaluate(
        "(all) => all.forEach((one) => answer(JSON.stringify(one)))",
        [{"id": question["id"], **one}
         for one in ({**reply, "words": first, "done": False}, last, last, {"wait": QUEUED})],
    )  # fmt: skip
    expect(numbers.page.locator(".hn-text .hn-word:not(.is-given)")).to_have_count(
        len(reply["words"])
    )
    expect(numbers.page.locator(".hn-stop")).to_be_disabled()
    expect(numbers.page.locator("#hn-error, .hn-error")).to_have_text("")
    expect(numbers.page.locator(".hn-more")).not_to_contain_text("queue")
    assert len(numbers.asked("ask")) == 1


def test_what_failed_may_have_been_the_question_before(numbers: Stage):
    """A failure has no number; the newer question has two seconds to be heard of."""
    count(numbers, "one, two,")
    numbers.page.locator("#hn-text").fill("five, six,")
    numbers.page.locator("#hn-text").press("Enter")
    question = numbers.wait_for(2, "ask")
    stage = "document.querySelector('#stage')"
    numbers.page.evaluate(f"{stage}.dispatchEvent(new Event('counting-failed'))")
    finish(numbers, question)
    expect(numbers.page.locator(".hn-error")).to_have_text("")
    count(numbers, "seven,")
    numbers.page.evaluate(f"{stage}.dispatchEvent(new Event('counting-failed'))")
    expect(numbers.page.locator(".hn-error")).to_contain_text("No answer came back")


def test_who_stepped_back_to_the_typed_words_may_take_another(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    added = page.locator(".hn-text .hn-word:not(.is-given)")
    while added.count():
        page.locator(".hn-back").click()
    page.locator(".hn-bar").nth(1).click()
    taken = numbers.wait_for(2, "ask")["text"]
    assert taken.startswith("one, two, ")
    expect(page.locator(".hn-word.is-yours")).to_have_text(taken.removeprefix("one, two, "))


def test_the_keys_stay_on_step_while_it_works_and_press_nothing(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    step = page.locator(".hn-step")
    step.focus()
    step.press("Enter")
    question = numbers.wait_for(2, "ask")
    expect(step).to_be_disabled()
    expect(step).to_be_focused()
    page.keyboard.press("Enter")
    finish(numbers, question)
    expect(step).to_be_enabled()
    expect(step).to_be_focused()
    assert len(numbers.asked("ask")) == 2


def test_the_ladder_forgets_the_queue_once_it_is_there(numbers: Stage):
    numbers.page.locator(".hn-ladder summary").click()
    question = numbers.wait_for(1, "compare")
    numbers.answer(question["id"], wait=QUEUED)
    expect(numbers.page.locator(".hn-ladder-empty")).to_have_text(QUEUED)
    ladder = [{"model": "model0", "given": ["one", ","], "words": [], "broken": None}]
    numbers.answer(question["id"], ladder=ladder, vocabulary=[])
    numbers.answer(question["id"], wait="You are next.")
    expect(numbers.page.locator(".hn-ladder-empty")).to_contain_text("After “one,”")


def test_a_ladder_without_an_answer_may_be_asked_for_again(numbers: Stage):
    page = numbers.page
    page.clock.install()
    page.locator(".hn-ladder summary").click()
    question = numbers.wait_for(1, "compare")
    page.clock.run_for(20_000)
    numbers.answer(question["id"], wait=QUEUED)
    page.clock.run_for(20_000)
    expect(page.locator(".hn-ladder-empty")).to_have_text(QUEUED)
    page.clock.run_for(11_000)
    expect(page.locator(".hn-ladder-empty")).to_contain_text("No answer came back")
    page.locator(".hn-ladder summary").click()
    page.locator(".hn-ladder summary").click()
    assert numbers.wait_for(2, "compare")["text"] == question["text"]


def test_the_text_can_be_reached_by_key_after_its_last_word_was_taken_back(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    page.locator(".hn-text .hn-word").last.focus()
    page.locator(".hn-back").click()
    expect(page.locator(".hn-text .hn-word[tabindex='0']")).to_have_count(1)


def test_the_keys_stay_on_the_bars_when_a_word_is_chosen(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    page.locator(".hn-text .hn-word:not(.is-given)").nth(3).focus()
    page.locator(".hn-bar").nth(1).focus()
    page.keyboard.press("Enter")
    finish(numbers, numbers.wait_for(2, "ask"))
    expect(page.locator(".hn-bar").nth(1)).to_be_focused()
