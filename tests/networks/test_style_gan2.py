"""StyleGAN2's networks against plain definitions in PyTorch, where each example has a kernel of its own."""

import math

import keras
import numpy as np
import pytest
import torch
from torch.nn import functional

from keras_gen import networks
from keras_gen.layers import ModulatedConv2D

SHAPE = (16, 16, 3)
STYLE_DIM = 5


def scrambled(network, seed=0):
    """A network whose weights are all drawn anew, noise and strengths too."""
    random = np.random.default_rng(seed)
    network.set_weights([random.normal(size=w.shape).astype("float32") for w in network.weights])
    return network


def weights_of(layer):
    return {w.name: torch.tensor(keras.ops.convert_to_numpy(w)) for w in layer.weights}


def channels_first(array):
    return torch.tensor(np.asarray(array, "float32")).permute(0, 3, 1, 2)


def channels_last(tensor):
    return tensor.permute(0, 2, 3, 1).numpy()


def fir(x, padding, gain=1.0):
    """The filter [1, 3, 3, 1] squared, of sum `gain`."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps) / 64.0 * gain
    kernel = kernel[None, None].repeat(x.shape[1], 1, 1, 1)
    return functional.conv2d(functional.pad(x, (padding,) * 4), kernel, groups=x.shape[1])


def dense(x, layer, gain=1.0, multiplier=1.0):
    w = weights_of(layer)
    return gain * (x @ w["kernel"] * multiplier / math.sqrt(x.shape[1]) + w["bias"] * multiplier)


def modulated(x, code, layer, gain=1.0):
    """One grouped convolution, with kernels that are multiplied and divided for each example."""
    w = weights_of(layer)
    style = code @ w["style_kernel"] / math.sqrt(code.shape[1]) + w["style_bias"]
    kernel = w["kernel"].permute(3, 2, 0, 1)[None] * style[:, None, :, None, None]
    kernel = kernel / math.sqrt(w["kernel"][..., 0].numel())
    if layer.demodulate:
        kernel = kernel / torch.sqrt(kernel.square().sum((2, 3, 4), keepdim=True) + 1e-8)
    n, filters, channels, side, _ = kernel.shape
    x = x.reshape(1, n * channels, *x.shape[2:])
    if layer.upsample:
        kernel = kernel.transpose(1, 2).reshape(n * channels, filters, side, side)
        x = functional.conv_transpose2d(x, kernel, stride=2, groups=n)
        x = fir(x.reshape(n, filters, *x.shape[2:]), 1, 4.0)
    else:
        kernel = kernel.reshape(n * filters, channels, side, side)
        x = functional.conv2d(x, kernel, padding=side // 2, groups=n)
        x = x.reshape(n, filters, *x.shape[2:])
    return gain * (x + w["bias"][:, None, None])


def activated(x):
    return math.sqrt(2.0) * functional.leaky_relu(x, 0.2)


def synthesized(codes, network):
    """Images of codes by a network's weights."""
    constant = weights_of(network.get_layer("constant"))["constant"]
    x = constant.permute(2, 0, 1)[None].repeat(len(codes), 1, 1, 1)
    image, level, size = None, 0, 4
    while size <= SHAPE[0]:
        for name in [f"size_{size}_up"] * (size > 4) + [f"size_{size}"]:
            noise = weights_of(network.get_layer(f"{name}_noise"))
            x = modulated(x, codes[:, level], network.get_layer(name))
            x = activated(x + noise["strength"] * noise["noise"].permute(2, 0, 1)[None])
            level += 1
        part = modulated(x, codes[:, level], network.get_layer(f"size_{size}_image"))
        if image is not None:
            image = functional.interpolate(image, scale_factor=2, mode="bilinear")
        image = part if image is None else image + part
        size *= 2
    return image


