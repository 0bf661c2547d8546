"""What a visitor gets: the whole picture, restored, of the right size, or words."""

import io
import itertools
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from lesson7.core import runtime, weights
from lesson7.core.errors import ConfigError, ImageError, InputError, WeightsError
from lesson7.core.images import open_image
from lesson7.core.intake import MAX_PIXELS, MAX_SIDE
from lesson7.restoration import networks, predict, tiling
from lesson7.restoration.enlarging import enlarged_size
from tests.core.test_colours import ADOBE
from tests.restoration.stand_ins import Brighter, Broken, Pink, Same, compact

ROOT = Path(__file__).parents[2]
BILINEAR = Image.Resampling.BILINEAR
relaxed = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def photograph(width=160, height=120, seed=0):
    """Soft blobs of colour: as smooth as photographs are."""
    rng = np.random.default_rng(seed)
    size = (max(2, height // 8), max(2, width // 8), 3)
    coarse = Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def with_alpha(image, alpha):
    image = image.copy()
    image.putalpha(Image.fromarray(alpha))
    return image


def pixels(image):
    return np.asarray(image).astype(int)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


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


def test_recipes_are_three_networks_and_no_others(random_networks):
    results = [pixels(predict.restore(photograph(), recipe)) for recipe in predict.RECIPES]
    for one, other in itertools.combinations(results, 2):
        assert not np.array_equal(one, other)
    for unknown in ("critic", "", "../pixel", "Pixel"):
        with pytest.raises(ConfigError, match="choose one of pixel, gan, feature"):
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


# ------------------------------------------------------------------------------- the tiles


def largest_difference(network, picture, most):
    """Between tiles and the whole, in levels of 255, away from the picture's borders."""

    def function(tile):
        with torch.inference_mode():
            return network(tile)

    results = []
    for pixels_of_a_tile in (most, picture.width * picture.height):
        work = tiling.sweep(function, picture, pixels_of_a_tile)
        while True:
            try:
                next(work)
            except StopIteration as end:
                results.append(pixels(end.value))
                break
    return np.abs(results[0] - results[1]).max()


SHIPPED = [recipe for recipe in predict.RECIPES if f"restoration-{recipe}" in weights.entries()]


@pytest.mark.parametrize("recipe", [None, *SHIPPED])
def test_tiles_leave_no_seam(recipe):
    """In float32; with random weights, which change pictures a lot, and with the shipped ones."""
    network = networks.load(recipe) if recipe else compact()
    picture = photograph(900, 700).filter(ImageFilter.UnsharpMask(2, 200))
    assert largest_difference(network, picture, (3 * tiling.SHARED) ** 2) <= 1


def test_a_crop_that_is_compared_is_the_crop_of_the_whole(random_networks):
    image = photograph(500, 400)
    crops = predict.compare(image, scale=1.5, strength=0.8, centre=(0.3, 0.9), side=200)
    assert list(crops) == ["input", *predict.RECIPES]
    left, top = 125, 400  # 0.3 * 750 - 100; at the lower border
    box = (left, top, left + 200, top + 200)
    enlarged = image.resize((750, 600), BILINEAR)
    assert np.array_equal(pixels(crops["input"]), pixels(enlarged.crop(box)))
    for recipe in predict.RECIPES:
        whole = predict.restore(image, recipe, 1.5, 0.8)
        # in bfloat16, where that is faster, rounding depends on the size of what is computed
        assert np.abs(pixels(crops[recipe]) - pixels(whole.crop(box))).max() <= 3


def test_a_crop_of_a_small_picture_is_the_picture(random_networks):
    crops = predict.compare(photograph(40, 30), scale=2)
    assert {crop.size for crop in crops.values()} == {(80, 60)}


def test_only_some_recipes_can_be_compared(random_networks):
    crops = predict.compare(photograph(), recipes=["gan"])
    assert list(crops) == ["input", "gan"]
    with pytest.raises(ConfigError):
        predict.compare(photograph(), recipes=["paint"])


@pytest.mark.parametrize("bad", [
    {"side": 15}, {"side": 513}, {"centre": (0.5, 1.1)}, {"centre": (float("nan"), 0)},
    {"strength": 2}, {"scale": 5},
])  # fmt: skip
def test_a_crop_out_of_range_is_refused(random_networks, bad):
    with pytest.raises(InputError):
        predict.compare(photograph(), **bad)


# -------------------------------------------------------------------- progress and stopping


def test_progress_rises_from_zero_to_one_and_counts_tiles(use, monkeypatch):
    use(Same())
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))
    seen = []
    predict.restore(photograph(900, 700), progress=lambda *report: seen.append(report))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == pytest.approx([n / 6 for n in range(7)])
    assert seen[2][1] == "Restoring: 2 of 6 tiles"
    assert seen[-1] == (1.0, "Restored")
    monkeypatch.undo()
    seen.clear()
    predict.restore(photograph(), strength=0, progress=lambda *report: seen.append(report))
    assert [fraction for fraction, _ in seen] == [1.0]


