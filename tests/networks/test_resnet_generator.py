import keras
import numpy as np
import pytest
import torch

from keras_gen.networks import resnet_generator
from tests.networks.torch_parity import agree


@pytest.mark.parametrize(
    ("size", "channels"),
    [
        ((8, 8), (1, 3)),
        ((12, 20), (3, 1)),
        ((28, 28), (4, 2)),
        ((64, 32), (3, 3)),
        ((100, 132), (1, 1)),
    ],
)
def test_keeps_the_size(size, channels, sample, run):
    model = resnet_generator((*size, channels[0]), channels[1], 1, 1)
    images = run(model, sample(model))
    assert images.shape == (2, *size, channels[1])
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize(
    ("size", "blocks"), [((64, 64), 6), ((128, 256), 6), ((256, 256), 9), ((512, 256), 9)]
)
def test_default_blocks_are_the_papers(size, blocks):
    names = {layer.name for layer in resnet_generator((*size, 3), 3, 1).layers}
    assert f"block_{blocks}" in names and f"block_{blocks + 1}" not in names


def test_refuses_a_size_not_divisible_by_four():
    with pytest.raises(ValueError, match=r"`input_shape`.*divisible by 4.*Received: input_shape="):
        resnet_generator((30, 32, 3))


def test_parameters_by_hand():
    # stem 49 x 1 x 2; down 9 x 2 x 4, 9 x 4 x 8; block 2 x 9 x 8 x 8; up 9 x 8 x 4, 9 x 4 x 2;
    # normalisation 2 x (2 + 4 + 8 + 8 + 8 + 4 + 2); image 49 x 2 x 2 + 2
    model = resnet_generator((8, 8, 1), output_channels=2, base_filters=2, blocks=1)
    assert model.count_params() == 98 + 72 + 288 + 1152 + 288 + 72 + 2 * 36 + 198


def test_the_papers_size_at_256():
    # c7s1-64, d128, d256, nine R256, u128, u64, c7s1-3. The authors' code has 11,378,179
    # parameters, with a bias where ours has InstanceNormalization's two: as many again.
    again = 64 + 128 + 256 + 9 * 2 * 256 + 128 + 64
    assert resnet_generator((256, 256, 3)).count_params() == 11_378_179 + again


def test_weight_paths():
    def layer(name):
        return [f"{name}/kernel", f"{name}_normalization/gamma", f"{name}_normalization/beta"]

    assert [w.path for w in resnet_generator((8, 8, 1), 1, 2, 2).weights] == [
        *layer("stem"),
        *layer("down_1"),
        *layer("down_2"),
        *layer("block_1_convolution_1"),
        *layer("block_1_convolution_2"),
        *layer("block_2_convolution_1"),
        *layer("block_2_convolution_2"),
        *layer("up_2"),
        *layer("up_1"),
        "image/kernel",
        "image/bias",
    ]


def test_normalises_each_image_and_channel_alone(sample, run, scramble):
    model = resnet_generator((8, 8, 2), 2, 4, 1)
    scramble(model)
    images = sample(model, 3)
    together = run(model, images, training=True)
    np.testing.assert_allclose(run(model, images[:1], training=True), together[:1], atol=1e-5)
    # groups=1 would be layer normalisation, which leaves each channel a mean of its own.
    layer = model.get_layer("down_2_normalization")
    layer.set_weights([np.ones(16), np.zeros(16)])
    maps = run(keras.Model(model.input, layer.output), images)
    np.testing.assert_allclose(maps.mean((1, 2)), 0, atol=1e-5)


def test_without_normalisation_maps_begin_on_the_images_scale(sample, run):
    """Under the paper's N(0, 0.02) they would begin at a thousandth of it."""
    model = resnet_generator((32, 32, 3), 3, 8, normalization=None, seed=0)
    assert not [weight.path for weight in model.weights if "normalization" in weight.path]
    maps = keras.Model(model.input, model.get_layer("block_6").output)
    scale = run(maps, np.random.default_rng(0).normal(size=(4, 32, 32, 3)).astype("float32")).std()
    assert 0.3 < scale < 30


