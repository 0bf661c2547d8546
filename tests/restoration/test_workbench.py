"""Around a restoration: damage, judgement, and what the losses see."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from lesson7.core import metrics
from lesson7.core.errors import ConfigError, ImageError, InputError
from lesson7.core.images import normalize, to_unit
from lesson7.restoration import critic, predict, sights, workbench
from tests.restoration.pictures import photograph, pixels

# ------------------------------------------------------------------------------- judgement


def test_judgement_by_hand():
    target = Image.new("RGB", (40, 30), (100, 100, 100))
    wrong = Image.new("RGB", (40, 30), (110, 100, 100))
    judgement = predict.judge(wrong, target)
    assert judgement.psnr == pytest.approx(20 * np.log10(255 / (10 / 3**0.5)), abs=1e-3)
    assert judgement.ssim < 1
    assert predict.judge(target, target) == predict.Judgement(float("inf"), 1.0)


@pytest.mark.parametrize("height", [11, 12, 60, 63, 140])
def test_judging_strip_by_strip_is_judging_the_whole(monkeypatch, height):
    monkeypatch.setattr(workbench, "ROWS", 50)
    one, other = photograph(70, height), photograph(70, height, seed=3)
    judgement = predict.judge(one, other)
    x, y = to_unit(one)[None], to_unit(other)[None]
    assert judgement.ssim == pytest.approx(metrics.ssim(x, y).item(), abs=1e-6)
    assert judgement.psnr == pytest.approx(metrics.psnr(x, y).item())


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="same size"):
        predict.judge(photograph(40, 30), photograph(30, 40))
    with pytest.raises(InputError, match="11 pixels"):
        predict.judge(photograph(40, 10), photograph(40, 10))
    with pytest.raises(ImageError):
        predict.judge(photograph(), b"")


# ---------------------------------------------------------------------------------- damage


def test_damage_keeps_the_size_and_follows_the_seed():
    image = photograph(170, 130)
    for strengths in (None, {"downscale": 0.8, "noise": 0.5}, {}):
        one, again, other = (predict.damage(image, strengths, seed) for seed in (1, 1, 2))
        assert one.size == image.size
        assert np.array_equal(pixels(one), pixels(again))
        assert (strengths == {}) == np.array_equal(pixels(one), pixels(other))
        assert (strengths == {}) == np.array_equal(pixels(one), pixels(image))


def test_damage_that_does_not_exist_is_refused():
    with pytest.raises(ConfigError, match="there are: "):
        predict.damage(photograph(), {"fire": 1})
    with pytest.raises(ConfigError):
        predict.damage(photograph(), {next(iter(predict.DEGRADATIONS)): 2})
    with pytest.raises(InputError, match="seed"):
        predict.damage(photograph(), seed=-1)


# ---------------------------------------------------------------------------------- inside


def spotted():
    """A picture, and the same with a yellow spot in its lower right quarter."""
    target = photograph(160, 128)
    image = target.copy()
    ImageDraw.Draw(image).ellipse((110, 80, 130, 100), fill=(255, 255, 0))
    return image, target


def test_three_losses_look_at_the_picture_before_and_after(random_networks):
    image, target = spotted()
    seen = predict.inside(image, target, "pixel")
    assert [sight.name for sight in seen] == ["pixel", "feature", "critic"]
    for sight in seen:
        keys = ["degraded", "restored", "target"] if sight.name == "critic" else (
            ["degraded", "restored"])  # fmt: skip
        assert list(sight.maps) == list(sight.means) == keys
        assert all(picture.size == target.size for picture in sight.maps.values())
        assert all(picture.mode == "RGB" for picture in sight.maps.values())
        assert sight.sentence.endswith(".")
    restored = predict.restore(image, "pixel")
    error = np.sqrt(((pixels(restored) - pixels(target)) ** 2).mean(-1)).mean()
    assert seen[0].means["restored"] == pytest.approx(error, abs=0.5)


def test_errors_are_bright_where_the_spot_is(random_networks):
    pixel, feature, _ = predict.inside(*spotted())
    for sight in (pixel, feature):
        light = pixels(sight.maps["degraded"]).sum(-1)
        assert light[82:98, 112:128].mean() > 3 * light[:40, :50].mean()
    assert pixels(pixel.maps["degraded"])[:70].max() <= 4  # black: no error there


def test_a_small_picture_is_enlarged_first(random_networks):
    target = photograph(160, 128)
    small = target.resize((60, 48))
    one = predict.inside(small, target)
    other = predict.inside(small.resize((160, 128), Image.Resampling.BILINEAR), target)
    assert [sight.means for sight in one] == [sight.means for sight in other]


@pytest.mark.parametrize(("image", "target"), [
    ((100, 100), (63, 200)), ((100, 100), (401, 400)), ((161, 100), (160, 128)),
])  # fmt: skip
def test_sizes_that_cannot_be_looked_into_are_refused(random_networks, image, target):
    with pytest.raises(InputError):
        predict.inside(Image.new("RGB", image), Image.new("RGB", target))
    with pytest.raises(ConfigError):
        predict.inside(photograph(), photograph(), "critic")


def test_pixel_errors_by_hand():
    target = torch.zeros(1, 3, 2, 2)
    image = target.clone()
    image[0, :, 0, 1] = torch.tensor([3.0, 4.0, 0.0]) / 255
    errors = sights.pixel_errors(image, target)
    assert errors.shape == (1, 2, 2)
    torch.testing.assert_close(errors[0, 0, 1], torch.tensor((25 / 3) ** 0.5))
    assert errors.count_nonzero() == 1


def test_feature_errors_by_hand():
    """One stage of full size, one of half, that hold the normalised picture itself."""

    def stages(x):
        return [x, x[..., ::2, ::2]]

    target = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    image = target + 0.1
    scale = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    error = (0.1 / scale).mean()
    normal = normalize(target)
    expected = error / normal.abs().mean() / 2 + error / normal[..., ::2, ::2].abs().mean() / 2
    errors = sights.feature_errors(stages, torch.cat([image, target]), target)
    torch.testing.assert_close(errors[0], expected.expand(4, 6))
    assert not errors[1].any()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (128, 100), (79, 256)])
def test_each_patch_is_painted_in_the_middle_of_what_it_is_judged_by(height, width):
    rows, columns = height // 16 - 3, width // 16 - 3
    logits = torch.arange(float(rows * columns)).view(1, 1, rows, columns) / 50
    painted = sights.doubts(lambda x: logits, torch.zeros(1, 3, height, width))[0]
    assert painted.shape == (height, width)
    for row in range(rows):
        for column in range(columns):
            x = critic.STRIDE * column - critic.MARGIN + critic.FIELD // 2
            y = critic.STRIDE * row - critic.MARGIN + critic.FIELD // 2
            patch = painted[y - 8 : y + 8, x - 8 : x + 8]
            torch.testing.assert_close(
                patch, torch.sigmoid(-logits[0, 0, row, column]).expand(16, 16)
            )
    assert painted[0, 0] == painted[24, 24]  # the rim has its neighbour's


def test_heat_rises_in_lightness_and_stops_at_the_most():
    ramp = sights.heat(torch.linspace(0, 2, 201)[None], most=1.0).convert("L")
    light = pixels(ramp)[0]
    assert light[0] <= 2
    assert (np.diff(light[:101]) >= 0).all()
    assert (light[100:] == light[100]).all()
    assert light[100] > 240
    assert pixels(sights.heat(torch.zeros(2, 2), most=0.0)).max() <= 4