class Stop(Exception):
    """Raised by a visitor who does not want to wait."""


def test_what_progress_raises_stops_the_work(use, monkeypatch):
    network = Same()
    runs = []
    network.register_forward_hook(lambda *_: runs.append(1))
    use(network)
    predict.restore(photograph())  # measures the precisions
    runs.clear()
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))

    def stop(fraction, words):
        if fraction > 0.3:
            raise Stop

    with pytest.raises(Stop):
        predict.restore(photograph(900, 700), progress=stop)
    assert len(runs) == 2


def test_a_stream_refuses_at_once_and_runs_only_when_asked(use, monkeypatch):
    network = Same()
    runs = []
    network.register_forward_hook(lambda *_: runs.append(1))
    use(network)
    predict.restore(photograph())
    runs.clear()
    with pytest.raises(InputError):
        predict.stream(photograph(), scale=9)
    with pytest.raises(ImageError):
        predict.stream(b"no picture")
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))
    steps = predict.stream(photograph(900, 700))
    assert next(steps).fraction == 0
    assert runs == []
    assert next(steps).restored is None
    steps.close()
    assert len(runs) == 1


def test_no_tile_takes_two_cores_a_second(random_networks, monkeypatch):
    """So that a stop is heeded within one. Counted on one thread, in seconds of a core."""
    monkeypatch.setattr(runtime, "use_threads", lambda: torch.set_num_threads(1))
    before = torch.get_num_threads()
    try:
        steps = predict.stream(photograph(1400, 1100))
        next(steps)
        times = [time.process_time()]
        for _ in range(3):
            next(steps)
            times.append(time.process_time())
    finally:
        torch.set_num_threads(before)
    assert min(np.diff(times)) < 2


# -------------------------------------------------------------------- what pictures come in


def test_transparency_is_kept_and_enlarged(use):
    use(Brighter())
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10:30] = 255
    alpha[20, 20] = 77
    image = with_alpha(Image.new("RGB", (40, 40), (40, 80, 120)), alpha)
    result = predict.restore(image)
    assert result.mode == "RGBA"
    assert np.array_equal(np.asarray(result)[..., 3], alpha)
    assert np.abs(pixels(result)[12, 12, :3] - (91, 131, 171)).max() <= 1
    twice = predict.restore(image, scale=2)
    expected = Image.fromarray(alpha).resize((80, 80), BILINEAR)
    assert np.abs(pixels(twice)[..., 3] - pixels(expected)).max() <= 1


def test_opaque_pictures_have_no_alpha(use):
    use(Same())
    opaque = photograph().convert("RGBA")
    assert predict.restore(opaque).mode == "RGB"
    assert np.array_equal(pixels(predict.restore(opaque)), pixels(photograph()))


@pytest.mark.parametrize("scale", [1, 2.5])
def test_colours_that_nobody_sees_change_nothing(random_networks, scale):
    """Two pictures that look the same are restored to pictures that look the same."""
    alpha = np.zeros((48, 64), np.uint8)
    alpha[8:40, 16:50] = 255
    alpha[8:40, 10:16] = 128
    seen = photograph(64, 48)
    hidden = Image.composite(seen, photograph(64, 48, seed=5), Image.fromarray(alpha).point(
        lambda value: 255 if value else 0))  # fmt: skip
    one, other = (predict.restore(with_alpha(i, alpha), scale=scale) for i in (seen, hidden))
    assert np.array_equal(pixels(one), pixels(other))


