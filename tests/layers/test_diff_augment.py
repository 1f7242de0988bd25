import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import DiffAugment
from keras_gen.layers.diff_augment import OPERATIONS
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


def maps(n=200, height=16, width=20):
    """Images of how far each pixel lies below and right of the middle: linear, so kept between pixels."""
    places = np.indices((height, width), "float32")
    down, right = places - (np.array([height, width]).reshape(2, 1, 1) - 1) / 2
    return np.repeat(np.stack([down, right, np.ones_like(down)], axis=-1)[None] / 20, n, axis=0)


def slopes(images):
    """How much further down and right an image's pixels come from, one pixel down and one right, (n, 2, 2)."""
    inner = images[:, 5:-5, 5:-5]
    np.testing.assert_allclose(inner[..., 2], 1 / 20, rtol=1e-4)
    steps = [np.diff(inner[..., :2], axis=axis) * 20 for axis in (1, 2)]
    for step in steps:
        np.testing.assert_allclose(step, step[:, :1, :1] + 0 * step, atol=1e-4)
    np.testing.assert_allclose(inner[..., :2].mean(axis=(1, 2)), 0, atol=1e-5)  # the middle stays
    return np.stack([step[:, 0, 0] for step in steps], axis=1)


def test_rotation_turns_about_the_middle_by_up_to_a_sixteenth():
    turned = changed("rotation", maps())
    (down, right) = slopes(turned).transpose(1, 2, 0)
    angles = np.degrees(np.arctan2(right[0], right[1]))
    np.testing.assert_allclose(np.hypot(*right), 1, atol=1e-4)
    np.testing.assert_allclose(down, [right[1], -right[0]], atol=1e-4)
    assert -22.5 < angles.min() < -20 and 20 < angles.max() < 22.5
    corners = turned[:, 0, 0, 2]
    assert ((corners >= 0) & (corners < 1 / 20)).all()  # grey from outside, in part where between


def test_shear_leans_upright_lines_by_up_to_a_sixteenth_and_leaves_rows():
    images = maps()
    sheared = changed("shear", images)
    (down, right) = slopes(sheared).transpose(1, 2, 0)
    np.testing.assert_allclose(down[0], 1, atol=1e-4)
    np.testing.assert_allclose(right, [np.zeros(200), np.ones(200)], atol=1e-4)
    leans = np.degrees(np.arctan(down[1]))
    assert -22.5 < leans.min() < -20 and 20 < leans.max() < 22.5
    corners = sheared[:, 0, 0, 2]
    assert ((corners >= 0) & (corners < 1.001 / 20)).all() and (corners == 0).any()
    # The middle, half a row above which is row 7, stays where it is.
    np.testing.assert_allclose(sheared[:, 7, 10, 1] * 20, 0.5 - 0.5 * down[1], atol=1e-4)


def test_scale_stretches_each_side_by_itself():
    scaled = changed("scale", maps())
    (down, right) = slopes(scaled).transpose(1, 2, 0)
    np.testing.assert_allclose([down[1], right[0]], 0, atol=1e-5)
    for step in (down[0], right[1]):
        assert 0.8 <= step.min() < 0.82 and 1.22 < step.max() <= 1.2501
    assert abs(np.corrcoef(down[0], right[1])[0, 1]) < 0.2
    (shrunk,) = np.nonzero(down[0] > 1.2)
    assert np.all(scaled[shrunk, 0, 10, 2] < 1 / 20)


def test_hue_turns_colours_about_grey():
    images = pictures(n=400, shape=(4, 4, 4))
    turned = changed("hue", images)
    np.testing.assert_array_equal(turned[..., 3], images[..., 3])
    colours = [x[..., :3] for x in (images, turned)]
    grey = [x.mean(axis=-1, keepdims=True) for x in colours]
    np.testing.assert_allclose(*grey, atol=1e-5)
    # As a complex number: red along the real axis, where it came from one that is positive.
    third = np.exp(2j * np.pi * np.arange(3) / 3)
    plane = [(x - g) @ third for x, g in zip(colours, grey, strict=True)]
    turn = plane[1] / plane[0]
    np.testing.assert_allclose(np.abs(turn), 1, atol=1e-3)
    np.testing.assert_allclose(turn, turn[:, :1, :1] + 0 * turn, atol=1e-3)
    angles = np.angle(turn[:, 0, 0])
    assert angles.min() < -3.0 and angles.max() > 3.0 and abs(np.exp(1j * angles).mean()) < 0.15


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


@pytest.mark.parametrize("operations", OPERATIONS)
def test_the_share_of_changed_images_is_the_probability(operations):
    images = pictures(n=1000)
    full = (changed(operations, images) != images).any(axis=(1, 2, 3)).mean()
    some = (changed(operations, images, probability=0.3) != images).any(axis=(1, 2, 3)).mean()
    assert some == pytest.approx(0.3 * full, abs=0.05)
    np.testing.assert_array_equal(changed(operations, images, probability=0.0), images)


def test_outside_of_training_nothing_is_changed():
    images = pictures(n=4)
    np.testing.assert_array_equal(array(DiffAugment()(images, training=False)), images)


@pytest.mark.parametrize("operations", OPERATIONS)
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
        ({"operations": "colour"}, "`operations` must be some of color, hue, translation, scale, "),
        ({"operations": ()}, "`operations` must be some of"),
        ({"probability": 1.5}, r"`probability` must be a number in \[0, 1\].*probability=1.5"),
        ({"probability": True}, "probability=True"),
    ],
)
def test_what_is_none_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DiffAugment(**arguments)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_list_of_images_is_changed_by_one_draw(operation):
    grey, coloured = pictures(5, (8, 10, 1)), pictures(5, (8, 10, 3))
    both = DiffAugment(operation, seed=0)([grey, coloured])
    for result, alone in zip(both, (grey, coloured), strict=True):
        np.testing.assert_array_equal(array(result), changed(operation, alone))
        assert (array(result) != alone).any() or (operation, alone.shape[3]) == ("hue", 1)
