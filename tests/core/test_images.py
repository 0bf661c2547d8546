"""Four ranges, each there and back again; and sheets of pictures."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from lesson7.core import images
from lesson7.core.errors import ConfigError, InputError

EVERY_LEVEL = Image.fromarray(
    np.stack([np.arange(256).reshape(16, 16)] * 3, axis=-1).astype(np.uint8)
)
THERE_AND_BACK = [
    (images.to_uint8, images.from_uint8),
    (images.to_unit, images.from_unit),
    (images.to_signed, images.from_signed),
    (images.to_normalized, images.from_normalized),
]
ToTensor = Callable[[Image.Image], torch.Tensor]
ToImage = Callable[[torch.Tensor], Image.Image]


@pytest.mark.parametrize(("there", "back"), THERE_AND_BACK)
def test_every_level_comes_back_exactly(there: ToTensor, back: ToImage):
    again = back(there(EVERY_LEVEL))
    assert again.mode == "RGB"
    assert again.tobytes() == EVERY_LEVEL.tobytes()


@pytest.mark.parametrize(("there", "back"), THERE_AND_BACK[:3])
@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_shape_and_mode_follow_each_other(there: ToTensor, back: ToImage, mode, channels):
    image = EVERY_LEVEL.resize((7, 5)).convert(mode)
    tensor = there(image)
    assert tensor.shape == (channels, 5, 7)
    assert tensor.is_contiguous()
    assert (back(tensor).mode, back(tensor).size) == (mode, (7, 5))


def test_black_and_white_in_every_range():
    both = Image.new("RGB", (2, 1))
    both.putpixel((1, 0), (255, 255, 255))
    assert images.to_uint8(both)[0, 0].tolist() == [0, 255]
    assert images.to_unit(both)[0, 0].tolist() == [0, 1]
    assert images.to_signed(both)[0, 0].tolist() == [-1, 1]
    normalized = images.to_normalized(both)[:, 0]
    expected = [
        [(level - mean) / std for level in (0, 1)]
        for mean, std in zip(images.IMAGENET_MEAN, images.IMAGENET_STD, strict=True)
    ]
    torch.testing.assert_close(normalized, torch.tensor(expected))
    assert normalized.min() > -2.12
    assert normalized.max() < 2.65


def test_the_channels_are_red_green_blue_and_the_rows_go_down():
    image = Image.new("RGB", (3, 2), (10, 20, 30))
    image.putpixel((2, 0), (1, 2, 3))
    tensor = images.to_uint8(image)
    assert tensor[:, 1, 1].tolist() == [10, 20, 30]
    assert tensor[:, 0, 2].tolist() == [1, 2, 3]


@pytest.mark.parametrize("back", [images.from_unit, images.from_signed, images.from_normalized])
def test_what_overshoots_is_clamped(back: ToImage):
    assert back(torch.full((3, 1, 1), 9.0)).getpixel((0, 0)) == (255, 255, 255)
    assert back(torch.full((3, 1, 1), -9.0)).getpixel((0, 0)) == (0, 0, 0)
    assert back(torch.full((3, 1, 1), torch.inf)).getpixel((0, 0)) == (255, 255, 255)


def test_values_between_two_levels_are_rounded():
    levels = torch.tensor([[[0.4, 0.6, 254.4, 254.6]]]) / 255
    assert list(images.from_unit(levels).tobytes()) == [0, 1, 254, 255]


def test_half_precision_is_taken():
    half = images.to_signed(EVERY_LEVEL).bfloat16()
    again = np.asarray(images.from_signed(half), int)
    assert np.abs(again - np.asarray(EVERY_LEVEL, int)).max() <= 1


@pytest.mark.parametrize("back", [images.from_unit, images.from_signed, images.from_normalized])
def test_nan_is_no_picture(back: ToImage):
    tensor = torch.zeros(3, 2, 2)
    tensor[1, 0, 1] = torch.nan
    with pytest.raises(InputError, match="no picture this time"):
        back(tensor)


@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(2, 4, 4).byte(), torch.zeros(1, 3, 4, 4).byte(), torch.zeros(3, 4, 4)],
)
def test_what_is_no_uint8_picture_is_refused(tensor: torch.Tensor):
    with pytest.raises(InputError, match="no picture"):
        images.from_uint8(tensor)


def test_whole_numbers_are_not_taken_for_the_unit_range():
    with pytest.raises(InputError):
        images.from_unit(torch.ones(3, 4, 4).byte())


def test_other_modes_have_no_tensor():
    for mode in ("P", "CMYK", "I;16"):
        with pytest.raises(InputError, match=mode):
            images.to_uint8(Image.new(mode, (4, 4)))


def test_normalising_is_undone_for_batches_too():
    unit = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(images.denormalize(images.normalize(unit)), unit)
    torch.testing.assert_close(images.normalize(unit)[1], images.normalize(unit[1]))
    with pytest.raises(InputError, match="red, green and blue"):
        images.normalize(torch.zeros(1, 1, 4, 4))


def test_the_tensor_is_a_copy():
    image = Image.new("RGB", (2, 2))
    images.to_uint8(image).fill_(9)
    assert image.getpixel((0, 0)) == (0, 0, 0)


# --------------------------------------------------------------------------------- sheets


def test_a_sheet_is_filled_row_by_row():
    colours = [(10 * n, 0, 0) for n in range(5)]
    sheet = images.grid([Image.new("RGB", (4, 3), colour) for colour in colours], columns=2, gap=1)
    assert sheet.size == (2 * 4 + 1, 3 * 3 + 2)
    places = [(0, 0), (5, 0), (0, 4), (5, 4), (0, 8)]
    assert [sheet.getpixel(place) for place in places] == colours
    assert sheet.getpixel((5, 8)) == (255, 255, 255)  # the last row is shorter
    assert sheet.getpixel((4, 0)) == (255, 255, 255)  # the gap


def test_a_sheet_is_no_wider_than_its_pictures():
    assert images.grid([Image.new("L", (4, 3))] * 2, columns=9, gap=2).size == (10, 3)


def test_what_makes_no_sheet_is_refused():
    one = Image.new("L", (4, 3))
    with pytest.raises(InputError):
        images.grid([], columns=2)
    with pytest.raises(ConfigError, match="one size"):
        images.grid([one, Image.new("L", (3, 4))], columns=2)
    with pytest.raises(ConfigError, match="columns=0"):
        images.grid([one], columns=0)
    with pytest.raises(ConfigError, match="gap=-1"):
        images.grid([one], columns=1, gap=-1)
