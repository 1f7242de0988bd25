import keras
import numpy as np
import pytest

from keras_gen.networks import efficientnet_lite0


def test_it_has_the_published_number_of_weights():
    model = efficientnet_lite0()
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 4_652_008
    assert model.get_layer("features").output.shape == (None, 1280)
    assert model.output_shape == (None, 1000)


def test_each_stage_has_the_size_and_depth_of_the_paper():
    model = efficientnet_lite0((None, 64, 3), num_classes=5)
    shapes = [model.get_layer(f"stage_{stage}").output.shape[2:] for stage in range(1, 8)]
    assert shapes == [(32, 16), (16, 24), (8, 40), (4, 80), (4, 112), (2, 192), (2, 320)]
    assert model.output_shape == (None, 5)


def test_black_and_white_are_what_the_weights_learnt_from():
    model = efficientnet_lite0((32, 32, 3))
    rescaled = model.get_layer("rescaling")(keras.ops.array([-1.0, 1.0]))
    np.testing.assert_allclose(rescaled, [-127 / 128, 1.0])


@pytest.mark.parametrize("shape", [(31, 32, 3), (32, 32, 1), (32, 32, 4)])
def test_refuses_other_images(shape):
    with pytest.raises(ValueError, match=r"`input_shape` must be .*Received: input_shape="):
        efficientnet_lite0(shape)


def test_refuses_no_classes():
    with pytest.raises(ValueError, match=r"`num_classes`.*Received: num_classes=0"):
        efficientnet_lite0((32, 32, 3), num_classes=0)
