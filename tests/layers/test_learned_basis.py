import keras
import numpy as np
import pytest

from keras_gen.layers import LearnedBasis


def test_each_number_is_the_strength_of_a_picture():
    layer = LearnedBasis((2, 3))
    layer.build((None, 4))
    pictures = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    layer.set_weights([pictures])
    strengths = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, -1.0]], "float32")
    maps = keras.ops.convert_to_numpy(layer(strengths))
    np.testing.assert_allclose(maps[0, ..., 0], pictures[..., 0])
    assert not maps[0, ..., 1:].any()
    np.testing.assert_allclose(maps[1, ..., 3], -pictures[..., 3])
    np.testing.assert_allclose(maps[1, ..., 1], 2 * pictures[..., 1])


@pytest.mark.parametrize("size", [(2,), (0, 1), (2.0, 2)])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match=r"`size` must be \(height, width\)"):
        LearnedBasis(size)
