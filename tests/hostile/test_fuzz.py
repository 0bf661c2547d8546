"""Two thousand made-up calls of each endpoint, and three hundred questions of each tab.

The endpoint that takes nothing gets a hundred calls, with arguments that it does not have.

Whatever comes in, what goes out is a sound result or words; no defect, no name of a place or
a class, nothing fetched (the guard of ``tests/conftest.py`` fails the test that tries), and no
file read that was not uploaded: the fuzz knows where a private picture lies, and no result may
come of it.
"""

import functools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio.utils import get_upload_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lesson7.core import intake
from lesson7.ui import lesson_records
from tests import serving
from tests.core.picture_files import encode, photo
from tests.hostile.inputs import JUNK, NUMBERS, TEXTS, places
from tests.hostile.test_table import QUESTIONS, ROOM
from tests.hostile.whole_app import WholeApp, as_upload, judge
from tests.restoration.pictures import photograph

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",  # Gradio's open loops, see conftest.py
    "ignore::ResourceWarning",
    "ignore::UserWarning",
)
two_thousand = settings(
    max_examples=2_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture,
                           HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip

three_hundred = settings(two_thousand, max_examples=300)
one_hundred = settings(two_thousand, max_examples=100)

UPLOADS = Path(get_upload_folder())
PRIVATE = Path(__file__).parents[1] / "restoration/fixtures/cat.png"

SHORT = [text for text in TEXTS.values() if not isinstance(text, str) or len(text) < 1000]
TABLE = [*NUMBERS.values(), *SHORT, *(junk for junk in JUNK.values() if junk is not None)]


def json_values() -> st.SearchStrategy[Any]:
    """Whatever JSON can say, and Python's reader of it: NaN, infinity, half a letter."""
    leaves = st.one_of(
        st.sampled_from(TABLE),
        st.none() | st.booleans() | st.integers() | st.floats(),
        st.text(st.characters(), max_size=12),
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["path", "url", "meta", "id", "x"]), inner, max_size=3
            )
        ),
        max_leaves=5,
    )


ANYTHING = json_values()

