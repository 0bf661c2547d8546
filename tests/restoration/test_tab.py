"""The tab without a browser: its endpoint over HTTP, for programs and assistants."""

import json
import time
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from lesson7.ui import components, restoration_page
from tests import serving
from tests.core.picture_files import encode
from tests.restoration.pictures import photograph

PATIENCE = 120.0  # seconds, for what comes when it comes
EXAMPLES = sorted((components.ASSETS / "restoration/examples").glob("*.jpg"))


@pytest.fixture(scope="module")
def served(tmp_path_factory, weights_folder):
    folder = tmp_path_factory.mktemp("app")
    command = ("-m", "lesson7.ui.restoration")
    with serving.app(folder, *command, LESSON7_WEIGHTS=str(weights_folder)) as app:
        yield app
        assert app.refused_hosts == []


@pytest.fixture(scope="module")
def client(served, tmp_path_factory):
    downloads = tmp_path_factory.mktemp("downloads")
    return Client(served.url, verbose=False, analytics_enabled=False, download_files=downloads,
                  httpx_kwargs={"timeout": PATIENCE})  # fmt: skip


def post(served, *data):
    """(event, data) of ``/restore`` called the way that curl would."""
    return serving.call(served.url, "restore", *data)


# ----------------------------------------------------------------------- the named endpoint


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_restored(client, path):
    result = client.predict(handle_file(path), api_name="/restore")
    with Image.open(path) as bad, Image.open(result) as good:
        assert (good.format, good.size) == ("PNG", bad.size)
        difference = np.asarray(good).astype(int) - np.asarray(bad.convert("RGB"))
    assert np.abs(difference).mean() > 0.5


@pytest.mark.parametrize("recipe", restoration_page.RECIPES)
def test_recipe_scale_and_strength_have_names(client, tmp_path, recipe):
    path = tmp_path / "p.png"
    photograph(50, 40).save(path)
    named = {"recipe": recipe, "scale": 2.5, "strength": 0}
    result = client.predict(image=handle_file(path), **named, api_name="/restore")
    with Image.open(result) as good:
        enlarged = photograph(50, 40).resize((125, 100), Image.Resampling.BILINEAR)
        assert np.array_equal(np.asarray(good), np.asarray(enlarged))
    whole = client.predict(handle_file(path), recipe, 2.5, 1, api_name="/restore")
    assert Path(whole).read_bytes() != Path(result).read_bytes()


def test_a_picture_may_come_as_a_data_url_over_rest(served):
    event, data = post(served, serving.image(encode(photograph(70, 30))), "pixel", 1, 1)
    assert event == "complete"
    assert data[0]["path"].endswith(".png")


BAD_PICTURES = {
    "text": b"Dear Sir or Madam,",
    "empty": b"",
    "truncated": EXAMPLES[0].read_bytes()[:3000],
    "tiny": encode(Image.new("RGB", (15, 100))),
    "long": encode(Image.new("L", (2100, 100))),
    "bomb": encode(Image.new("1", (13000, 13000))),
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=BAD_PICTURES.keys())
@pytest.mark.parametrize("by", ["upload", "data URL"])
def test_what_is_no_photograph_is_refused_in_words(served, client, tmp_path, content, by):
    if by == "upload":
        path = tmp_path / "photo.png"
        path.write_bytes(content)
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(path), api_name="/restore")
        words = str(caught.value)
    else:
        event, error = post(served, serving.image(content), "feature", 1, 1)
        assert event == "error"
        words = error["error"]
    assert len(words.split()) > 3
    assert "photo.png" not in words
    assert not any(sign in words for sign in ("Traceback", "Error", "/", "\\", "None"))


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (("feature", 0.5, 1), "scale must be a number from 1 to 4"),
        (("feature", 5, 1), "scale must be a number from 1 to 4"),
        (("feature", None, 1), "scale must be a number from 1 to 4"),
        (("feature", 1, 1.5), "strength must be a number from 0 to 1"),
        (("feature", 1, -1), "strength must be a number from 0 to 1"),
        (("feature", 1, None), "strength must be a number from 0 to 1"),
        (("feature", float("nan"), 1), "scale must be a number from 1 to 4"),
        (("paint", 1, 1), ""),
        ((None, 1, 1), ""),
        ((["feature"], 1, 1), ""),
        (("feature", "large", 1), ""),
    ],
)
def test_what_cannot_be_meant_is_refused(served, rest, words):
    event, error = post(served, serving.image(encode(photograph(40, 40))), *rest)
    assert event == "error"
    assert words in json.dumps(error)
    assert "Traceback" not in json.dumps(error)


def test_a_result_that_would_be_too_large_is_refused_with_a_remedy(served):
    content = encode(Image.new("RGB", (2000, 1000)))
    event, error = post(served, serving.image(content), "feature", 4, 1)
    assert event == "error"
    assert "a scale of at most 2.5" in error["error"]


def test_a_missing_picture_is_asked_for(client):
    with pytest.raises(AppError, match="Send a photograph"):
        client.predict(None, api_name="/restore")


@pytest.mark.parametrize("place", ["https://example.com/cat.jpg", "/etc/passwd", "app.py"])
def test_nothing_is_fetched_and_no_file_of_the_server_is_read(served, place):
    image = {"path": place, "url": place, "meta": serving.META}
    event, error = post(served, image, "feature", 1, 1)
    assert event == "error"
    assert "root" not in json.dumps(error)
    assert served.refused_hosts == []


def test_a_call_can_be_cancelled(client, tmp_path):
    path = tmp_path / "large.jpg"
    Image.linear_gradient("L").resize((3600, 2500)).convert("RGB").save(path)
    job = client.submit(handle_file(path), api_name="/restore")
    end = time.monotonic() + PATIENCE
    while not job.status().progress_data:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "tiles" in job.status().progress_data[0].desc
    job.cancel()  # the server answers when the job has ended
    with pytest.raises((CancelledError, KeyError)):  # no picture; which, depends on the moment
        job.result(timeout=PATIENCE)
    client.predict(handle_file(EXAMPLES[0]), api_name="/restore")  # the next one is served


def test_it_is_a_tool_that_says_what_it_does(served):
    (tool,) = serving.tools(served.url)
    assert tool["name"].endswith("restore")
    assert "JPEG-damaged" in tool["description"]
    assert {*tool["inputSchema"]["properties"]} == {"image", "recipe", "scale", "strength"}
