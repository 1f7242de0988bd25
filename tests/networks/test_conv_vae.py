import numpy as np
import pytest

from keras_gen.networks import conv_decoder, conv_encoder

SHAPES = [(8, 8, 1), (9, 9, 3), (28, 28, 1), (30, 17, 2), (64, 64, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_encoder_gives_mean_and_log_variance(shape, sample, run, scramble):
    model = conv_encoder(shape, 5, 8, 8)
    scramble(model)
    mean, log_variance = run(model, sample(model, 3))
    assert mean.shape == log_variance.shape == (3, 5)
    assert not np.allclose(mean, log_variance)


@pytest.mark.parametrize("shape", SHAPES)
def test_decoder_gives_pixels_without_activation(shape, sample, run, scramble):
    model = conv_decoder(shape, 5, 8, 8)
    scramble(model)
    pixels = run(model, 1e6 * sample(model, 3))
    assert pixels.shape == (3, *shape)
    assert pixels.max() > 2 and pixels.min() < -2


def test_encoder_parameters_by_hand():
    # 4 x 4 x 1 x 4 + 4; (4 x 4 x 4) x 8 + 8; twice 8 x 2 + 2
    assert conv_encoder((8, 8, 1), 2, 4, 8).count_params() == 68 + 520 + 36


def test_decoder_parameters_by_hand():
    # 2 x 8 + 8; 8 x (4 x 4 x 4) + 64; 4 x 4 x 4 x 1 + 1
    assert conv_decoder((8, 8, 1), 2, 4, 8).count_params() == 24 + 576 + 65


def test_encoder_weight_paths():
    assert [w.path for w in conv_encoder((14, 14, 1), 2, 4, 8).weights] == [
        "down_1/kernel",
        "down_1/bias",
        "hidden/kernel",
        "hidden/bias",
        "mean/kernel",
        "mean/bias",
        "log_variance/kernel",
        "log_variance/bias",
    ]


def test_decoder_weight_paths():
    assert [w.path for w in conv_decoder((28, 28, 1), 2, 4, 8).weights] == [
        "hidden/kernel",
        "hidden/bias",
        "base/kernel",
        "base/bias",
        "up_1/kernel",
        "up_1/bias",
        "image/kernel",
        "image/bias",
    ]


def test_normalisation_is_an_option():
    for build in (conv_encoder, conv_decoder):
        paths = [w.path for w in build((28, 28, 1), 2, 4, 8, normalization="batch").weights]
        assert any(path.endswith("moving_mean") for path in paths)
        assert "mean/bias" in paths or "image/bias" in paths