WHOLE = [encode(photo(20, 18), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")]
WHOLE.append(encode(photograph(28, 28), "PNG"))
PLACES = list(places(PRIVATE, UPLOADS).values())


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A small picture in which some bytes are others."""
    body = bytearray(draw(st.sampled_from(WHOLE)))
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(rng.choice([0, 0, 1, 3, 9])):
        body[int(len(body) * rng.random() ** 3)] = rng.randrange(256)
    return bytes(body[: rng.choice([None, None, len(body) // 2])])


URLS = st.one_of(
    mutated().map(serving.data_url),
    st.text(max_size=20).map(lambda text: "data:" + text),
    st.binary(max_size=40).map(lambda body: serving.data_url(body)[:-1]),
    st.sampled_from([place for place in PLACES if isinstance(place, str)]),
    ANYTHING,
)
FILES = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"url": URLS, "path": ANYTHING, "meta": st.just(serving.META) | ANYTHING,
                      "is_stream": st.booleans(), "size": ANYTHING},
    ),
    st.sampled_from(PLACES),
    mutated().map(serving.image),
    mutated().map(lambda body: {"path": as_upload(UPLOADS / "fuzz", body), "meta": serving.META}),
    ANYTHING,
)  # fmt: skip


def numbers(*valid: Any) -> st.SearchStrategy[Any]:
    """Valid ones often enough that other parameters have their turn."""
    return st.sampled_from(valid) | st.sampled_from(valid) | st.floats() | ANYTHING


def choices(*valid: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(valid) | st.sampled_from(valid) | ANYTHING


TYPED = st.one_of(
    st.lists(st.sampled_from(["one", "eight thousand", ",", "12", "and", "hundred", "-", " ", "x"]),
             max_size=6).map("".join),
    st.text(max_size=30),
    ANYTHING,
)  # fmt: skip

ARGUMENTS: dict[str, list[st.SearchStrategy[Any]]] = {
    "classify": [FILES, choices("best", "cnn", "resnet")],
    "restore": [FILES, choices("pixel"), numbers(1, 2.5), numbers(0, 0.5, 1)],
    "continue_text": [TYPED, numbers(1, 2.0), choices("counter", "model4", "model0"),
                      numbers(0, 1, 5), numbers(0, 3), numbers(0, 2**63 - 1)],
    "draw": [numbers(1, 2.0), numbers(0, 7), numbers(0, 0.5, 1), choices("modern")],
    "ladder": [],
}  # fmt: skip


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The files that pictures are read from; no other way leads to one."""
    read, files = intake._from_path, []

    def watched(path: Any) -> bytes:
        files.append(Path(path).resolve())
        return read(path)

    monkeypatch.setattr(intake, "_from_path", watched)
    yield files
    outside = [file for file in files if not file.is_relative_to(UPLOADS.resolve())]
    assert outside == []


@pytest.mark.slow  # so many cases are the point
@pytest.mark.parametrize("endpoint", ARGUMENTS)
def test_whatever_is_sent_to_an_endpoint(
    app: WholeApp, opened: list[Path], monkeypatch: pytest.MonkeyPatch, endpoint: str
):
    monkeypatch.setattr(
        lesson_records, "read", functools.cache(lesson_records.read)
    )  # of many files
    arguments = st.tuples(*ARGUMENTS[endpoint]).map(list)

    @(two_thousand if ARGUMENTS[endpoint] else one_hundred)
    @given(sent=arguments | st.lists(ANYTHING, max_size=7) if endpoint != "ladder" else
           st.lists(ANYTHING, max_size=3))  # fmt: skip
    def fuzz(sent: list[Any]) -> None:
        judge(app, app.call(endpoint, *sent))

    fuzz()


ROOMS = st.fixed_dictionaries(
    {"seed": numbers(0, 7)},
    optional={"index": numbers(0, 63), "truncation": numbers(0, 1),
              "moves": st.dictionaries(st.sampled_from(["warmth", "x"]), numbers(0, 3)) | ANYTHING},
)  # fmt: skip
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "ask": choices("reading", "inside", "comparison", "scores", "stages", "rooms"),
    "image": URLS,
    "model": choices("best", "counter", "model5"),
    "text": TYPED,
    "n": numbers(1, 2.0),
    "temperature": numbers(0, 1),
    "top_k": numbers(0, 2),
    "seed": numbers(0, 1),
    "recipe": choices("pixel", "modern"),
    "room": st.just(ROOM) | ROOMS | ANYTHING,
    "stops": st.lists(ROOMS, max_size=1) | ANYTHING,  # a walk takes a second
    "path": st.sampled_from([place for place in PLACES if isinstance(place, str)]) | ANYTHING,
    "scale": numbers(1, 2),
    "strength": numbers(0, 1),
    "name": TYPED,
    "show": st.booleans() | ANYTHING,
    "centre": st.tuples(numbers(0, 0.5), numbers(1)).map(list) | ANYTHING,
    "strengths": st.dictionaries(st.sampled_from(["blur", "jpeg", "x"]), numbers(0, 1)) | ANYTHING,
}
TABS = sorted({tab for tab, _, _ in QUESTIONS.values()})


@pytest.mark.slow  # as above
@pytest.mark.parametrize("tab", TABS)
def test_whatever_the_page_is_made_to_ask(app: WholeApp, opened: list[Path], tab: str):
    """Each example is a valid question of the tab in which some values are others."""
    upload = as_upload(UPLOADS / "fuzz", encode(photograph(28, 24), "PNG"), "valid.png")
    valid = [
        (event, question | ({"path": upload} if "path" in question else {}))
        for one, event, question in QUESTIONS.values() if one == tab
    ]  # fmt: skip

    @three_hundred
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        event, question = data.draw(st.sampled_from(valid))
        keys = sorted(question)
        changed = data.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=2)) if keys else ()
        asked: Any = {"id": 1, **question, **{key: data.draw(KEYS[key]) for key in sorted(changed)}}
        if data.draw(st.integers(0, 9)) == 0:
            asked = data.draw(ANYTHING)
        judge(app, app.ask(tab, event, asked))

    fuzz()
    assert (Path(upload).resolve() in opened) == (tab == "restoration")
