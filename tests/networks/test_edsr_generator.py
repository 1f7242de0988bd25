import numpy as np
import pytest

from keras_gen.networks import edsr_generator


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_the_factor_and_any_size(factor, sample, run):
    model = edsr_generator((None, None, 1), factor, 2, 1)
    assert model.output_shape == (None, None, None, 1)
    for size in ((1, 1), (5, 3)):
        inputs = np.zeros((2, *size, 1), "float32")
        assert run(model, inputs).shape == (2, factor * size[0], factor * size[1], 1)
    fixed = edsr_generator((6, 4, 2), factor, 2, 1)
    assert run(fixed, sample(fixed)).shape == (2, 6 * factor, 4 * factor, 2)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_parameters_by_hand(normalization):
    f, blocks = 4, 2
    body = 9 * f * f + (f if normalization is None else 2 * f)
    by_hand = 9 * 3 * f + f  # head
    by_hand += (2 * blocks + 1) * body
    by_hand += 2 * (9 * f * 4 * f + 4 * f)  # two stages
    by_hand += 9 * f * 3 + 3
    model = edsr_generator((None, None, 3), 4, f, blocks, normalization)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == by_hand


def test_the_baseline_of_the_paper_has_its_parameters():
    """EDSR-baseline, x4: 1,517,571 with the paper's shift of means left out, which has 24."""
    assert edsr_generator((None, None, 3), 4, 64, 16).count_params() == 1_517_571


def test_weight_paths():
    paths = [w.path for w in edsr_generator((8, 8, 3), 2, 4, 1).weights]
    layers = ["head", "block_1_convolution_1", "block_1_convolution_2", "body", "up_1", "details"]
    assert paths == [f"{layer}/{part}" for layer in layers for part in ("kernel", "bias")]