def test_invisible_parts_take_their_neighbours_colours(use):
    """So that the network sees no edge where there is none: red stays red all over."""
    use(Same())
    colours = np.zeros((32, 50, 3), np.uint8)  # black where nobody sees it
    colours[4:12, 5:9] = (200, 10, 20)
    alpha = (colours.any(-1) * 255).astype(np.uint8)
    result = predict.restore(with_alpha(Image.fromarray(colours), alpha))
    assert np.abs(pixels(result)[..., :3] - (200, 10, 20)).max() <= 4  # rounding at each halving


def test_a_wholly_transparent_picture_stays_so(random_networks):
    result = predict.restore(Image.new("RGBA", (30, 20)), scale=2)
    assert result.size == (60, 40)
    assert not np.asarray(result)[..., 3].any()


def test_a_picture_without_colour_gets_none(use):
    use(Pink())
    for grey in (photograph().convert("L"), photograph().convert("LA"), photograph().convert("1")):
        result = np.asarray(predict.restore(grey))
        assert result.shape == (120, 160, 3)
        assert (result == result[..., :1]).all()
        assert np.abs(result[..., 0].astype(int) - pixels(grey.convert("L"))).max() <= 20
    coloured = pixels(predict.restore(photograph()))
    assert np.abs(coloured - pixels(photograph())).max() == 30


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(use, orientation):
    use(Same())
    image = photograph(60, 40)
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = encoded(image, exif=exif.tobytes())
    result = predict.restore(body, scale=2)
    assert result.size == ((80, 120) if orientation >= 5 else (120, 80))
    turned = {1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
              4: [Image.Transpose.FLIP_TOP_BOTTOM], 5: [Image.Transpose.TRANSPOSE],
              6: [Image.Transpose.ROTATE_270], 7: [Image.Transpose.TRANSVERSE],
              8: [Image.Transpose.ROTATE_90]}[orientation]  # fmt: skip
    expected = image
    for turn in turned:
        expected = expected.transpose(turn)
    assert np.array_equal(pixels(result), pixels(expected.resize(result.size, BILINEAR)))


def test_metadata_is_dropped(use):
    use(Same())
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    body = encoded(photograph(), "JPEG", exif=exif.tobytes(), comment=b"a secret")
    result = predict.restore(body)
    assert result.info == {}
    assert not result.getexif()
    assert b"secret" not in encoded(result)


def test_a_colour_profile_is_converted_and_not_kept(use):
    """Adobe RGB: as sRGB the same numbers would be other colours."""
    use(Same())
    body = encoded(photograph(), icc_profile=ADOBE)
    result = predict.restore(body)
    assert "icc_profile" not in result.info
    assert np.array_equal(pixels(result), pixels(open_image(body)))
    assert np.abs(pixels(result) - pixels(photograph())).max() > 20


def deep(image):
    """Sixteen bits, grey."""
    return Image.fromarray(pixels(image.convert("L")).astype(np.uint16) * 257)


@pytest.mark.parametrize(("body", "tolerance"), [
    (encoded(photograph().quantize(256)), 0),
    (encoded(photograph().convert("CMYK"), "TIFF"), 0),
    (encoded(deep(photograph())), 0),
    (encoded(photograph().convert("1")), 0),
    (encoded(photograph(), "GIF"), 0),
    (encoded(photograph(), "WEBP", lossless=True), 0),
])  # fmt: skip
def test_every_kind_of_picture_is_taken_as_it_looks(use, body, tolerance):
    use(Same())
    result = predict.restore(body, scale=2)
    expected = open_image(body).resize((320, 240), BILINEAR)
    assert np.abs(pixels(result) - pixels(expected)).max() <= tolerance


@pytest.mark.parametrize("bad", [None, b"", b"no picture", encoded(photograph())[:2000],
                                 "https://example.org/a.png", 7])  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(use, bad):
    use(Same())
    with pytest.raises(ImageError) as refusal:
        predict.restore(bad)
    assert str(refusal.value).endswith(".")


def test_the_picture_that_is_given_stays_as_it_was(use):
    use(Brighter())
    for image in (photograph(), with_alpha(photograph(), np.full((120, 160), 9, np.uint8))):
        before = pixels(image)
        predict.restore(image)
        predict.restore(image, strength=0)
        predict.compare(image)
        assert np.array_equal(pixels(image), before)


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
