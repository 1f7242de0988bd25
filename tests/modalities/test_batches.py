"""The parts of a batch: how they may come, and what is refused."""

import keras
import numpy as np
import pytest

from keras_gen.modalities import Arrays, Images, Labels, check, look, take
from tests.cases import images
from tests.models.helpers import array

SHAPE = (2, 2, 1)
OTHER = (2, 3, 1)
IMAGE = {"image": Images(SHAPE)}
LABELLED = {"image": Images(SHAPE), "label": Labels(3)}
A_AND_B = {"a": Images(SHAPE), "b": Images(OTHER)}


@pytest.mark.parametrize(
    "data",
    [
        images(3, SHAPE),
        (images(3, SHAPE),),
        (images(3, SHAPE), np.zeros(3)),
        {"image": images(3, SHAPE)},
        {"image": images(3, SHAPE), "label": np.zeros(3)},
        ({"image": images(3, SHAPE)},),
    ],
)
def test_images_come_bare_in_a_tuple_or_in_a_dict(data):
    np.testing.assert_array_equal(take(data, IMAGE), images(3, SHAPE))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            images(3, OTHER),
            r"must have the shape.*\(batch, 2, 2, 1\). Received: shape \(3, 2, 3, 1\)",
        ),
        (images(3, SHAPE)[..., 0], r"Received: shape \(3, 2, 2\)"),
        (
            np.moveaxis(images(3, SHAPE), -1, 1),
            r"\(batch, 2, 2, 1\) with the channels last, `np.moveaxis\(x, 1, -1\)`. Received: shape "
            r"\(3, 1, 2, 2\)",
        ),
        ({"picture": images(3, SHAPE)}, r"the key 'image'. Received: keys \['picture'\]"),
    ],
)
def test_other_images_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        take(data, IMAGE)


PAIR = images(3, SHAPE), images(3, OTHER, seed=1)


@pytest.mark.parametrize(
    "data", [PAIR, (PAIR,), {"a": PAIR[0], "b": PAIR[1]}, ({"a": PAIR[0], "b": PAIR[1]},)]
)
def test_pairs_come_in_a_tuple_or_in_a_dict(data):
    first, second = take(data, A_AND_B)
    np.testing.assert_array_equal(first, PAIR[0])
    np.testing.assert_array_equal(second, PAIR[1])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PAIR[0], r"must be \(a, b\) or .*Received: one batch of images alone"),
        ((PAIR[1], PAIR[0]), r"Training images \(a\) must have.*Received: shape \(3, 2, 3, 1\)"),
        ((PAIR[0], PAIR[0]), r"Training images \(b\) must have.*Received: shape \(3, 2, 2, 1\)"),
        ({"a": PAIR[0], "c": PAIR[1]}, r"keys 'a' and 'b'. Received: keys \['a', 'c'\]"),
    ],
)
def test_other_pairs_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        take(data, A_AND_B)


@pytest.mark.parametrize(
    "data",
    [
        (images(3, SHAPE), np.array([2, 0, 1])),
        {"image": images(3, SHAPE), "label": np.array([2, 0, 1])},
        ({"image": images(3, SHAPE)}, np.array([[2], [0], [1]])),
    ],
)
def test_labels_come_beside_the_images_or_in_their_dict(data):
    assert array(take(data, LABELLED)[1]).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([[0, 1], [1, 0], [1, 0]]), r"of shape \(batch,\). Received: shape \(3, 2\)"),
        (np.zeros((3, 1, 1)), r"Received: shape \(3, 1, 1\)"),
    ],
)
def test_labels_of_other_shapes_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        take((images(3, SHAPE), labels), LABELLED)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2, 3], r"Received: the values 3"),
        ([0, -1, 2], r"Received: the values -1"),
        ([0.5, 1.0, 2.0], r"Received: dtype=float64, the values 0.5, 1, 2"),
        ([np.nan, 1.0, 2.0], r"Received: dtype=float64"),
        ([0, 1, 2**40 + 1], r"Received: the values 1.09951e\+12"),
    ],
)
def test_labels_that_are_no_classes_are_refused_before_the_first_step(labels, message):
    with pytest.raises(ValueError, match=rf"Labels must be integers in \[0, 3\)\. {message}"):
        check((images(3, SHAPE), np.array(labels)), LABELLED, whole=True)


