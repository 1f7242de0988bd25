import numpy as np
import pytest
import torch

from keras_gen.networks import patch_discriminator, patch_receptive_field
from tests.networks.torch_parity import agree


@pytest.mark.parametrize(
    ("size", "field", "patches"),
    [
        ((8, 8), 16, (2, 2)),
        ((16, 16), 16, (6, 6)),
        ((28, 28), 16, (12, 12)),
        ((33, 40), 16, (15, 18)),
        ((34, 34), 34, (7, 7)),
        ((64, 64), 34, (14, 14)),
        ((70, 70), 70, (7, 7)),
        ((64, 128), 34, (14, 30)),
        ((128, 128), 70, (14, 14)),
        ((256, 256), 70, (30, 30)),
    ],
)
def test_default_field_fits_and_is_said(size, field, patches, sample, run):
    model = patch_discriminator((*size, 1), base_filters=1)
    assert model.name == f"patch_discriminator_{field}"
    assert run(model, sample(model)).shape == (2, *patches, 1)


@pytest.mark.parametrize("channels", [(1, 3), (3, 1), (4, 2)])
def test_condition_joins_the_target(channels, sample, run, scramble):
    model = patch_discriminator((16, 24, channels[0]), (16, 24, channels[1]), base_filters=4)
    scramble(model)
    assert [tensor.name for tensor in model.inputs] == ["input", "target"]
    condition, target = sample(model)
    logits = run(model, [condition, target])
    assert np.abs(logits - run(model, [-condition, target])).min() > 0
    assert np.abs(logits - run(model, [condition, -target])).min() > 0


@pytest.mark.parametrize(
    ("receptive_field", "layers", "side"), [(16, 1, 32), (34, 2, 64), (70, 3, 128), (1, None, 8)]
)
def test_receptive_field_is_the_one_said(receptive_field, layers, side, run):
    # Positive kernels, no biases: exactly the patches that see a pixel answer to it.
    model = patch_discriminator(
        (side, side, 1), receptive_field=receptive_field, base_filters=1, normalization=None
    )
    for weight in model.weights:
        value = 0.25 if weight.path.endswith("kernel") else 0.0
        weight.assign(np.full(weight.shape, value, "float32"))
    rows = np.zeros((side, side, side, 1), "float32")
    rows[np.arange(side), np.arange(side)] = 1.0  # image i has row i
    seen = run(model, rows)[..., 0] > 0  # (row, patch's row, patch's column)
    middle = seen.shape[2] // 2
    assert seen[:, :, middle].sum(0).max() == receptive_field
    if layers is not None:
        assert patch_receptive_field(layers) == receptive_field


def test_receptive_fields_by_the_closed_form():
    assert [patch_receptive_field(n) for n in range(6)] == [9 * 2**n - 2 for n in range(6)]


@pytest.mark.parametrize("layers", [-1, 1.0, "3"])
def test_receptive_field_refuses(layers):
    with pytest.raises(ValueError, match=r"`layers`.*Received: layers="):
        patch_receptive_field(layers)


def test_refuses_a_field_that_leaves_no_patch():
    with pytest.raises(ValueError, match=r"must be one of \[1, 16, 34\] for images of 16 x 64"):
        patch_discriminator((16, 64, 3), receptive_field=70)


@pytest.mark.parametrize(("field", "widths"), [(16, [4, 8]), (142, [4, 8, 16, 32, 32])])
def test_filters_double_up_to_eight_fold(field, widths):
    model = patch_discriminator((64, 64, 1), receptive_field=field, base_filters=4)
    names = [*(f"down_{level}" for level in range(1, len(widths))), "patch"]
    assert [model.get_layer(name).filters for name in names] == widths


def test_parameters_of_the_paper():
    # C64-C128-C256-C512 and the score, on 3 + 3 channels: 16 x 6 x 64 + 64; 16 x 64 x 128,
    # 16 x 128 x 256 and 16 x 256 x 512, each with two numbers a channel; 16 x 512 + 1
    model = patch_discriminator((256, 256, 3), (256, 256, 3))
    expected = 6208 + 131072 + 256 + 524288 + 512 + 2097152 + 1024 + 8193
    assert model.count_params() == expected == 2_768_705


