import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data.augmentation import augment
from keras_gen.data.settings import Settings


@pytest.mark.parametrize("names", [("crop",), ("flip",), ("crop", "flip")])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_bits_alone_decide_and_all_columns_share_them(names, dtype):
    size = (4, 5) if "crop" in names else (7, 9)
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 256, (6, 7, 9, depth)).astype(dtype) for depth in (1, 3)]
    bits = rng.integers(0, 2**31, 6).astype("int32")
    augmented = augment(tuple(map(tf.constant, columns)), tf.constant(bits), names, size)
    for images, result in zip(columns, augmented, strict=True):
        for image, bit, got in zip(images, bits, result, strict=True):
            top, left = bit // 2 % 2**15 % (7 - size[0] + 1), bit // 2**16 % (9 - size[1] + 1)
            wanted = image[top : top + size[0], left : left + size[1]]
            if "flip" in names and bit % 2:
                wanted = wanted[:, ::-1]
            np.testing.assert_array_equal(got, wanted)


def test_nothing_is_done_without_names():
    columns = (tf.zeros((2, 4, 4, 1)),)
    assert augment(columns, tf.constant([1, 1]), (), (4, 4)) is columns


def test_every_place_is_as_likely():
    bits = tf.random.stateless_uniform([9000], [0, 1], 0, 2**31 - 1, tf.int32)
    grid = tf.constant(np.arange(9).reshape(1, 3, 3, 1))
    (pixels,) = augment((tf.repeat(grid, 9000, 0),), bits, ("crop",), (1, 1))
    counts = np.bincount(np.ravel(pixels), minlength=9)
    assert counts.min() > 850
    assert counts.max() < 1150


@pytest.mark.parametrize(
    ("size", "held"), [((256, 256), (286, 286)), ((64, 28), (72, 31)), ((4, 4), (5, 5))]
)
def test_images_are_held_larger_in_the_paper_s_proportion(size, held):
    assert Settings(augment="crop").held_size(size) == held
    assert Settings(augment=("flip",)).held_size(size) == size
