"""What a visitor gets: the whole picture, restored, of the right size, or words."""

import itertools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lesson7.core import runtime
from lesson7.core.errors import ConfigError, InputError, WeightsError
from lesson7.core.intake import MAX_PIXELS, MAX_SIDE
from lesson7.restoration import networks, predict
from lesson7.restoration.enlarging import enlarged_size
from tests.restoration.pictures import photograph, pixels
from tests.restoration.stand_ins import Brighter, Broken, Same

ROOT = Path(__file__).parents[2]
BILINEAR = Image.Resampling.BILINEAR
relaxed = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# ---------------------------------------------------------------------------- sizes, scale


@relaxed
@given(
    st.integers(16, 90),
    st.integers(16, 90),
    st.one_of(st.integers(1, 4), st.floats(1, 4, allow_nan=False)),
)
def test_the_identity_gives_exactly_the_enlarged_picture(use, width, height, scale):
    use(Same())
    image = photograph(width, height)
    result = predict.restore(image, scale=scale)
    assert result.size == (round(width * scale), round(height * scale))
    assert result.mode == "RGB"
    assert np.array_equal(pixels(result), pixels(image.resize(result.size, BILINEAR)))


@pytest.mark.parametrize("size", [(16, 16), (16, 320), (17, 31), (333, 64)])
@pytest.mark.parametrize("scale", [1, 1.7, 4])
def test_the_shipped_architecture_takes_any_size(random_networks, size, scale):
    image = photograph(*size)
    result = predict.restore(image, scale=scale)
    assert result.size == (round(size[0] * scale), round(size[1] * scale))
    assert not np.array_equal(pixels(result), pixels(image.resize(result.size, BILINEAR)))


@pytest.mark.parametrize("size", [(16, 128), (16, 320), (17, 320), (320, 16)])
def test_a_narrow_picture_is_the_same_whatever_was_in_memory(random_networks, monkeypatch, size):
    """Where bfloat16 is the faster: its convolution to one column reads what nobody wrote."""
    monkeypatch.setattr(runtime, "faster_dtype", lambda *_: torch.bfloat16)
    image = photograph(*size)
    first = pixels(predict.restore(image))
    for _ in range(20):
        rubbish = [torch.full((n,), float("nan")) for n in (300, 3_000, 20_000, 100_000, 500_000)]
        del rubbish
        assert np.array_equal(pixels(predict.restore(image)), first)


def test_bfloat16_is_for_pictures_that_are_more_than_one_column_below(use, monkeypatch):
    """On any processor, unlike the test above, which only those with AMX can fail."""
    used = []

    class Watching(Same):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            used.append(torch.is_autocast_enabled("cpu"))
            return super().forward(x)

    use(Watching())
    monkeypatch.setattr(runtime, "faster_dtype", lambda *_: torch.bfloat16)
    for width in (16, 17):
        predict.restore(photograph(width, 320))
    assert used == [False, True]


@pytest.mark.parametrize("size", [(15, 15), (16, 15), (15, 200), (1, 16), (20, 1)])
def test_what_is_too_small_is_refused_in_words(use, size):
    use(Same())
    with pytest.raises(InputError, match="16x16 are the least") as refusal:
        predict.restore(Image.new("RGB", size), scale=4)
    assert f"{size[0]}x{size[1]}" in str(refusal.value)


def test_what_would_be_too_large_is_refused_with_the_scale_that_fits(use):
    use(Same())
    for size, scale, most in [
        ((2048, 1536), 2.1, "at most 2,"), ((4096, 3072), 1.1, "at most 1,"),
        ((500, 4000), 3, "at most 2,"), ((1000, 1000), 4, "at most 3.5,"),
    ]:  # fmt: skip
        with pytest.raises(InputError, match=most):
            predict.restore(Image.new("RGB", size), scale=scale)


