"""Shards: the parts of one pass that several processes see."""

import numpy as np
import pytest

from keras_gen.data import images, paired, stores, unpaired

ARRAY = np.random.default_rng(0).integers(0, 256, (13, 8, 8, 3), dtype=np.uint8)
OTHER = np.random.default_rng(1).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
OPTIONS = {"batch_size": 4, "augment": ("flip", "crop"), "image_size": 8, "seed": 5}


def passes(pipeline, source, shard, data_dir, count=2):
    batches = pipeline(source, **OPTIONS, shard=shard, data_dir=data_dir)
    return [
        [tuple(np.asarray(x) for x in _columns(batch)) for batch in batches.as_numpy_iterator()]
        for _ in range(count)
    ]


def _columns(batch):
    return batch if isinstance(batch, tuple) else (batch,)


@pytest.mark.parametrize("budget", [stores.MEMORY_BUDGET, 0], ids=["memory", "disk"])
@pytest.mark.parametrize(
    ("pipeline", "source"),
    [
        (images, ARRAY),
        (images, "digits"),
        (paired, (ARRAY, ARRAY[::-1])),
        (unpaired, (ARRAY, OTHER)),
    ],
    ids=["array", "records", "paired", "unpaired"],
)
def test_the_parts_of_all_shards_make_up_the_batches_of_one(
    pipeline, source, budget, data_dir, monkeypatch
):
    monkeypatch.setattr(stores, "MEMORY_BUDGET", budget)
    whole = passes(pipeline, source, (0, 1), data_dir)
    assert not np.array_equal(whole[0][0][0], whole[1][0][0])  # passes differ
    for shards in (2, 4):
        parts = [passes(pipeline, source, (index, shards), data_dir) for index in range(shards)]
        for number, batches in enumerate(whole):
            assert [len(part[number]) for part in parts] == [len(batches)] * shards
            for step, batch in enumerate(batches):
                for column, *shares in zip(batch, *(p[number][step] for p in parts), strict=True):
                    assert {len(share) for share in shares} == {4 // shards}
                    np.testing.assert_array_equal(column, np.concatenate(shares))


def test_shards_have_static_shapes_and_the_length_of_the_whole():
    batches = images(ARRAY, batch_size=4, shard=(1, 2))
    assert len(batches) == 3
    assert batches.element_spec.shape == (2, 8, 8, 3)


@pytest.mark.parametrize("shard", [(2, 2), (-1, 2), (0, 0), 1, (0.0, 1), (0, 1, 2)])
def test_an_impossible_shard_is_named(shard):
    with pytest.raises(ValueError, match="`shard` must be"):
        images(ARRAY, batch_size=4, shard=shard)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 3}, "`batch_size` must be a multiple of the 2 shards"),
        ({"batch_size": 4, "drop_remainder": False}, "`drop_remainder` True"),
        ({"batch_size": 4, "seed": None}, "`seed` must be an integer"),
    ],
)
def test_what_shards_need_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        images(ARRAY, shard=(0, 2), **options)