def test_without_normalisation_residual_blocks_begin_as_copies(sample, run):
    """Six of them would else make maps eight times as large, as Fixup's paper counts."""
    model = resnet_generator((8, 8, 3), 3, 4, blocks=2, normalization=None, seed=0)
    first, last = (model.get_layer(name).output for name in ("down_2_activation", "block_2"))
    before, after = (
        run(keras.Model(model.input, output), np.ones((1, 8, 8, 3), "float32"))
        for output in (first, last)
    )
    assert np.abs(before).max() > 0
    np.testing.assert_array_equal(after, before)


def test_gamma_starts_at_one():
    for weight in resnet_generator((8, 8, 1), 1, 2, 1).weights:
        if weight.path.endswith("gamma"):
            np.testing.assert_array_equal(weight.numpy(), 1)


class TorchResNet(torch.nn.Module):
    """Zhu et al.'s generator, read from the paper's appendix; layers named as ours."""

    def __init__(self, channels, output_channels, base, blocks):
        super().__init__()
        self.blocks, self.layers = blocks, torch.nn.ModuleDict()
        self.add("stem", torch.nn.Conv2d(channels, base, 7))
        self.add("down_1", torch.nn.Conv2d(base, 2 * base, 3, 2, 1))
        self.add("down_2", torch.nn.Conv2d(2 * base, 4 * base, 3, 2, 1))
        for i in range(1, blocks + 1):
            for j in (1, 2):
                self.add(f"block_{i}_convolution_{j}", torch.nn.Conv2d(4 * base, 4 * base, 3))
        up = {"stride": 2, "padding": 1, "output_padding": 1}
        self.add("up_2", torch.nn.ConvTranspose2d(4 * base, 2 * base, 3, **up))
        self.add("up_1", torch.nn.ConvTranspose2d(2 * base, base, 3, **up))
        self.layers["image"] = torch.nn.Conv2d(base, output_channels, 7)

    def add(self, name, layer):
        self.layers[name] = layer
        norm = torch.nn.InstanceNorm2d(layer.out_channels, affine=True)
        self.layers[f"{name}_normalization"] = norm

    def block(self, x, name, mirrored=0):
        if mirrored:
            x = torch.nn.functional.pad(x, 4 * (mirrored,), mode="reflect")
        return self.layers[f"{name}_normalization"](self.layers[name](x))

    def forward(self, x):
        x = self.block(x, "stem", 3).relu()
        x = self.block(x, "down_1").relu()
        x = self.block(x, "down_2").relu()
        for i in range(1, self.blocks + 1):
            y = self.block(x, f"block_{i}_convolution_1", 1).relu()
            x = x + self.block(y, f"block_{i}_convolution_2", 1)
        x = self.block(x, "up_2").relu()
        x = self.block(x, "up_1").relu()
        x = torch.nn.functional.pad(x, (3, 3, 3, 3), mode="reflect")
        return torch.tanh(self.layers["image"](x))


def test_agrees_with_pytorch(sample, run, scramble):
    ours = resnet_generator((16, 24, 3), 2, 4, 2)
    agree(ours, TorchResNet(3, 2, 4, 2), False, sample, run, scramble)


@pytest.mark.parametrize("size", [(8, 8), (12, 20)])
def test_nearest_upsampling_keeps_the_size(size, sample, run):
    model = resnet_generator((*size, 1), 3, 2, blocks=1, upsampling="nearest")
    images = run(model, sample(model))
    assert images.shape == (2, *size, 3) and np.abs(images).max() <= 1
    assert not any(isinstance(layer, keras.layers.Conv2DTranspose) for layer in model.layers)


def test_a_global_skip_begins_as_a_copy_and_adds_what_the_network_gives(sample, run, scramble):
    model = resnet_generator((8, 12, 3), 3, 2, blocks=1, global_skip=True, seed=0)
    images = sample(model)
    np.testing.assert_allclose(run(model, images), np.clip(images, -1, 1), atol=0.1)
    scramble(model)
    change = keras.Model(model.input, model.get_layer("change").output)
    np.testing.assert_allclose(
        run(model, images), np.clip(images + run(change, images), -1, 1), atol=1e-6
    )
    # In training what leaves the range is left to be learnt from.
    bright = model(np.full((1, 8, 12, 3), 50.0, "float32"), training=True)
    assert keras.ops.convert_to_numpy(bright).max() > 1


def test_a_global_skip_needs_as_many_channels():
    with pytest.raises(ValueError, match=r"`output_channels`.*Received: output_channels=1"):
        resnet_generator((8, 8, 3), 1, global_skip=True)
