import keras
import numpy as np
import pytest

from keras_gen.layers import SinusoidalEmbedding


def embedded(values, units=64, **options):
    values = keras.ops.convert_to_tensor(np.asarray(values, "float32"))
    return keras.ops.convert_to_numpy(SinusoidalEmbedding(units, **options)(values))


def test_they_are_sines_and_cosines_of_growing_frequencies():
    angles = 0.3 * np.array([1.0, 10.0, 100.0])
    expected = np.concatenate([np.sin(angles), np.cos(angles)])
    values = embedded([0.3, 0.7], units=6, max_frequency=100.0)
    np.testing.assert_allclose(values[0], expected, atol=1e-5)


def test_the_ends_and_neighbours_are_told_apart():
    ends = embedded([0.0, 1.0])
    assert np.linalg.norm(ends[0] - ends[1]) > 3.0
    near, far = embedded([0.5, 0.501]), embedded([0.5, 0.6])
    assert 0.1 < np.linalg.norm(near[0] - near[1]) < np.linalg.norm(far[0] - far[1])


def test_half_precision_rounds_the_outputs_alone():
    half = embedded([0.7003], dtype="mixed_float16")
    np.testing.assert_allclose(half, embedded([0.7003]), atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((5,), "`units` must be an even"), ((2,), "`units`"), ((4, 1.0), "`max_frequency` must be")],
)
def test_what_can_not_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        SinusoidalEmbedding(*arguments)
