import keras
import numpy as np
import pytest
from keras import ops

from keras_gen.layers import GatedActivation, NoiseInjection
from keras_gen.networks import fast_gan_generator


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (45, 70, 3)])
def test_makes_images_of_any_size(shape, sample, run):
    model = fast_gan_generator(shape, 4, 1)
    images = run(model, sample(model))
    assert images.shape == (2, *shape) and np.abs(images).max() <= 1


def test_filters_and_sizes_are_the_papers():
    model = fast_gan_generator((256, 256, 3), base_filters=4)
    maps = {
        layer.name: tuple(layer.output.shape[1:])
        for layer in model.layers
        if isinstance(layer, GatedActivation)
    }
    # Of the paper's widths at 256 pixels, 16, 8, 4, 2, 2, 1, 1/2 times 128, but the second 2, which the rule
    # of doubling has not, and the paper's 16 at 4 x 4.
    assert [maps["base_gates"], *(maps[f"up_{level}_gates"] for level in range(1, 7))] == [
        (4, 4, 64),
        (8, 8, 64),
        (16, 16, 32),
        (32, 32, 16),
        (64, 64, 8),
        (128, 128, 4),
        (256, 256, 4),
    ]
    noisy = {layer.name for layer in model.layers if isinstance(layer, NoiseInjection)}
    assert noisy == {f"up_{n}{second}_noise" for n in (1, 3, 5) for second in ("", "_second")}


def test_large_maps_are_weighted_by_what_small_ones_say(sample, run, scramble):
    model = fast_gan_generator((128, 128, 1), 4, 1, seed=0)
    scramble(model)
    names = {4: ("base_gates", "up_4_gates"), 5: ("up_1_second_gates", "up_5_second_gates")}
    for level, pair in names.items():
        tensors = [model.get_layer(name).output for name in (*pair, f"excitation_{level}")]
        small, large, out = run(keras.Model(model.input, tensors), sample(model))
        squeeze, weights = (
            model.get_layer(f"excitation_{level}_{part}_spectral")
            for part in ("squeeze", "weights")
        )
        if level == 5:
            small = small.reshape(2, 4, 2, 4, 2, -1).mean((2, 4))
        x = ops.convert_to_numpy(squeeze(small))
        gates = ops.convert_to_numpy(weights(x / (1 + np.exp(-x))))
        assert gates.shape == (2, 1, 1, large.shape[-1]) and 0 < gates.min() < gates.max() < 1
        np.testing.assert_allclose(out, large * gates, rtol=1e-4, atol=1e-5)
