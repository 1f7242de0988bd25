import keras
import numpy as np
import pytest
import skimage.metrics
import tensorflow as tf

from keras_gen import losses
from keras_gen.backend import input_gradient
from keras_gen.metrics import PeakSignalToNoiseRatio, StructuralSimilarity
from keras_gen.modalities.images import similarity
from keras_gen.modalities.images.similarity import SCALE_WEIGHTS


def structural_similarity(real, generated, **options):
    scores = similarity.structural_similarity(real, generated, **options)
    return keras.ops.convert_to_numpy(scores)


@pytest.fixture
def pairs(rng):
    """Smooth images beside noisy copies, in [-1, 1]."""

    def draw(shape, noise=0.3):
        batch, height, width, channels = shape
        waves = np.sin(np.arange(width) / 5)[:, None] * np.cos(np.arange(height) / 7)[:, None, None]
        phases = rng.uniform(0.3, 1, (batch, 1, 1, channels))
        images = 0.7 * waves * phases
        noisy = np.clip(images + noise * rng.uniform(-1, 1, shape), -1, 1)
        return images.astype("float32"), noisy.astype("float32")

    return draw


@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 17, 30, 3), (2, 11, 11, 1)])
def test_agrees_with_scikit_image(pairs, shape):
    real, generated = pairs(shape)
    expected = [
        skimage.metrics.structural_similarity(
            a.astype("float64"),
            b.astype("float64"),
            data_range=2.0,
            channel_axis=-1,
            gaussian_weights=True,
            use_sample_covariance=False,
        )
        for a, b in zip(real, generated, strict=True)
    ]
    metric = StructuralSimilarity()
    metric.update_state(real, generated)
    assert metric.result() == pytest.approx(np.mean(expected), rel=1e-4)
    assert metric.count == shape[0]


def test_smaller_window_agrees_with_tensorflow(pairs):
    real, generated = pairs((2, 8, 8, 1))
    expected = tf.image.ssim(real, generated, max_val=2.0, filter_size=7)
    scores = structural_similarity(real, generated, filter_size=7)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("shape", "scales"), [((2, 161, 190, 3), 5), ((2, 64, 50, 1), 3), ((2, 21, 47, 3), 2)]
)
def test_multi_scale_agrees_with_tensorflow(pairs, shape, scales):
    real, generated = pairs(shape)
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    expected = tf.image.ssim_multiscale(real, generated, 2.0, power_factors=weights.tolist())
    scores = structural_similarity(real, generated, scales=scales)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


@pytest.mark.parametrize("scales", [1, 2])
def test_more_noise_is_less_similar(pairs, scales):
    metric, scores = StructuralSimilarity(scales=scales), []
    for noise in (0.0, 0.1, 0.4, 1.0):
        metric.reset_state()
        metric.update_state(*pairs((4, 28, 28, 1), noise))
        scores.append(metric.result())
    assert scores[0] == pytest.approx(1.0, abs=1e-6)
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 0.5


def test_opposite_textures_are_below_zero_or_cut_there(rng):
    texture = 0.3 * rng.uniform(-1, 1, (2, 28, 28, 1))
    assert structural_similarity(0.5 + texture, 0.5 - texture).max() < 0
    scores = structural_similarity(0.5 + texture, 0.5 - texture, scales=2)
    assert scores.tolist() == [0.0, 0.0]
    assert np.isnan(structural_similarity(texture, np.full_like(texture, np.nan), scales=2)).all()


def test_what_is_cut_to_no_similarity_has_a_finite_gradient(rng):
    texture = 0.3 * rng.uniform(-1, 1, (2, 28, 28, 1)).astype("float32")
    real = keras.ops.convert_to_tensor(0.5 + texture)
    gradient = input_gradient(
        lambda made: losses.structural_similarity(real, made, scales=2),
        keras.ops.convert_to_tensor(0.5 - texture),
    )
    assert np.isfinite(keras.ops.convert_to_numpy(gradient)).all()


@pytest.mark.parametrize(("size", "window"), [(10, 9), (8, 7), (7, 7), (3, 3)])
def test_in_small_images_the_window_is_the_largest_odd_one_that_fits(pairs, size, window):
    real, generated = pairs((2, 13, size, 1))
    metric = StructuralSimilarity()
    metric.update_state(real, generated)
    expected = tf.image.ssim(real, generated, max_val=2.0, filter_size=window)
    assert metric.result() == pytest.approx(np.mean(expected), rel=1e-4)


def test_each_scale_has_its_own_window(pairs):
    """20 pixels hold one of 11, the 10 of the next scale one of 9."""
    real, generated = pairs((2, 20, 20, 1))
    _, contrast = similarity._luminance_and_contrast(real, generated, 11, 2.0)
    halves = [images.reshape(2, 10, 2, 10, 2, 1).mean((2, 4)) for images in (real, generated)]
    last = tf.image.ssim(*halves, max_val=2.0, filter_size=9)
    weights = np.array(SCALE_WEIGHTS[:2]) / sum(SCALE_WEIGHTS[:2])
    first = keras.ops.convert_to_numpy(contrast).mean(axis=(1, 2, 3))
    scores = structural_similarity(real, generated, scales=2)
    np.testing.assert_allclose(scores, first ** weights[0] * last ** weights[1], rtol=1e-4)


def test_losses_metrics_and_cards_mean_the_same(pairs):
    real, generated = pairs((3, 8, 12, 3))
    metrics = {"psnr": PeakSignalToNoiseRatio(), "ssim": StructuralSimilarity()}
    for metric in metrics.values():
        metric.update_state(real, generated)
    scores = losses.paired_scores(real, generated)
    for name, metric in metrics.items():
        assert metric.result() == pytest.approx(float(scores[name]), rel=1e-6)
    assert float(scores["l1"]) == pytest.approx(np.abs(real - generated).mean(), rel=1e-6)
    assert losses.structural_similarity is similarity.structural_similarity
    assert float(losses.paired_scores(real, real)["psnr"]) == pytest.approx(100.0)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"must have the same shape.*\(2, 8, 8, 1\)"):
        losses.structural_similarity(np.zeros((1, 8, 8, 1)), np.zeros((2, 8, 8, 1)))


@pytest.mark.parametrize("arguments", [{"scales": 0}, {"scales": 6}, {"filter_size": 4}])
def test_arguments_out_of_range_are_refused(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        StructuralSimilarity(**arguments)
