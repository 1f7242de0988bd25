import collections

import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import ImagePool


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def numbered(*numbers):
    """Images that are all one number, by which they can be told apart."""
    return np.tile(np.reshape(numbers, (-1, 1, 1, 1)), (2, 3, 1)).astype("float32")


def numbers(images):
    images = array(images)
    np.testing.assert_array_equal(images, np.broadcast_to(images[:, :1, :1], images.shape))
    return images[:, 0, 0, 0].astype(int).tolist()


def contents(pool):
    return numbers(pool.images)[: int(array(pool.count))]


@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_until_it_is_full_the_pool_stores_images_and_returns_them(batch_size):
    pool = ImagePool(4)
    for start in range(1, 5, batch_size):
        batch = list(range(start, start + batch_size))
        assert numbers(pool(numbered(*batch))) == batch
        assert contents(pool) == list(range(1, start + batch_size))


@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_a_full_pool_returns_the_new_image_or_exchanges_it_for_an_old_one(batch_size):
    pool = ImagePool(5, seed=0)
    pool(numbered(1, 2, 3, 4, 5))
    fresh, exchanged = 6, 0
    for _ in range(40):
        before = contents(pool)
        batch = list(range(fresh, fresh + batch_size))
        fresh += batch_size
        outputs = numbers(pool(numbered(*batch)))
        expected = list(before)
        for image, output in zip(batch, outputs, strict=True):
            if output != image:
                expected[before.index(output)] = image  # an old one, whose place the new one takes
                exchanged += 1
        assert contents(pool) == expected
        assert len(set(outputs)) == batch_size
    count = 40 * batch_size
    assert abs(exchanged - count / 2) < 4 * np.sqrt(count / 4)  # probability one half


def test_every_place_is_drawn_alike_and_images_of_a_batch_apart():
    pool = ImagePool(4, seed=1)
    pool(numbered(1, 2, 3, 4))
    places, patterns = collections.Counter(), collections.Counter()
    for step in range(150):
        before = contents(pool)
        outputs = numbers(pool(numbered(10 + 2 * step, 11 + 2 * step)))
        swapped = [output in before for output in outputs]
        patterns[tuple(swapped)] += 1
        places.update(before.index(o) for o, s in zip(outputs, swapped, strict=True) if s)
    total = sum(places.values())
    assert all(abs(places[p] - total / 4) < 4 * np.sqrt(total * 3 / 16) for p in range(4))
    # Each image throws its own coin: both, either or none are exchanged.
    assert all(abs(n - 37.5) < 4 * np.sqrt(150 * 3 / 16) for n in patterns.values())
    assert len(patterns) == 4


def test_the_batch_that_fills_the_pool_exchanges_only_with_earlier_batches():
    exchanged = collections.Counter()
    for seed in range(30):
        pool = ImagePool(5, seed=seed)
        pool(numbered(1, 2, 3))
        outputs = numbers(pool(numbered(4, 5, 6)))
        assert outputs[:2] == [4, 5]
        assert outputs[2] in (6, 1, 2, 3)
        assert contents(pool)[3:] == [4, 5]
        assert sorted([*contents(pool), *outputs]) == sorted([1, 2, 3, 4, 5, 6, 4, 5])
        exchanged[outputs[2]] += 1
    assert exchanged[6] in range(5, 26)
    assert len(exchanged) == 4


def test_of_a_batch_larger_than_the_pool_the_rest_is_returned_as_it_came():
    pool = ImagePool(2, seed=0)
    assert numbers(pool(numbered(1, 2, 3, 4))) == [1, 2, 3, 4]
    assert contents(pool) == [1, 2]
    seen = set()
    for step in range(1, 21):
        batch = [10 * step + i for i in range(4)]
        outputs = numbers(pool(numbered(*batch)))
        assert outputs[2:] == batch[2:]
        seen |= set(outputs[:2]) - set(batch)
    assert seen  # the others do take part


def test_inference_and_a_pool_of_none_return_images_unchanged():
    images = numbered(1, 2, 3)
    pool = ImagePool(2)
    pool(images, training=False)
    assert int(array(pool.count)) == 0
    np.testing.assert_array_equal(array(pool(images, training=False)), images)
    none = ImagePool(0)
    for _ in range(3):
        np.testing.assert_array_equal(array(none(images)), images)
    assert none.weights == []


def test_draws_go_by_the_seed():
    def run(seed):
        pool = ImagePool(2, seed=seed)
        return [numbers(pool(numbered(2 * i + 1, 2 * i + 2))) for i in range(10)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_no_gradient_flows_through_the_pool():
    pool = ImagePool(2)
    inputs = keras.ops.convert_to_tensor(numbered(1, 2))
    gradient = input_gradient(lambda images: pool(images) + 0.0 * images, inputs)
    np.testing.assert_array_equal(array(gradient), np.zeros((2, 2, 3, 1)))


def test_the_pool_is_saved_with_a_model(tmp_path):
    inputs = keras.Input((2, 3, 1))
    model = keras.Model(inputs, ImagePool(3, name="pool")(inputs))
    model(numbered(7, 8), training=True)
    model.save(tmp_path / "model.keras")
    pool = keras.saving.load_model(tmp_path / "model.keras").get_layer("pool")
    assert contents(pool) == [7, 8]
    assert not pool.trainable_weights


@pytest.mark.parametrize("pool_size", [-1, 1.5, None])
def test_a_wrong_size_is_refused(pool_size):
    with pytest.raises(ValueError, match="Received: pool_size="):
        ImagePool(pool_size)


@pytest.mark.parametrize("shape", [(2, 3), (None, None, 4, 3), (2, 4, 4, None)])
def test_unknown_image_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"Received: images.shape="):
        ImagePool(2).build(shape)
