import numpy as np
import pytest

from keras_gen import data
from keras_gen.data.partly_labelled import balanced


def numbered(count=40, classes=4):
    """Images whose every pixel tells a number, of the class of its last digits."""
    numbers = np.arange(count)
    pixels = numbers.astype("uint8")[:, None, None, None]
    return np.broadcast_to(pixels, (count, 4, 4, 1)), numbers % classes


def passes(dataset, count=1):
    """Numbers of the images, and labels, of some passes: two arrays `(count, steps, batch)`."""
    found = [
        [(np.rint((images[:, 0, 0, 0] + 1) * 127.5), labels) for images, labels in one_pass]
        for one_pass in (list(dataset.as_numpy_iterator()) for _ in range(count))
    ]
    numbers, labels = np.moveaxis(np.array(found), 2, 0)
    return numbers.astype(int), labels.astype(int)


@pytest.mark.parametrize("cache", [True, False])
def test_every_fourth_example_of_a_batch_has_a_label_and_the_others_hide_theirs(cache):
    """Each half of a batch, a quarter too, has its share of them: devices that share it learn alike."""
    dataset = data.partly_labelled(numbered(), 8, batch_size=12, cache=cache)
    assert len(dataset) == 3
    numbers, labels = passes(dataset, 8)
    hidden = np.arange(12) % 4 > 0
    assert (labels[..., hidden] == -1).all()
    np.testing.assert_array_equal(labels[..., ::4], numbers[..., ::4] % 4)
    shown = np.unique(numbers[..., ::4])
    assert len(shown) == 8 and np.bincount(shown % 4).tolist() == [2, 2, 2, 2]
    # All come without a label, too, in another order each time.
    assert set(numbers[..., hidden].ravel()) == set(range(40))
    assert (numbers[0] != numbers[1]).any()


def test_which_are_labelled_is_the_seeds_and_not_the_pass():
    chosen = [data.open_partly_labelled(numbered(), 8, seed=seed).labelled for seed in (0, 0, 1)]
    np.testing.assert_array_equal(chosen[0], chosen[1])
    assert (chosen[0] != chosen[2]).any()


def test_first_epoch_starts_where_an_earlier_run_stopped():
    straight, _ = passes(data.partly_labelled(numbered(), 8, batch_size=8), 3)
    resumed, _ = passes(data.partly_labelled(numbered(), 8, batch_size=8, first_epoch=2))
    np.testing.assert_array_equal(straight[2], resumed[0])


def test_each_shard_has_its_share_of_labels():
    parts = [
        passes(data.partly_labelled(numbered(), 8, batch_size=16, shard=(k, 2))) for k in (0, 1)
    ]
    hidden = np.arange(8) % 4 > 0
    for _, labels in parts:
        assert labels.shape[-1] == 8
        assert (labels[..., ::4] >= 0).all() and (labels[..., hidden] == -1).all()
    (first, _), (second, _) = parts
    assert not set(first[..., hidden].ravel()) & set(second[..., hidden].ravel())


@pytest.mark.parametrize(("size", "known"), [(3, [0]), (7, [0]), (9, [0, 4])])
def test_a_small_batch_has_a_quarter_of_its_labels_and_one_at_least(size, known):
    _, labels = passes(data.partly_labelled(numbered(), 8, batch_size=size))
    assert (np.flatnonzero(labels[0, 0] >= 0) == known).all()


@pytest.mark.parametrize("source", ["arrays", "digits"])
def test_some_classes_alone(source):
    given = numbered() if source == "arrays" else "digits"
    opened = data.open_partly_labelled(given, 4, classes="1,0")
    assert opened.class_names == ("1", "0") and len(opened.labelled) == 4
    batches = data.partly_labelled(given, 4, batch_size=8, classes="1,0")
    assert len(batches) == opened.steps(8) < data.open_partly_labelled(given, 20).steps(8)
    _, labels = passes(batches)
    assert set(labels.ravel()) == {-1, 0, 1}


def test_a_folder_and_a_data_set_keep_the_labels_of_as_many_of_each_class(tmp_path, write_pictures):
    write_pictures(tmp_path, {f"{kind}/{k}.png": (4, 4) for kind in "ab" for k in range(6)})
    opened = data.open_partly_labelled(str(tmp_path), 4)
    assert opened.class_names == ("a", "b") and opened.count == 12
    _, labels = passes(opened.batches(batch_size=12), 2)
    assert sorted(labels[0, 0, ::4].tolist() + labels[1, 0, ::4].tolist()) != [0] * 6

    digits = data.open_partly_labelled("digits", 20)
    assert digits.shapes == digits.own_shapes == digits.shapes_at() == ((8, 8, 1),)
    every = [
        labels for _, labels in data.images("digits", batch_size=1, labels=True, shuffle=False)
    ]
    known = np.concatenate(every)[digits.labelled]
    assert np.bincount(known).tolist() == [2] * 10
    assert digits.at_split("test").count == 300


def test_labels_are_shared_out_evenly():
    labels = np.repeat([0, 1, 2], [5, 6, 7])
    chosen = balanced(labels, "abc", 8, seed=0)
    assert len(set(chosen.tolist())) == 8
    assert sorted(np.bincount(labels[chosen]).tolist()) == [2, 3, 3]
    np.testing.assert_array_equal(chosen, np.sort(chosen))


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (
            3,
            "`labelled_examples` must be at least one of each class, 4. Received: labelled_examples=3",
        ),
        (44, "no more than each class has: of '0' there are 10, and 11 are wanted"),
        (0, "`labelled_examples` must be an integer above 0"),
    ],
)
def test_as_many_labels_as_there_are(count, message):
    with pytest.raises(ValueError, match=message):
        data.open_partly_labelled(numbered(), count)


def test_labels_are_needed():
    with pytest.raises(ValueError, match=r"`labels=True` needs `source=\(images, labels\)`"):
        data.partly_labelled(numbered()[0], 4)
