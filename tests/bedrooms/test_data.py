"""What the networks are fed from photographs of bedrooms."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lesson7.bedrooms import data
from lesson7.core.errors import ConfigError, DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A wide photograph, red left and right of a green middle, and a high blue one."""
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("lime", (100, 0, 200, 100))
    wide.save(tmp_path / "a.png")
    (tmp_path / "deeper").mkdir()
    Image.new("RGB", (90, 120), "blue").save(tmp_path / "deeper" / "b.PNG")
    (tmp_path / "notes.txt").write_text("not a photograph")
    return tmp_path


def test_photographs_are_cut_to_their_central_square_and_kept_with_a_margin(folder):
    squares = data.load(folder, 64)
    assert squares.shape == (2, 3, 72, 72)
    assert squares.dtype == torch.uint8
    green, blue = squares[0, :, 2:-2, 2:-2], squares[1]
    assert (green == torch.tensor([0, 255, 0]).view(3, 1, 1)).all()
    assert (blue == torch.tensor([0, 0, 255]).view(3, 1, 1)).all()


def test_a_limit_takes_the_first_by_name(folder):
    assert len(data.load(folder, 64, limit=1)) == 1


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="no photographs"):
        data.load(tmp_path, 64)


def test_a_damaged_photograph_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"this is no photograph")
    with pytest.raises(DataError, match=r"broken\.jpg"):
        data.load(tmp_path, 64)


def test_a_list_names_photographs_in_whatever_folder_they_are(folder, tmp_path):
    names = tmp_path / "names"
    names.write_text("b.PNG\n")
    assert data.named(folder, names).tolist() == [False, True]
    names.write_text("")
    assert data.named(folder, names).tolist() == [False, False]


def test_a_name_in_a_list_may_have_spaces(tmp_path):
    for name in ("my room.png", "my", "room.png"):
        Image.new("RGB", (80, 80)).save(tmp_path / name, "PNG")
    names = tmp_path / "names"
    names.write_text("  my room.png\r\n\n")
    assert data.named(tmp_path, names).tolist() == [True, False]


def test_photographs_are_upright_and_sixteen_bits_are_no_white(tmp_path):
    """What lies on its side, and says so, is stood up; what is deep is made shallow."""
    lying = Image.new("RGB", (80, 160), "red")
    lying.paste("blue", (0, 80, 80, 160))  # below; on the left once it is upright
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    lying.save(tmp_path / "a.jpg", exif=exif)
    Image.fromarray(np.full((80, 80), 32768, np.uint16)).save(tmp_path / "b.png")
    upright, deep = data.load(tmp_path, 64).float()
    assert upright[2, :, :20].mean() > 200 > 50 > upright[0, :, :20].mean()
    assert upright[0, :, -20:].mean() > 200
    assert deep.mean() == pytest.approx(128, abs=1)


def test_a_list_that_cannot_be_meant_is_refused(folder, tmp_path):
    names = tmp_path / "names"
    names.write_text("a.png\nc.png\n")
    with pytest.raises(DataError, match=r"names c\.png, which is not in"):
        data.named(folder, names)
    names.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read as a list"):
        data.named(folder, names)
    with pytest.raises(DataError, match="cannot be read as a list"):
        data.named(folder, tmp_path / "none")


def test_the_list_of_those_that_show_no_room_is_one_of_names():
    names = data.NOT_ROOMS.read_text("utf-8").split()
    assert names == sorted(set(names))
    assert len(names) == 392
    assert {len(name) for name in names} == {len("00000.jpg")}


def test_batches_are_of_those_that_are_to_be_shown_and_samples_of_all():
    plain = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 72, 72)
    photographs = data.Photographs(plain, 64, drawn=torch.tensor([1, 4]))

    def values(crops):
        return set(((crops + 1) * 127.5).round().int().unique().tolist())

    assert values(photographs.batch(64)) == {1, 4}
    assert values(photographs.sample(6, seed=0)) == set(range(6))


def test_what_is_held_back_never_trains_and_is_always_the_same():
    train, held = data.split(5_227)
    assert len(held) == 400
    assert sorted(torch.cat([train, held]).tolist()) == list(range(5_227))
    torch.testing.assert_close(held, data.split(5_227)[1], rtol=0, atol=0)
    assert not torch.equal(held, data.split(5_227, seed=1)[1])


def test_nothing_left_to_train_on_is_refused():
    with pytest.raises(ConfigError):
        data.split(400)


def test_crops_are_signed_and_each_is_another_one():
    photographs = data.Photographs(data.made_up(5, 64), 64)
    batch = photographs.batch(16)
    assert batch.shape == (16, 3, 64, 64)
    assert batch.min() >= -1
    assert batch.max() <= 1
    assert len({crop.numpy().tobytes() for crop in photographs.crop(torch.zeros(16).long())}) > 8


def test_crops_hold_the_photographs_pixels_mirrored_in_about_half_of_the_cases():
    ramp = torch.arange(72, dtype=torch.uint8).expand(1, 3, 72, 72)
    crops = (data.Photographs(ramp, 64).crop(torch.zeros(200).long()) + 1) * 127.5
    steps = crops[:, 0, 0].diff(dim=1).round()
    assert (steps.abs() == 1).all()
    assert 60 < (steps[:, 0] < 0).sum() < 140


def test_a_sample_is_always_the_same_and_leaves_torchs_seed_alone():
    photographs = data.Photographs(data.made_up(10, 64), 64)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = photographs.sample(25, seed=3)
    assert torch.equal(before, torch.get_rng_state())
    assert first.shape == (25, 3, 64, 64)
    torch.testing.assert_close(first, photographs.sample(25, seed=3), rtol=0, atol=0)


def test_a_sheet_has_the_pictures_in_rows(tmp_path):
    pictures = torch.full((4, 3, 8, 8), -1.0)
    pictures[3] = 1
    data.lay_out(pictures, tmp_path / "sheet.png", columns=2)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (22, 22)
        assert sheet.getpixel((5, 5)) == (0, 0, 0)
        assert sheet.getpixel((16, 16)) == (255, 255, 255)
