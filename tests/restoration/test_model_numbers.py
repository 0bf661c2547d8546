"""The lesson's U-Net layer by layer: the lesson's parameters and shapes, on any ResNet.

All of it is checked on torch's meta device, which computes shapes alone.
"""

import pytest
import torch

from lesson7.core.errors import ConfigError
from lesson7.core.task import freeze
from lesson7.core.vision import models
from lesson7.restoration.model import DynamicUnet
from tests.restoration.meta_unets import CAMVID, ENCODER, FEATURE, GAN, on_meta, parameters


def shapes(model, height, width):
    """Channels, height and width after the encoder, each block, the last shuffle and the end."""
    found = []
    for module in [model.encoder.layer4, *model.up, model.enlarge, model.cross, model]:
        module.register_forward_hook(lambda _, __, output: found.append(tuple(output.shape[1:])))
    model.eval()(torch.zeros(1, 3, height, width, device="meta"))
    return found


@pytest.mark.parametrize(
    ("options", "total", "rest", "frozen"),
    [
        (GAN, 41_413_534, 20_128_862, 20_145_886),
        (FEATURE, 41_229_213, 19_944_541, 19_961_565),
        ({}, 41_221_268, 19_936_596, 19_953_620),
        (CAMVID, 41_133_018, 19_848_346, 19_865_370),
    ],
    ids=["GAN", "feature loss", "no norm", "CamVid"],
)
def test_the_lessons_forms_have_its_parameters(options, total, rest, frozen):
    """Frozen, 17,024 parameters of the encoder's batch norms go on learning."""
    model = on_meta(**options)
    assert parameters(model) == total
    assert parameters(model.encoder) == ENCODER
    assert [parameters(group) for group in model.groups()] == [1_347_904, 19_936_768, rest]
    freeze(model.groups(), 2)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == frozen == rest + 17_024


def test_each_layer_has_the_lessons_parameters():
    model = on_meta(**GAN)
    assert [parameters(layer) for layer in model.bottleneck] == [1_024, 0, 4_720_640, 4_719_616]
    assert [parameters(block) for block in model.up] == [5_247_488, 3_366_657, 1_477_248, 381_440]
    parts = [[parameters(part) for part in block.children()] for block in model.up]
    assert parts == [  # shuffle, norm of the skip connection, two convolutions, attention
        [526_336, 512, 2_360_320, 2_360_320, 0],
        [526_336, 256, 1_327_872, 1_327_872, 184_321],
        [296_448, 128, 590_336, 590_336, 0],
        [132_096, 128, 166_080, 83_136, 0],
    ]
    assert [parameters(part) for part in (model.enlarge, model.cross, model.head)] == [
        37_632, 176_814, 303,
    ]  # fmt: skip


@pytest.mark.parametrize("size", [128, 256])
def test_each_layer_has_the_lessons_shape(size):
    s = size // 32
    assert shapes(on_meta(**GAN), size, size) == [
        (512, s, s),
        (512, 2 * s, 2 * s),
        (384, 4 * s, 4 * s),
        (256, 8 * s, 8 * s),
        (96, 16 * s, 16 * s),
        (96, size, size),
        (99, size, size),
        (3, size, size),
    ]


def test_camvids_sizes_are_the_lessons():
    assert shapes(on_meta(**CAMVID), 360, 480) == [
        (512, 12, 15),
        (512, 23, 30),
        (384, 45, 60),
        (256, 90, 120),
        (96, 180, 240),
        (96, 360, 480),
        (99, 360, 480),
        (12, 360, 480),
    ]


def test_groups_are_the_lessons_halves_of_the_encoder():
    """Children 0 to 5 of the ResNet, 6 and 7, and all that is not the encoder."""
    model = on_meta("resnet18")
    names = {parameter: name for name, parameter in model.named_parameters()}
    parts = [
        {".".join(names[p].split(".")[:2]) for p in group.parameters()} for group in model.groups()
    ]
    assert parts[0] == {f"encoder.{part}" for part in ("conv1", "bn1", "layer1", "layer2")}
    assert parts[1] == {"encoder.layer3", "encoder.layer4"}
    assert not any(name.startswith("encoder") for name in parts[2])
    assert sum(len(list(group.parameters())) for group in model.groups()) == len(names)


# ----------------------------------------------------------------------------- the encoder


@pytest.mark.parametrize(
    ("name", "channels", "steps"),
    [
        ("resnet18", (64, 64, 128, 256, 512), [512, 384, 256, 96]),
        ("resnet50", (64, 256, 512, 1024, 2048), [2048, 1536, 1024, 288]),
        ("wide_resnet50_2", (64, 256, 512, 1024, 2048), [2048, 1536, 1024, 288]),
    ],
)
def test_the_decoder_fits_any_resnet(name, channels, steps):
    model = on_meta(name, self_attention=True)
    x = torch.zeros(2, 3, 64, 96, device="meta")
    held = model.encoder(x)
    assert model.encoder.channels == tuple(stage.shape[1] for stage in held) == channels
    assert [stage.shape[-2:] for stage in held] == [(64 >> k, 96 >> k) for k in range(1, 6)]
    assert [block.out_channels for block in model.up] == steps
    assert model(x).shape == x.shape


def test_the_encoder_is_torchvisions_network_with_its_names():
    torch.manual_seed(0)
    resnet = models.resnet18(weights=None).eval()
    model = DynamicUnet(resnet).eval()
    x = torch.randn(1, 3, 64, 64)
    pooled = resnet.avgpool(model.encoder(x)[-1]).flatten(1)
    torch.testing.assert_close(resnet.fc(pooled), resnet(x))
    names = {name for name in resnet.state_dict() if not name.startswith("fc.")}
    assert set(model.encoder.state_dict()) == names


def test_what_is_no_resnet_is_named():
    with pytest.raises(ConfigError, match=r"'vgg16' is none of torchvision's: .*resnet34"):
        DynamicUnet("vgg16")
