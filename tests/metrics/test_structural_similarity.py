import numpy as np
import pytest
import skimage.metrics
import tensorflow as tf

from keras_gen.metrics import StructuralSimilarity
from keras_gen.metrics.structural_similarity import SCALE_WEIGHTS, structural_similarity


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


@pytest.mark.parametrize(("scales", "size", "smallest"), [(1, 10, 11), (2, 20, 21)])
def test_images_too_small_are_refused(scales, size, smallest):
    images = np.zeros((1, 40, size, 1))
    with pytest.raises(ValueError, match=f"must be {smallest} pixels or more"):
        StructuralSimilarity(scales=scales).update_state(images, images)


@pytest.mark.parametrize("arguments", [{"scales": 0}, {"scales": 6}, {"filter_size": 4}])
def test_arguments_out_of_range_are_refused(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        StructuralSimilarity(**arguments)
