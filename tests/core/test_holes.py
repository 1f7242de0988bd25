"""Masks of holes: against the pipelines' definition, and what is drawn where."""

import keras
import numpy as np
import pytest

from keras_gen.core import Holes
from keras_gen.data import transforms

SIZE = (16, 24)


def drawn(kind, draws, size=SIZE):
    numbers = np.zeros((len(draws), 57), "float32")
    numbers[:, 1 : 1 + draws.shape[1]] = draws
    return keras.ops.convert_to_numpy(Holes(kind).masks(numbers, size))


@pytest.mark.parametrize(("kind", "count"), [("box", 4), ("free_form", 56)])
def test_the_same_numbers_are_the_holes_of_the_pipelines(kind, count):
    """`keras_gen.data.transforms.masked` is a second implementation."""
    bits = np.arange(12, dtype="int32")
    expected = transforms.masked(np.ones((12, *SIZE, 1), "float32"), bits, kind) == 0.0
    masks = drawn(kind, transforms._uniform(bits, count).numpy())
    # Rounding may put a pixel on the brush's edge on the other side of it.
    assert (masks == expected.numpy()).mean() > 0.999
    assert 0.02 < masks.mean() < 0.5 and set(np.unique(masks)) == {0.0, 1.0}


def test_a_box_by_hand():
    # Height 0.25 + 0.25 x 0.5 = 0.375 of 16: 6 rows, from floor(0.5 x 11) = 5; width half of 24, from 0.
    (mask,) = drawn("box", np.array([[0.5, 0.5, 1.0, 0.0]]))
    expected = np.zeros((*SIZE, 1))
    expected[5:11, :12] = 1
    np.testing.assert_array_equal(mask, expected)


def test_mixed_holes_are_the_one_or_the_other():
    numbers = np.random.default_rng(0).random((8, 57), "float32")
    numbers[:, 0] = np.repeat([0.2, 0.7], 4)
    found = {
        kind: keras.ops.convert_to_numpy(Holes(kind).masks(numbers, SIZE))
        for kind in ("box", "free_form", "mixed")
    }
    np.testing.assert_array_equal(found["mixed"][:4], found["box"][:4])
    np.testing.assert_array_equal(found["mixed"][4:], found["free_form"][4:])


def test_many_are_drawn_a_part_at_a_time(monkeypatch):
    whole = Holes().draw(7, SIZE, seed=0)
    monkeypatch.setattr("keras_gen.core.holes._AT_ONCE", 2 * SIZE[0] * SIZE[1] + 1)
    np.testing.assert_array_equal(Holes().draw(7, SIZE, seed=0), whole)


def test_fixed_masks_are_the_same_and_drawn_ones_follow_the_seed():
    holes = Holes()
    fixed = keras.ops.convert_to_numpy(holes.fixed(5, SIZE))
    np.testing.assert_array_equal(fixed[:3], keras.ops.convert_to_numpy(holes.fixed(3, SIZE)))
    first = holes.draw(5, SIZE, seed=1)
    np.testing.assert_array_equal(first[:3], holes.draw(3, SIZE, seed=1))
    assert (first != holes.draw(5, SIZE, seed=2)).any()
    generator = keras.random.SeedGenerator(0)
    a, b = (keras.ops.convert_to_numpy(holes.sample(5, SIZE, generator)) for _ in range(2))
    assert a.shape == (5, *SIZE, 1) and (a != b).any()
    assert (a.mean((1, 2, 3)) > 0).all() and (a.mean((1, 2, 3)) < 1).all()


@pytest.mark.parametrize(
    ("options", "name"), [({"kind": "star"}, "holes"), ({"smallest": 0.6}, "smallest")]
)
def test_refuses(options, name):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received: {name}="):
        Holes(**options)