def judged(x, network, deviation):
    """Logits of images by a network's weights."""

    def convolved(x, name, gain=1.0, **options):
        w = weights_of(network.get_layer(name))
        kernel = w["kernel"].permute(3, 2, 0, 1) / math.sqrt(w["kernel"][..., 0].numel())
        return gain * functional.conv2d(x, kernel, w.get("bias"), **options)

    x = activated(convolved(x, "pixels"))
    size = SHAPE[0]
    while size > 4:
        shortcut = fir(x, 1)[:, :, ::2, ::2]
        shortcut = convolved(shortcut, f"size_{size}_shortcut", math.sqrt(0.5))
        x = activated(convolved(x, f"size_{size}_in", padding=1))
        x = activated(convolved(fir(x, 2), f"size_{size}_out", stride=2)) * math.sqrt(0.5)
        x, size = x + shortcut, size // 2
    if deviation:
        spread = torch.sqrt(x.var(0, unbiased=False) + 1e-8).mean()
        x = torch.cat([x, spread.expand(len(x), 1, *x.shape[2:])], 1)
    x = activated(convolved(x, "size_4", padding=1))
    x = x.permute(0, 2, 3, 1).flatten(1)
    x = activated(dense(x, network.get_layer("dense")))
    return dense(x, network.get_layer("logits"))


def agree(ours, theirs):
    assert np.std(theirs) > 0.05
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


def run(network, inputs):
    return keras.ops.convert_to_numpy(network(inputs, training=False))


@pytest.mark.parametrize(
    "options",
    [{}, {"upsample": True}, {"demodulate": False}, {"kernel_size": 1, "demodulate": False}],
)
def test_a_modulated_convolution_is_one_with_a_kernel_for_each_example(options):
    layer = ModulatedConv2D(**{"filters": 4, "kernel_size": 3, "gain": 1.5, **options})
    random = np.random.default_rng(0)
    maps = random.normal(size=(3, 6, 6, 7)).astype("float32")
    codes = random.normal(size=(3, STYLE_DIM)).astype("float32")
    layer([maps, codes])
    layer.set_weights([random.normal(size=w.shape) for w in layer.weights])
    expected = modulated(channels_first(maps), torch.tensor(codes), layer, gain=1.5)
    agree(keras.ops.convert_to_numpy(layer([maps, codes])), channels_last(expected))


def test_mapping_agrees():
    network = networks.style_gan2_mapping(4, STYLE_DIM, depth=3, learning_rate_multiplier=0.1)
    scrambled(network)
    for weight in network.weights:
        weight.assign(10.0 * weight.value)
    latents = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    x = torch.tensor(latents)
    x = x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-8)
    for number in (1, 2, 3):
        x = activated(dense(x, network.get_layer(f"dense_{number}"), multiplier=0.1))
    agree(run(network, latents), x.numpy())


def test_synthesis_agrees():
    network = scrambled(networks.style_gan2_synthesis(SHAPE, STYLE_DIM, base_filters=4))
    codes = np.random.default_rng(1).normal(size=(3, 6, STYLE_DIM)).astype("float32")
    with torch.no_grad():
        agree(run(network, codes), channels_last(synthesized(torch.tensor(codes), network)))


@pytest.mark.parametrize("deviation", [True, False])
def test_discriminator_agrees(deviation):
    network = scrambled(networks.style_gan2_discriminator(SHAPE, 4, deviation))
    random = np.random.default_rng(1)
    images = random.normal(size=(4, *SHAPE)) + 4.0 * random.normal(size=(4, 1, 1, SHAPE[2]))
    images = images.astype("float32")
    with torch.no_grad():
        agree(run(network, images), judged(channels_first(images), network, deviation).numpy())