def test_labels_may_be_floats_of_whole_numbers():
    check((images(3, SHAPE), np.array([0.0, 1.0, 2.0])), LABELLED, whole=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            images(3, SHAPE) * 127.5 + 127.5,
            r"floats in \[-1, 1\], or uint8.*Received: float32 values",
        ),
        (np.zeros((3, *SHAPE), "int64"), r"Received: dtype=int64"),
        (np.zeros((3, *SHAPE), "bool"), r"Received: dtype=bool"),
        (np.zeros((3, *SHAPE), "uint16"), r"Received: dtype=uint16"),
        (np.full((3, *SHAPE), np.nan, "float32"), r"with 12 NaN or infinite values"),
        (np.full((3, *SHAPE), np.inf, "float32"), r"with 12 NaN or infinite values"),
    ],
)
def test_numbers_that_are_no_images_are_refused(values, message):
    with pytest.raises(ValueError, match=f"Training images must.*{message}"):
        check(values, IMAGE, whole=True)


def test_a_complex_array_is_refused():
    with pytest.raises(ValueError, match=r"Training images must be .*complex64"):
        check(np.zeros((3, *SHAPE), "complex64"), IMAGE, whole=True)


def test_sample_weights_beside_the_data_are_refused():
    with pytest.raises(ValueError, match=r"must hold no sample weights.*\(x, y, sample_weight\)"):
        take((images(3, SHAPE), np.zeros(3, "int32"), np.ones(3)), LABELLED)


@pytest.mark.parametrize("shape", [(5,), (7, 2), (2, 3, 4, 1)])
def test_arrays_of_any_number_of_axes_keep_their_range(shape):
    values = 50.0 * np.random.default_rng(0).standard_normal((3, *shape)).astype("float32")
    check(values, {"data": Arrays(shape)}, whole=True)
    np.testing.assert_array_equal(take(values, {"data": Arrays(shape)}), values)
    with pytest.raises(ValueError, match=r"Training data must be floats. Received: dtype=uint8"):
        check(values.astype("uint8"), {"data": Arrays(shape)}, whole=True)


def test_bytes_are_scaled():
    taken = array(take(keras.ops.convert_to_tensor(np.full((1, *SHAPE), 255, "uint8")), IMAGE))
    assert taken.max() == 1.0


@pytest.mark.parametrize(
    ("spec", "values", "count"),
    [
        (Images((2,)), np.float32([[1.5, -1.5], [1.6, -1.6], [np.nan, np.inf]]), 4),
        (Images((2,)), np.float32([[1.0, -1.0]]), 0),
        (Arrays((2,)), np.float32([[1e9, -np.inf], [np.nan, 0.0]]), 2),
        (Labels(3), np.int32([0, 2, 3, -1]), 2),
        (Labels(3), np.float32([0.0, 0.5, 2.0, 3.0, np.nan]), 3),
        (Labels(300), np.uint8([0, 200, 255]), 0),
        (Labels(200), np.int8([0, 100, -1]), 1),
        (Labels(3, partial=True), np.uint8([0, 2, 255]), 1),
        (Labels(3, partial=True), np.int8([0, 2, -1]), 0),
    ],
    ids=[
        "images",
        "good images",
        "arrays",
        "integer labels",
        "float labels",
        "few bits",
        "fewer bits",
        "few bits, partial",
        "fewer bits, partial",
    ],
)
def test_values_that_are_not_taken_are_counted_within_a_step(spec, values, count):
    assert int(spec.strays(keras.ops.convert_to_tensor(values))) == count


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "int64"])
@pytest.mark.parametrize("classes", [3, 300])
@pytest.mark.parametrize("partial", [False, True])
def test_labels_of_few_bits_stay_what_they_are(dtype, classes, partial):
    values = np.array([0, 2, 1, 100 if classes == 300 else 2], dtype)
    taken = Labels(classes, partial=partial).take("labels", keras.ops.convert_to_tensor(values))
    assert array(taken).tolist() == values.tolist()


def test_bytes_are_not_counted():
    assert Images((2,)).strays(keras.ops.convert_to_tensor(np.uint8([[0, 255]]))) is None


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        (np.zeros((1, *SHAPE), "uint8"), images(1, SHAPE), r"float32, .* after dtype=uint8"),
        (images(1, SHAPE).astype("float16"), images(1, SHAPE), r"float32, .* after dtype=float16"),
        (images(1, SHAPE), images(1, SHAPE).astype("U8"), r"dtype=<U8"),
        (images(1, SHAPE), images(1, OTHER), r"Received: shape \(1, 2, 3, 1\)"),
        (images(1, SHAPE), None, r"must be arrays. Received: NoneType"),
    ],
)
def test_a_batch_of_another_form_than_the_first_is_refused(first, later, message):
    look(images(2, SHAPE).astype("float64"), IMAGE, images(1, SHAPE))
    with pytest.raises(ValueError, match=message):
        look(later, IMAGE, first)


def test_labels_of_another_rank_than_those_of_the_first_batch_are_refused():
    first = images(2, SHAPE), np.zeros((2, 1))
    with pytest.raises(ValueError, match=r"Labels must be of one dtype and rank in all batches"):
        look((images(2, SHAPE), np.zeros(2)), LABELLED, first)
