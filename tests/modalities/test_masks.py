import keras
import numpy as np
import pytest

from keras_gen.modalities import Masks

MASKS = np.eye(3)[None]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("axes", [3, 4])
def test_takes_booleans_and_numbers_with_and_without_a_channel(dtype, axes):
    masks = MASKS.astype(dtype)
    masks = masks if axes == 3 else masks[..., None]
    spec = Masks((3, 3))
    spec.check("Masks", masks, whole=True)
    for given in (masks, keras.ops.convert_to_tensor(masks)):
        taken = spec.take("Masks", given)
        assert keras.backend.standardize_dtype(taken.dtype) == "float32"
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(taken)[..., 0], MASKS)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        (MASKS * 255, "the values 255"),
        (MASKS * 0.5, "the values 0.5"),
        (MASKS * np.nan, "NaN"),
        (MASKS[:, :2], r"shape \(1, 2, 3\)"),
        (MASKS.astype("complex64"), "complex64"),
    ],
)
def test_refuses(masks, words):
    with pytest.raises(ValueError, match=rf"Masks must .*Received: .*{words}"):
        Masks((3, 3)).check("Masks", masks, whole=True)


def test_counts_what_is_neither_0_nor_1_within_a_step():
    values = keras.ops.convert_to_tensor(np.array([0.0, 1.0, 0.5, np.nan, 2.0], "float32"))
    assert int(Masks((3, 3)).strays(values)) == 3
