import keras
import numpy as np
import pytest

from keras_gen.layers import LabelMap


@pytest.mark.parametrize("labels_shape", [(3,), (3, 1)])
@pytest.mark.parametrize("labels_dtype", ["int32", "int64", "uint8", "float32"])
def test_the_label_is_one_hot_across_channels_at_every_pixel(labels_shape, labels_dtype):
    # As many classes as rows and columns, so that a map along another axis has the same shape.
    features = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype("float32")
    labels = np.array([0, 3, 1]).astype(labels_dtype).reshape(labels_shape)
    outputs = keras.ops.convert_to_numpy(LabelMap(4)([features, labels]))
    assert outputs.shape == (3, 4, 4, 2 + 4)
    np.testing.assert_array_equal(outputs[..., :2], features)
    for example, label in enumerate([0, 3, 1]):
        for row, column in np.ndindex(4, 4):
            expected = [float(k == label) for k in range(4)]
            assert outputs[example, row, column, 2:].tolist() == expected


def test_a_label_out_of_range_makes_a_map_of_zeros():
    outputs = LabelMap(2)([np.zeros((2, 3, 3, 1)), np.array([2, -1])])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(outputs), np.zeros((2, 3, 3, 3)))


@pytest.mark.parametrize("num_classes", [0, -1, 2.5, None])
def test_a_wrong_number_of_classes_is_refused(num_classes):
    with pytest.raises(ValueError, match="Received: num_classes="):
        LabelMap(num_classes)