@pytest.mark.parametrize("upsample", [False, True])
def test_demodulated_outputs_of_unit_variance_have_unit_variance(upsample):
    layer = ModulatedConv2D(32, 3, upsample)
    random = np.random.default_rng(0)
    maps = random.normal(size=(8, 16, 16, 16)).astype("float32")
    codes = 4.0 * random.normal(size=(8, STYLE_DIM)).astype("float32")
    made = keras.ops.convert_to_numpy(layer([maps, codes]))[:, 2:-2, 2:-2]
    if not upsample:
        assert made.std((1, 2)).mean() == pytest.approx(1.0, rel=0.05)
        assert made.std() == pytest.approx(1.0, rel=0.05)
    # A style twice as large changes nothing.
    larger = ModulatedConv2D(32, 3, upsample)
    larger([maps, codes])
    kernel, bias, style_kernel, style_bias = layer.get_weights()
    larger.set_weights([kernel, bias, 200.0 * style_kernel, 200.0 * style_bias])
    again = keras.ops.convert_to_numpy(larger([maps, codes]))[:, 2:-2, 2:-2]
    np.testing.assert_allclose(again, made, atol=1e-4)


def test_half_precision_holds_styles_of_any_size():
    layer = ModulatedConv2D(4, 3, dtype="mixed_float16")
    maps = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float16")
    made = keras.ops.convert_to_numpy(layer([maps, np.full((2, 3), 1e6, "float32")]))
    assert made.dtype == "float16" and np.isfinite(made).all() and made.std() > 0.1


def test_a_level_s_code_is_its_own():
    """A code changes what comes from its level on: its convolution, and the image of the size before."""
    network = networks.style_gan2_synthesis(SHAPE, STYLE_DIM, base_filters=4, seed=0)
    layers = [layer for layer in network.layers if isinstance(layer, ModulatedConv2D)]
    levels = {layer.name: layer.level for layer in layers}
    assert levels == {
        "size_4": 0,
        "size_4_image": 1,
        "size_8_up": 1,
        "size_8": 2,
        "size_8_image": 3,
        "size_16_up": 3,
        "size_16": 4,
        "size_16_image": 5,
    }


def test_an_output_scale_multiplies_images_that_new_weights_make_too_large():
    """Of new weights a third of all values are beyond [-1, 1], and of a quarter of those hardly any."""
    codes = np.random.default_rng(0).normal(size=(64, 6, STYLE_DIM)).astype("float32")
    whole, scaled = (
        run(networks.style_gan2_synthesis(SHAPE, STYLE_DIM, 4, scale, seed=0), codes)
        for scale in (1.0, 0.25)
    )
    np.testing.assert_allclose(scaled, whole / 4, rtol=1e-4, atol=1e-5)
    assert (np.abs(whole) > 1).mean() > 0.2 > 0.02 > (np.abs(scaled) > 1).mean()


def test_noise_is_drawn_in_training_and_one_map_without():
    network = scrambled(networks.style_gan2_synthesis((8, 8, 1), STYLE_DIM, base_filters=4))
    codes = np.zeros((2, 4, STYLE_DIM), "float32")
    still = run(network, codes)
    np.testing.assert_allclose(still[0], still[1], atol=1e-5)
    drawn = keras.ops.convert_to_numpy(network(codes, training=True))
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-2


def test_weights_of_a_multiplier_begin_so_much_larger():
    network = networks.style_gan2_mapping(64, 64, learning_rate_multiplier=0.01, seed=0)
    kernel = keras.ops.convert_to_numpy(network.get_layer("dense_1").kernel)
    assert kernel.std() == pytest.approx(100.0, rel=0.05)
    latents = np.random.default_rng(0).normal(size=(256, 64)).astype("float32")
    assert np.square(run(network, latents)).mean() == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize(
    ("shape", "nearest"),
    [((28, 28, 1), 32), ((24, 24, 1), 32), ((20, 20, 1), 16), ((16, 32, 3), 16), ((4, 4, 1), 8)],
)
def test_other_sizes_are_refused_and_the_nearest_named(shape, nearest):
    message = rf"`image_shape`.*\({nearest}, {nearest}, {shape[2]}\) is nearest. Received: image_sh"
    with pytest.raises(ValueError, match=message):
        networks.style_gan2_synthesis(shape)
