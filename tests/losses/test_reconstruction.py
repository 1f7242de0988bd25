import keras
import numpy as np
import pytest

from keras_gen import losses

TARGETS = np.array([[[[1.0], [-1.0]], [[0.0], [0.5]]]])
OUTPUTS = np.array([[[[0.0], [2.0]], [[0.0], [0.0]]]])


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_l1_and_l2_are_means_over_everything():
    assert array(losses.l1(TARGETS, OUTPUTS)) == pytest.approx((1 + 3 + 0 + 0.5) / 4)
    assert array(losses.l2(TARGETS, OUTPUTS)) == pytest.approx((1 + 9 + 0 + 0.25) / 4)


def test_charbonnier_is_l1_but_near_0():
    expected = (np.sqrt(1 + 0.25) + np.sqrt(9 + 0.25) + 0.5 + np.sqrt(0.25 + 0.25)) / 4
    assert array(losses.charbonnier(TARGETS, OUTPUTS, epsilon=0.5)) == pytest.approx(expected)
    assert losses.get_reconstruction("charbonnier") is losses.charbonnier
    l1 = array(losses.l1(TARGETS, OUTPUTS))
    assert array(losses.charbonnier(TARGETS, OUTPUTS)) == pytest.approx(l1, abs=1e-3)


@pytest.mark.parametrize("loss", [losses.l1, losses.l2])
def test_half_precision_gives_a_float32_scalar(loss):
    targets, outputs = keras.ops.full((2, 2), 300.0, "float16"), keras.ops.zeros((2, 2), "float16")
    value = loss(targets, outputs)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert array(value) == pytest.approx(300.0 if loss is losses.l1 else 90_000.0)


@pytest.mark.parametrize("loss", [losses.l1, losses.l2])
@pytest.mark.parametrize("shape", [(1, 2, 2), (1, 2, 1, 1), (3, 2, 2, 1)])
def test_other_shapes_are_refused_rather_than_broadcast(loss, shape):
    with pytest.raises(ValueError, match=r"same shape.*Received: targets.shape=\(1, 2, 2, 1\)"):
        loss(TARGETS, np.zeros(shape))


def test_get_reconstruction():
    custom = lambda targets, outputs: 0.0  # noqa: E731
    assert losses.get_reconstruction("l1") is losses.l1
    assert losses.get_reconstruction("l2") is losses.l2
    assert losses.get_reconstruction(custom) is custom


@pytest.mark.parametrize("identifier", ["l3", None, {}])
def test_get_reconstruction_refuses_what_is_no_loss(identifier):
    with pytest.raises(ValueError, match=r"'l1', 'l2'.*Received: identifier="):
        losses.get_reconstruction(identifier)
