import keras
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


@pytest.mark.parametrize("shape", SHAPES)
def test_with_classes_the_encoder_s_gaussian_is_that_of_image_and_label(
    shape, sample, run, scramble
):
    model = conv_encoder(shape, 5, 8, 8, num_classes=3)
    scramble(model)
    images, _ = sample(model, 1)
    for outputs in run(model, [np.repeat(images, 3, axis=0), np.array([0, 1, 1])]):
        assert outputs.shape == (3, 5)
        assert np.abs(outputs[0] - outputs[1]).max() > 1e-3
        np.testing.assert_allclose(outputs[1], outputs[2], atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_with_classes_the_decoder_s_pixels_are_those_of_latents_and_label(
    shape, sample, run, scramble
):
    model = conv_decoder(shape, 5, 8, 8, num_classes=3)
    scramble(model)
    latents, _ = sample(model, 1)
    pixels = run(model, [np.repeat(latents, 3, axis=0), np.array([0, 1, 1])])
    assert pixels.shape == (3, *shape)
    assert np.abs(pixels[0] - pixels[1]).max() > 1e-3
    np.testing.assert_allclose(pixels[1], pixels[2], atol=1e-5)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_labels_may_be_any_integers(dtype, sample, run):
    model = conv_decoder((8, 8, 1), 2, 4, 8, num_classes=3)
    latents, _ = sample(model)
    labels = np.array([2, 0])
    np.testing.assert_array_equal(
        run(model, [latents, labels.astype(dtype)]), run(model, [latents, labels])
    )


def test_the_label_is_a_one_hot_code_beside_latents_and_features(run):
    model = conv_decoder((8, 8, 1), 2, 4, 8, num_classes=3)
    inner = keras.Model(model.inputs, model.get_layer("latents_and_label").output)
    latents = np.array([[0.5, -1.0], [2.0, 3.0]], "float32")
    np.testing.assert_array_equal(
        run(inner, [latents, np.array([2, 0])]), [[0.5, -1, 0, 0, 1], [2, 3, 1, 0, 0]]
    )
    # A row of the dense layer's kernel for each class, behind those of the features: 4 x 4 x 4.
    encoder = conv_encoder((8, 8, 1), 2, 4, 8, num_classes=3)
    assert encoder.get_layer("hidden").kernel.shape == (64 + 3, 8)


def test_classes_add_a_row_each_to_the_dense_layer_alone():
    for build in (conv_encoder, conv_decoder):
        plain, labelled = build((8, 8, 1), 2, 4, 8), build((8, 8, 1), 2, 4, 8, num_classes=3)
        assert [w.path for w in labelled.weights] == [w.path for w in plain.weights]
        assert labelled.count_params() == plain.count_params() + 3 * 8