def test_weight_paths():
    assert [w.path for w in patch_discriminator((34, 34, 1), base_filters=2).weights] == [
        "down_1/kernel",
        "down_1/bias",
        "down_2/kernel",
        "down_2_normalization/gamma",
        "down_2_normalization/beta",
        "patch/kernel",
        "patch_normalization/gamma",
        "patch_normalization/beta",
        "logits/kernel",
        "logits/bias",
    ]


def test_pixel_weight_paths():
    model = patch_discriminator((8, 8, 1), receptive_field=1, base_filters=2)
    assert [w.path for w in model.weights] == [
        "pixel_1/kernel",
        "pixel_1/bias",
        "pixel_2/kernel",
        "pixel_2_normalization/gamma",
        "pixel_2_normalization/beta",
        "logits/kernel",
        "logits/bias",
    ]


@pytest.mark.parametrize(
    ("scales", "shapes"), [(2, [(7, 9), (3, 4)]), (3, [(15, 19), (7, 9), (3, 4)])]
)
def test_each_scale_judges_images_of_its_size_by_weights_of_its_own(
    scales, shapes, sample, run, scramble
):
    height, width = shapes[0][0] * 2 + 4, shapes[0][1] * 2 + 4
    model = patch_discriminator(
        (height, width, 1), (height, width, 2), 16, base_filters=4, scales=scales
    )
    scramble(model)
    pair = sample(model)
    logits = run(model, pair)
    values = {weight.path: weight.numpy() for weight in model.weights}
    assert len({path.rsplit("/")[0] for path in values}) == 4 * scales  # a bias is its kernel's
    for level, (prefix, judged) in enumerate(zip(["", "half_", "quarter_"], logits, strict=False)):
        side = 2**level
        smaller = [
            images[:, : height // side * side, : width // side * side]
            .reshape(len(images), height // side, side, width // side, side, -1)
            .mean((2, 4))
            for images in pair
        ]
        alone = patch_discriminator(
            *(images.shape[1:] for images in smaller), receptive_field=16, base_filters=4
        )
        for weight in alone.weights:
            weight.assign(values[prefix + weight.path])
        np.testing.assert_allclose(judged, run(alone, smaller), rtol=1e-4, atol=1e-5)
    assert len(logits) == scales


def test_refuses_scales_that_leave_no_patch():
    with pytest.raises(ValueError, match=r"must be one of \[1, 16\] for images of 16 x 16 at 2 sc"):
        patch_discriminator((16, 16, 3), receptive_field=34, scales=2)


class TorchPatchGAN(torch.nn.Module):
    """Isola et al.'s discriminator, read from the paper's appendix; layers named as ours."""

    def __init__(self, channels, base, strided, norm):
        super().__init__()
        width = [base * min(2**i, 8) for i in range(strided + 1)]
        self.layers = torch.nn.ModuleDict({"down_1": torch.nn.Conv2d(channels, base, 4, 2, 1)})
        for i in range(1, strided + 1):
            name = f"down_{i + 1}" if i < strided else "patch"
            stride = 2 if i < strided else 1
            self.layers[name] = torch.nn.Conv2d(width[i - 1], width[i], 4, stride, 1)
            self.layers[f"{name}_normalization"] = norm(width[i])
        self.layers["logits"] = torch.nn.Conv2d(width[-1], 1, 4, 1, 1)

    def forward(self, *images):
        x = torch.cat(images, dim=1)
        names = list(self.layers)
        for name, following in zip(names, [*names[1:], ""], strict=True):
            x = self.layers[name](x)
            if name != "logits" and not following.endswith("normalization"):
                x = torch.where(x > 0, x, 0.2 * x)
        return x


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("field", "strided"), [(16, 1), (34, 2), (70, 3)])
@pytest.mark.parametrize("normalization", ["batch", "instance"])
def test_agrees_with_pytorch(normalization, field, strided, training, sample, run, scramble):
    norm = {
        "batch": torch.nn.BatchNorm2d,
        "instance": lambda width: torch.nn.InstanceNorm2d(width, affine=True),
    }[normalization]
    shapes = (48, 64, 3), (48, 64, 2)
    ours = patch_discriminator(
        *shapes, receptive_field=field, base_filters=4, normalization=normalization
    )
    agree(ours, TorchPatchGAN(5, 4, strided, norm), training, sample, run, scramble)
