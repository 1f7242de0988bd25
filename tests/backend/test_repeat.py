import keras
import numpy as np
from keras import ops

from keras_gen.backend import predict, repeat


class Powers(keras.layers.Layer):
    """Multiplies by the weight and adds the number, as often as a variable says."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), dtype="int32", initializer="ones", trainable=False)

    def call(self, x):
        return repeat(
            lambda number, x: 2.0 * x + ops.cast(number, x.dtype),
            ops.convert_to_tensor(self.count),
            x,
        )

    def compute_output_shape(self, shape):
        return shape


def test_it_repeats_as_often_as_it_is_told_with_the_numbers_in_order():
    x = ops.convert_to_tensor(np.array([1.0, -1.0], "float32"))
    for count, expected in ((0, [1, -1]), (1, [2, -2]), (3, [12, -4])):
        found = repeat(lambda number, x: 2.0 * x + ops.cast(number, "float32"), count, x)
        np.testing.assert_allclose(ops.convert_to_numpy(found), expected)


def test_a_compiled_network_takes_the_count_of_a_variable():
    layer = Powers()
    network = keras.Sequential([keras.Input((1,)), layer])
    x = np.array([[1.0], [-1.0], [0.0]], "float32")
    for count, expected in ((1, [2, -2, 0]), (3, [12, -4, 4])):
        layer.count.assign(count)
        np.testing.assert_allclose(predict(network, x, 2)[:, 0], expected)
