import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import DiffAugment
from keras_gen.schedules import Cosine


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def pictures(n=64, shape=(8, 12, 3)):
    return np.random.default_rng(0).uniform(-1, 1, (n, *shape)).astype("float32")


def changed(operations, images, **options):
    return array(DiffAugment(operations, seed=0, **options)(images))


def test_translation_moves_by_whole_pixels_and_fills_with_grey():
    images = pictures()
    moved = changed("translation", images)
    shifts = set()
    for before, after in zip(images, moved, strict=True):
        found = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-2, -1, 0, 1, 2)
            if np.array_equal(_shifted(before, down, right), after)
        ]
        assert len(found) == 1
        shifts |= set(found)
    assert {down for down, _ in shifts} == {-1, 0, 1}
    assert {right for _, right in shifts} == {-2, -1, 0, 1, 2}


def _shifted(image, down, right):
    height, width, _ = image.shape
    padded = np.pad(image, ((1, 1), (2, 2), (0, 0)))
    return padded[1 - down : 1 - down + height, 2 - right : 2 - right + width]


def test_cutout_greys_a_box_of_half_the_sides():
    images = pictures(n=400)
    kept = changed("cutout", images)
    grey = (kept == 0).all(axis=-1)
    np.testing.assert_array_equal(kept[~grey], images[~grey])
    sizes = {(mask.any(axis=1).sum(), mask.any(axis=0).sum()) for mask in grey}
    assert max(height for height, _ in sizes) == 4 and max(width for _, width in sizes) == 6
    boxes = [mask for mask in grey if mask.any()]
    assert all(m.sum() == m.any(axis=1).sum() * m.any(axis=0).sum() for m in boxes)
    assert grey.mean(axis=0).min() > 0.05  # any place


def test_flips_are_one_in_two():
    images = pictures(n=400)
    flipped = changed("flip", images)
    turned = np.isclose(flipped, images[:, :, ::-1], atol=1e-6).all(axis=(1, 2, 3))
    same = np.isclose(flipped, images, atol=1e-6).all(axis=(1, 2, 3))
    assert (turned | same).all() and 0.4 < turned.mean() < 0.6


def test_color_leaves_the_places_and_changes_brightness_saturation_and_contrast():
    images = pictures(n=400)
    coloured = changed("color", images)
    means = coloured.mean(axis=(1, 2, 3)) - images.mean(axis=(1, 2, 3))
    assert -0.5 < means.min() < -0.45 and 0.45 < means.max() < 0.5
    for before, after in zip(images[:20], coloured[:20], strict=True):
        # A channel's distance from grey is stretched by one number, and so is grey's from the mean.
        chroma = [x - x.mean(axis=-1, keepdims=True) for x in (before, after)]
        factors = (chroma[1] / chroma[0]).ravel()
        np.testing.assert_allclose(factors, np.median(factors), rtol=0.02, atol=0.02)
        grey = [x.mean(axis=-1) - x.mean() for x in (before, after)]
        contrast = np.median(grey[1] / grey[0])
        assert 0.49 < contrast < 1.51
        np.testing.assert_allclose(grey[1], contrast * grey[0], atol=1e-4)
        assert -0.01 < np.median(factors) / contrast < 2.01


@pytest.mark.parametrize("operations", ["color", "translation", "cutout", "flip"])
def test_the_share_of_changed_images_is_the_probability(operations):
    images = pictures(n=1000)
    full = (changed(operations, images) != images).any(axis=(1, 2, 3)).mean()
    some = (changed(operations, images, probability=0.3) != images).any(axis=(1, 2, 3)).mean()
    assert some == pytest.approx(0.3 * full, abs=0.05)
    np.testing.assert_array_equal(changed(operations, images, probability=0.0), images)


def test_outside_of_training_nothing_is_changed():
    images = pictures(n=4)
    np.testing.assert_array_equal(array(DiffAugment()(images, training=False)), images)


@pytest.mark.parametrize("operations", ["color", "translation", "cutout", "flip"])
def test_the_gradient_is_that_of_the_change(operations):
    """Each is affine in the image, so that the slope along a direction is the difference it makes."""
    images, direction = pictures(n=3), pictures(n=6)[3:]

    def of(x):
        return DiffAugment(operations, seed=1)(x)

    def weighted(x):
        return keras.ops.sum(of(x) * keras.ops.convert_to_tensor(direction), axis=(1, 2, 3))

    slope = array(input_gradient(weighted, keras.ops.convert_to_tensor(images)))
    step = pictures(n=9)[6:]
    difference = array(weighted(keras.ops.convert_to_tensor(images + step))) - array(
        weighted(keras.ops.convert_to_tensor(images))
    )
    np.testing.assert_allclose((slope * step).sum((1, 2, 3)), difference, rtol=1e-3, atol=1e-3)


def test_a_schedule_is_followed_when_it_is_told_the_step():
    layer = DiffAugment("flip", Cosine(0.0, 0.8, steps=10), seed=0)
    assert float(array(layer.probability)) == 0.0
    layer.follow(5)
    assert float(array(layer.probability)) == pytest.approx(0.4)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    again.follow(10)
    assert float(array(again.probability)) == pytest.approx(0.8)
    fixed = DiffAugment("flip", 0.25)
    fixed.follow(10)
    assert float(array(fixed.probability)) == 0.25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operations": "colour"}, "`operations` must be some of color, translation, cutout, flip"),
        ({"operations": ()}, "`operations` must be some of"),
        ({"probability": 1.5}, r"`probability` must be a number in \[0, 1\].*probability=1.5"),
        ({"probability": True}, "probability=True"),
    ],
)
def test_what_is_none_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DiffAugment(**arguments)


@pytest.mark.parametrize("operation", ["color", "translation", "cutout", "flip"])
def test_a_list_of_images_is_changed_by_one_draw(operation):
    grey, coloured = pictures(5, (8, 10, 1)), pictures(5, (8, 10, 3))
    both = DiffAugment(operation, seed=0)([grey, coloured])
    for result, alone in zip(both, (grey, coloured), strict=True):
        np.testing.assert_array_equal(array(result), changed(operation, alone))
        assert (array(result) != alone).any()
