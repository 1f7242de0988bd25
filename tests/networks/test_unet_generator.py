import keras
import numpy as np
import pytest
import torch

from keras_gen.networks import unet_generator
from tests.networks.torch_parity import agree


@pytest.mark.parametrize(
    ("size", "channels"),
    [
        ((4, 4), (1, 3)),
        ((12, 20), (3, 1)),
        ((16, 16), (4, 2)),
        ((64, 32), (3, 3)),
        ((128, 256), (1, 1)),
    ],
)
def test_keeps_the_size(size, channels, sample, run):
    model = unet_generator((*size, channels[0]), channels[1], 1)
    images = run(model, sample(model))
    assert images.shape == (2, *size, channels[1])
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize(
    ("size", "depth"),
    [
        ((4, 4), 2),
        ((64, 64), 6),
        ((256, 256), 8),
        ((512, 512), 8),
        ((64, 96), 5),
        ((100, 100), 2),
        ((128, 256), 7),
    ],
)
def test_default_depth_is_the_deepest(size, depth):
    names = {layer.name for layer in unet_generator((*size, 1), 1, 1).layers}
    assert f"down_{depth}" in names and f"down_{depth + 1}" not in names


@pytest.mark.parametrize("size", [(4, 4), (12, 20), (64, 32)])
def test_nearest_upsampling_keeps_the_size_and_lets_no_checkerboard_through(size, sample, run):
    model = unet_generator((*size, 1), 3, 2, upsampling="nearest")
    assert run(model, sample(model)).shape == (2, *size, 3)
    assert not any(isinstance(layer, keras.layers.Conv2DTranspose) for layer in model.layers)
    # An even map stays even inside: every pixel is covered alike.
    layer = model.get_layer("up_0")
    shape = (1, *(side // 2 for side in size), layer.kernel.shape[2])
    even = layer(model.get_layer("up_0_upsampling")(np.ones(shape, "float32")))
    inner = keras.ops.convert_to_numpy(even)[:, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, np.broadcast_to(inner[:, :1, :1], inner.shape), atol=1e-6)


def test_lines_of_one_pixel_get_through_nearest_upsampling():
    model = unet_generator((8, 8, 1), 1, 4, upsampling="nearest", dropout=0.0, seed=0)
    image = np.zeros((2, 8, 8, 1), "float32")
    image[1, 3, 4] = 1.0  # one pixel more
    without, with_it = keras.ops.convert_to_numpy(model(image))
    change = np.abs(with_it - without)[..., 0]
    near = change[2:5, 3:6].ravel()
    assert len(set(near.round(7).tolist())) == 9  # each pixel near it has another answer


def test_refuses_another_upsampling():
    with pytest.raises(ValueError, match=r"`upsampling`.*Received: upsampling='cubic'"):
        unet_generator((8, 8, 3), upsampling="cubic")


def test_depth_can_be_chosen():
    model = unet_generator((64, 64, 1), 1, 1, depth=3)
    assert model.get_layer("down_3").output.shape[1:3] == (8, 8)
    assert "down_4" not in {layer.name for layer in model.layers}


@pytest.mark.parametrize("shape", [(30, 32, 3), (33, 33, 3)])
def test_refuses_a_size_that_does_not_halve(shape):
    with pytest.raises(ValueError, match=r"`input_shape`.*divisible by 4.*Received: input_shape="):
        unet_generator(shape)


def test_refuses_a_depth_that_the_size_does_not_allow():
    with pytest.raises(
        ValueError, match=r"`depth`.*divisible by 2\*\*depth, 32.*Received: depth=5"
    ):
        unet_generator((48, 64, 3), depth=5)


def test_parameters_by_hand():
    # down: 16 x 1 x 4 + 4; 16 x 4 x 8, normalised 4 x 8; 16 x 8 x 16 + 16
    # up: 16 x 16 x 8, normalised 4 x 8; 16 x (8 + 8) x 4, normalised 4 x 4; 16 x (4 + 4) x 2 + 2
    model = unet_generator((8, 8, 1), output_channels=2, base_filters=4)
    assert model.count_params() == 68 + 512 + 32 + 2064 + 2048 + 32 + 1024 + 16 + 258


def test_the_papers_size_at_256():
    # C64-C128-C256-C512-C512-C512-C512-C512 down; CD512-CD512-CD512-C512-C256-C128-C64 up.
    model = unet_generator((256, 256, 3))
    down = [model.get_layer(f"down_{level}").filters for level in range(1, 9)]
    up = [model.get_layer(f"up_{level}").filters for level in range(7, 0, -1)]
    assert down == [64, 128, 256, 512, 512, 512, 512, 512]
    assert up == [512, 512, 512, 512, 256, 128, 64]
    dropped = {layer.name for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
    assert dropped == {"up_7_dropout", "up_6_dropout", "up_5_dropout"}
    # The authors' code has 54.414 million; ours has biases in two layers more, 64 + 512.
    trainable = sum(np.prod(w.shape) for w in model.trainable_weights)
    assert round((trainable - 576) / 1e6, 3) == 54.414


def test_weight_paths():
    normalization = ("gamma", "beta", "moving_mean", "moving_variance")
    model = unet_generator((8, 8, 1), 1, 2)
    assert [w.path for w in model.weights] == [
        "down_1/kernel",
        "down_1/bias",
        "down_2/kernel",
        *(f"down_2_normalization/{name}" for name in normalization),
        "down_3/kernel",
        "down_3/bias",
        "up_2/kernel",
        *(f"up_2_normalization/{name}" for name in normalization),
        "up_1/kernel",
        *(f"up_1_normalization/{name}" for name in normalization),
        "image/kernel",
        "image/bias",
    ]


@pytest.mark.parametrize("normalization", ["batch", "instance"])
def test_innermost_block_is_alive_at_batch_one(normalization, sample, run):
    # Normalised, a map of 1 x 1 in a batch of one would be exactly 0 whatever came before.
    model = unet_generator((8, 8, 1), 1, 4, dropout=0.0, normalization=normalization, seed=0)
    inner = keras.Model(model.input, model.get_layer("down_3_activation").output)
    first, second = sample(model, 1, seed=1), sample(model, 1, seed=2)
    innermost = run(inner, first, training=True)
    assert innermost.shape == (1, 1, 1, 16)
    assert np.std(innermost) > 0
    assert np.abs(innermost - run(inner, second, training=True)).max() > 0
    assert "down_3_normalization" not in {layer.name for layer in model.layers}


def test_skips_carry_detail_past_the_innermost_block(sample, run):
    model = unet_generator((16, 16, 1), 1, 2, dropout=0.0, seed=0)
    kernel = model.get_layer("up_3").kernel
    kernel.assign(np.zeros(kernel.shape))
    outputs = [run(model, sample(model, 1, seed=seed)) for seed in (1, 2)]
    assert np.abs(outputs[0] - outputs[1]).max() > 0


def test_dropout_is_the_only_noise(sample, run):
    inputs = None
    for rate in (0.0, 0.5):
        model = unet_generator((16, 16, 1), 1, 2, dropout=rate, seed=0)
        inputs = sample(model)
        noisy = not np.array_equal(
            run(model, inputs, training=True), run(model, inputs, training=True)
        )
        assert noisy == (rate > 0)


class TorchUNet(torch.nn.Module):
    """Isola et al.'s U-Net, read from the paper's appendix; layers named as ours."""

    def __init__(self, channels, output_channels, base, depth, norm):
        super().__init__()
        width = [channels] + [base * min(2**i, 8) for i in range(depth)]
        self.depth, self.layers = depth, torch.nn.ModuleDict()
        for i in range(1, depth + 1):
            self.layers[f"down_{i}"] = torch.nn.Conv2d(width[i - 1], width[i], 4, 2, 1)
            if 1 < i < depth:
                self.layers[f"down_{i}_normalization"] = norm(width[i])
        for i in range(depth - 1, 0, -1):
            before = width[i + 1] * (1 if i == depth - 1 else 2)
            self.layers[f"up_{i}"] = torch.nn.ConvTranspose2d(before, width[i], 4, 2, 1)
            self.layers[f"up_{i}_normalization"] = norm(width[i])
        self.layers["image"] = torch.nn.ConvTranspose2d(2 * base, output_channels, 4, 2, 1)

    def forward(self, x):
        kept = []
        for i in range(1, self.depth + 1):
            x = self.layers[f"down_{i}"](x)
            if f"down_{i}_normalization" in self.layers:
                x = self.layers[f"down_{i}_normalization"](x)
            x = torch.where(x > 0, x, 0.2 * x)
            kept.append(x)
        kept.pop()
        for i in range(self.depth - 1, 0, -1):
            x = self.layers[f"up_{i}_normalization"](self.layers[f"up_{i}"](x))
            x = torch.cat([x.clamp(min=0), kept.pop()], dim=1)
        return torch.tanh(self.layers["image"](x))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("normalization", ["batch", "instance"])
def test_agrees_with_pytorch(normalization, training, sample, run, scramble):
    norm = {
        "batch": torch.nn.BatchNorm2d,
        "instance": lambda width: torch.nn.InstanceNorm2d(width, affine=True),
    }[normalization]
    ours = unet_generator((16, 32, 3), 2, 4, dropout=0.0, normalization=normalization)
    agree(ours, TorchUNet(3, 2, 4, 4, norm), training, sample, run, scramble)