@relaxed
@given(st.integers(600, 4096), st.integers(600, 3072), st.floats(1, 4))
def test_the_scale_that_the_refusal_names_is_not_refused(width, height, scale):
    try:
        result = enlarged_size((width, height), scale)
    except InputError as refusal:
        most = float(str(refusal).split("at most ")[1].split(", or")[0])
        result = enlarged_size((width, height), most)
        assert most < scale
    assert result[0] * result[1] <= MAX_PIXELS
    assert max(result) <= MAX_SIDE


@pytest.mark.parametrize("scale", [0, 0.99, 4.01, -2, float("nan"), float("inf"), True, "2", None])
def test_a_scale_out_of_range_is_refused(use, scale):
    use(Same())
    with pytest.raises(InputError, match="scale must be a number from 1 to 4"):
        predict.restore(photograph(), scale=scale)


# ------------------------------------------------------------------------ strength, recipe


def test_strength_goes_from_the_enlarged_picture_to_the_restored_one(use):
    use(Brighter())
    image = Image.new("RGB", (20, 30), (100, 120, 230))
    for strength, values in [
        (0, (100, 120, 230)), (0.5, (126, 146, 255)), (1, (151, 171, 255)), (0.1, (105, 125, 235)),
    ]:  # fmt: skip
        result = predict.restore(image, strength=strength)
        assert np.abs(pixels(result) - values).max() <= 1
    nothing = predict.restore(photograph(), scale=2, strength=0)
    assert np.array_equal(pixels(nothing), pixels(photograph().resize((320, 240), BILINEAR)))


@pytest.mark.parametrize("strength", [-0.01, 1.01, float("nan"), True, "1", None])
def test_a_strength_out_of_range_is_refused(use, strength):
    use(Same())
    with pytest.raises(InputError, match="strength must be a number from 0 to 1"):
        predict.restore(photograph(), strength=strength)


def test_recipes_are_five_networks_and_no_others(random_networks):
    results = [pixels(predict.restore(photograph(), recipe)) for recipe in predict.RECIPES]
    for one, other in itertools.combinations(results, 2):
        assert not np.array_equal(one, other)
    for unknown in ("critic", "", "../pixel", "Pixel"):
        with pytest.raises(ConfigError, match="choose one of pixel, gan, feature, best, colour"):
            predict.restore(photograph(), unknown)
        with pytest.raises(ConfigError, match="choose one of"):  # even if it were not needed
            predict.restore(photograph(), unknown, strength=0)


def test_missing_weights_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LESSON7_WEIGHTS", str(tmp_path))
    monkeypatch.setattr("lesson7.core.weights.EMBEDDED", tmp_path)
    networks.load.cache_clear()
    with pytest.raises(WeightsError):
        predict.restore(photograph())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("strength", [0.5, 1])
def test_what_is_no_picture_is_an_error_and_never_the_input(use, value, strength):
    use(Broken(value))
    with pytest.raises(InputError, match="numbers that are no picture"):
        predict.restore(photograph(), strength=strength)
    with pytest.raises(InputError, match="numbers that are no picture"):
        predict.compare(photograph())


# ------------------------------------------------------------------------ time and memory

WATCH = textwrap.dedent(
    """
    import resource, sys
    import numpy as np
    from PIL import Image
    from lesson7.restoration import predict
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # GB
    predict.load("pixel")
    idle = peak()
    noise = np.random.default_rng(0).integers(0, 256, (384, 512, 4), dtype=np.uint8)
    image = Image.fromarray(noise).resize((4096, 3072))
    result = predict.restore(image, "pixel", scale=float(sys.argv[1]))
    assert result.size == (4096, 3072), result.size
    assert result.mode == "RGBA"
    print(peak() - idle)
    """
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twelve_megapixels_take_less_than_one_and_a_half_gigabytes(weights_folder):
    done = subprocess.run(
        [sys.executable, "-c", WATCH, "1"], capture_output=True, text=True, timeout=800,
        cwd=ROOT, env=os.environ | {"LESSON7_WEIGHTS": str(weights_folder)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.5
