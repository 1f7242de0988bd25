import keras
import numpy as np
import pytest

from keras_gen.layers import ReflectionPadding2D


@pytest.mark.parametrize(
    ("padding", "widths"),
    [
        (0, ((0, 0), (0, 0))),
        (3, ((3, 3), (3, 3))),
        ((1, 2), ((1, 1), (2, 2))),
        (((1, 3), (0, 4)), ((1, 3), (0, 4))),
        ([[0, 0], [1, 0]], ((0, 0), (1, 0))),
        ((2, (0, 1)), ((2, 2), (0, 1))),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_it_mirrors_as_numpy_does(padding, widths, channels):
    images = np.random.default_rng(0).normal(size=(2, 4, 5, channels)).astype("float32")
    outputs = ReflectionPadding2D(padding)(images)
    expected = np.pad(images, ((0, 0), *widths, (0, 0)), mode="reflect")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(outputs), expected)


def test_unknown_sizes_stay_unknown():
    outputs = ReflectionPadding2D((1, 2))(keras.Input((None, 8, 3)))
    assert outputs.shape == (None, None, 12, 3)


@pytest.mark.parametrize("padding", [4, (4, 0), ((0, 4), 0), (0, 5), (0, (5, 0))])
def test_padding_as_large_as_the_image_is_refused(padding):
    message = r"less than the image's height and width.*input_shape=\((2|None), 4, 5, 1\)"
    with pytest.raises(ValueError, match=message):
        ReflectionPadding2D(padding)(np.zeros((2, 4, 5, 1)))
    with pytest.raises(ValueError, match=message):
        ReflectionPadding2D(padding)(keras.Input((4, 5, 1)))


@pytest.mark.parametrize("padding", [-1, 1.5, "same", None, (1, 2, 3), ((1, 2, 3), 1), (1, -1), ()])
def test_what_is_no_padding_is_refused(padding):
    with pytest.raises(ValueError, match="Received: padding="):
        ReflectionPadding2D(padding)
