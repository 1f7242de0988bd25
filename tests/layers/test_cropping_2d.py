import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import Cropping2D

IMAGES = np.random.default_rng(0).normal(size=(2, 6, 7, 3)).astype("float32")
ROW_FIRST, ROW_LAST = ((1, 0), (1, 0)), ((0, 1), (0, 1))
CROPPINGS = [0, 2, (1, 2), ((1, 3), (0, 4)), ROW_FIRST, ROW_LAST]


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("cropping", CROPPINGS)
def test_it_crops_as_keras_layer_does(cropping, data_format):
    images = IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1)
    ours, keras_own = (
        layer(cropping, data_format=data_format) for layer in (Cropping2D, keras.layers.Cropping2D)
    )
    np.testing.assert_array_equal(array(ours(images)), array(keras_own(images)))


@pytest.mark.parametrize("cropping", CROPPINGS)
def test_its_gradient_is_that_of_keras_layer(cropping):
    x = keras.ops.convert_to_tensor(IMAGES)
    ours, expected = (
        array(input_gradient(lambda x, layer=layer: keras.ops.sum(layer(x) ** 3), x))
        for layer in (Cropping2D(cropping), keras.layers.Cropping2D(cropping))
    )
    np.testing.assert_array_equal(ours, expected)


def test_unknown_sizes_stay_unknown():
    images = keras.Input((None, 7, 3))
    model = keras.Model(images, Cropping2D((1, 2))(images))
    assert model.output_shape == (None, None, 3, 3)
    assert model.predict(IMAGES, verbose=0).shape == (2, 4, 3, 3)


@pytest.mark.parametrize("cropping", [-1, "all", (1, 2, 3), (3, 0)])
def test_what_can_t_be_cropped_is_refused(cropping):
    with pytest.raises(ValueError, match="cropping"):
        Cropping2D(cropping)(keras.Input((6, 7, 3)))
