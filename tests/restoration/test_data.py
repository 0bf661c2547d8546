"""The lesson's damage and its photographs: sizes, quality, the number, the split."""

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from lesson7.core.errors import ConfigError, DataError
from lesson7.restoration import data


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3))
    return Image.fromarray(pixels.astype(np.uint8)).resize((width, height))


class Scripted(random.Random):
    """Gives the numbers it was told, and remembers what it was asked for."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(0)
        self.numbers, self.asked = list(numbers), []

    def randint(self, a: int, b: int) -> int:
        self.asked.append((a, b))
        return self.numbers.pop(0)


@pytest.mark.parametrize(
    ("size", "expected"), [((256, 341), (96, 127)), ((500, 333), (144, 96)), ((96, 96), (96, 96))]
)
def test_the_shorter_side_becomes_96_and_both_are_truncated(size, expected):
    damaged, _ = data.degrade(noise(*size), random.Random(0))
    assert damaged.size == expected
    assert damaged.mode == "RGB"


def test_quality_and_place_are_drawn_as_in_the_lesson():
    rng = Scripted(42, 10, 20)
    _, box = data.degrade(noise(256, 320), rng)
    assert rng.asked == [(10, 70), (0, 48), (0, 60)]
    assert box is not None
    assert box[:2] == (10, 20)


def test_it_is_exactly_resize_text_and_jpeg():
    photograph = noise(256, 320)
    small = photograph.resize((96, 120), Image.Resampling.BILINEAR)
    font = ImageFont.load_default_imagefont()
    ImageDraw.Draw(small).text((30, 40), "55", fill="white", font=font)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=55)
    damaged, _ = data.degrade(photograph, Scripted(55, 30, 40))
    np.testing.assert_array_equal(np.asarray(damaged), np.asarray(Image.open(file)))


def test_palette_pictures_are_resized_in_their_own_mode():
    """Between two numbers of a palette there is nothing: each new pixel takes one as it is."""
    photograph = noise(512, 512).quantize(16)
    damaged, _ = data.degrade(photograph, random.Random(0), "medium")
    nearest = photograph.resize((256, 256), Image.Resampling.NEAREST).convert("RGB")
    mixed = photograph.convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
    assert damaged.tobytes() == data.through_jpeg(nearest, 60).tobytes()
    assert damaged.tobytes() != data.through_jpeg(mixed, 60).tobytes()


@pytest.mark.parametrize(("form", "side"), [("plain", 96), ("medium", 256)])
def test_the_other_forms_write_nothing_and_compress_at_60(form, side):
    photograph = noise(300, 400)
    damaged, box = data.degrade(photograph, Scripted(), form)
    assert box is None
    assert min(damaged.size) == side
    size = (int(300 * side / 300), int(400 * side / 300))
    small = photograph.resize(size, Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(np.asarray(damaged), np.asarray(data.through_jpeg(small, 60)))


def test_the_same_seed_damages_alike_and_another_does_not():
    photograph = noise(256, 256)
    first, second, third = (data.degrade(photograph, random.Random(s))[0] for s in (1, 1, 2))
    assert first.tobytes() == second.tobytes() != third.tobytes()


def test_an_unknown_form_is_named_with_those_that_exist():
    with pytest.raises(ConfigError, match="number, plain, medium"):
        data.degrade(noise(64, 64), random.Random(0), "tiny")


def test_split_keeps_a_tenth_apart_and_follows_from_the_seed():
    train, judge = data.split(100, seed=3)
    assert len(judge) == 10
    assert sorted(train + judge) == list(range(100))
    assert data.split(100, seed=3) == (train, judge) != data.split(100, seed=4)
    with pytest.raises(ConfigError, match="too few"):
        data.split(9)


def test_photographs_come_with_a_shorter_side_of_256(tmp_path):
    noise(300, 512).save(tmp_path / "b.png")
    noise(256, 300).save(tmp_path / "a.png")
    files = data.find(tmp_path)
    assert [file.name for file in files] == ["a.png", "b.png"]
    photographs = data.Photographs(files)
    assert photographs[0].size == (256, 300)
    assert photographs[1].size == (256, 437)
    assert photographs[0].tobytes() == noise(256, 300).tobytes()


def test_a_file_that_is_no_photograph_is_named(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"bad\.jpg"):
        data.Photographs(data.find(tmp_path))[0]


def test_of_oxford_iiit_pet_only_the_photographs_are_taken(tmp_path):
    """Its archives hold masks of the pets, and what a Mac had noted beside them."""
    inside = tmp_path / "oxford-iiit-pet"
    for name in ("images/a_1.jpg", "annotations/trimaps/a_1.png", "annotations/trimaps/._a_1.png"):
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(inside / name)
    assert data.find(tmp_path) == [inside / "images" / "a_1.jpg"]


def test_a_download_that_was_cut_is_begun_again(tmp_path, monkeypatch):
    """What it left is not taken for the whole."""

    def download(root: str, *, split: str, download: bool) -> None:
        assert download
        folder = Path(root) / "oxford-iiit-pet" / "images"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(2):
            Image.new("RGB", (30, 40)).save(folder / f"{split}-{number}.png")
            if cut and split == "test":
                raise OSError("the line went dead")

    monkeypatch.setattr(data.datasets, "OxfordIIITPet", download)
    cut = True
    with pytest.raises(DataError, match="--data"):
        data.find(tmp_path)
    cut = False
    names = [path.name for path in data.find(tmp_path)]
    assert names == ["test-0.png", "test-1.png", "trainval-0.png", "trainval-1.png"]
    monkeypatch.setattr(data.datasets, "OxfordIIITPet", None)  # they are there now
    assert [path.name for path in data.find(tmp_path)] == names


def test_photographs_of_one_name_have_an_order_of_their_own(tmp_path):
    for folder in ("b", "a", "c"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / folder / "x.png")
    found = [path.parent.name for path in data.find(tmp_path)]
    assert found == ["a", "b", "c"]


def test_an_empty_folder_without_the_internet_says_what_to_do(tmp_path, monkeypatch):
    def unreachable(*_args: object, **_options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(data.datasets, "OxfordIIITPet", unreachable)
    with pytest.raises(DataError, match="--data"):
        data.find(tmp_path)
