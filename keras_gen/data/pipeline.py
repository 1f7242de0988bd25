"""From sources to batches: one pipeline under `images`, `paired` and `unpaired`."""

import itertools

import numpy as np

from keras_gen.data.augmentation import augment
from keras_gen.data.fitting import resolve_channels
from keras_gen.data.lazy import tf
from keras_gen.data.stores import MemoryStore, make_store


def build(sources, channels, settings, finish):
    """Batches of the images of one or more sources that are shuffled apart.

    All randomness is a function of the seed, the number of the pass, the source and the place in
    the pass; neither global seeds nor the order in which threads finish matter.

    Args:
        sources: Tuple of sources. A pass is as long as the longest; the others begin again,
            shuffled anew, until it ends.
        channels: Tuple, one a source, of tuples: the channels wanted of each column, or None.
        settings: `Settings`.
        finish: Function from the tuple of the sources' `(columns, labels)`, float32 in [-1, 1] and
            int32, to an element.

    Returns:
        `tf.data.Dataset` of known length. Each iteration over it is the next pass.
    """
    steps = settings.steps(max(source.count for source in sources))
    with tf.device("CPU"):
        size = settings.image_size or _own_size(sources)
        stores = [
            make_store(
                source,
                settings.held_size(size),
                tuple(
                    resolve_channels(c, shape, source.name)
                    for c, shape in zip(wanted, source.shapes, strict=True)
                ),
                settings.cache,
            )
            for source, wanted in zip(sources, channels, strict=True)
        ]
        length = max(store.count for store in stores)

        def one_pass(epoch):
            parts = (
                tf.data.Dataset.zip(_entries(store, length, settings, key), _bits(length, key))
                for store, key in zip(stores, _keys(settings.seed, epoch, stores), strict=True)
            )
            return tf.data.Dataset.zip(tuple(parts))

        def load_one(*parts):
            return tuple((s.load_one(e), bits) for s, (e, bits) in zip(stores, parts, strict=True))

        def load_batch(*parts):
            loaded = []
            for store, (batch, bits) in zip(stores, parts, strict=True):
                images, labels = store.load_batch(batch)
                images = augment(list(images), bits, settings.augment, size)
                loaded.append((tuple(_to_range(x) for x in images), labels))
            return finish(*loaded)

        dataset = _passes(settings.first_epoch).flat_map(one_pass)
        if not all(isinstance(store, MemoryStore) for store in stores):
            dataset = dataset.map(load_one, num_parallel_calls=tf.data.AUTOTUNE)
        dataset = dataset.batch(settings.batch_size, drop_remainder=settings.drop_remainder)
        dataset = dataset.map(load_batch, num_parallel_calls=tf.data.AUTOTUNE)
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
        return dataset.prefetch(tf.data.AUTOTUNE)


def _passes(first):
    """A dataset of one element: the number of the pass, one more in each iteration over it."""
    numbers = itertools.count(first)
    number = tf.data.Dataset.range(1).map(
        lambda _: tf.numpy_function(lambda: np.int64(next(numbers)), [], tf.int64)
    )
    return number.map(lambda n: tf.ensure_shape(n, ()))


def _keys(seed, epoch, stores):
    """One stateless seed a store for a pass."""
    key = tf.stack([tf.constant(seed, tf.int64), epoch])
    return tf.unstack(tf.random.experimental.stateless_split(key, len(stores)))


def _bits(length, key):
    """31 random bits for each place of a pass."""
    bits = tf.random.stateless_uniform([length], key, maxval=2**31 - 1, dtype=tf.int32)
    return tf.data.Dataset.from_tensor_slices(bits)


def _entries(store, length, settings, key):
    """A pass over a store's entries, again and again up to the length, each time shuffled anew."""

    def one_round(number):
        if not settings.shuffle:
            return store.entries()
        seed = tf.random.stateless_uniform(
            [], key + tf.stack([0, number]), maxval=2**62, dtype=tf.int64
        )
        return store.entries().shuffle(
            store.shuffle_buffer, seed=seed, reshuffle_each_iteration=False
        )

    # TensorFlow mixes its global seed into every shuffle: within this function it has none.
    tf.random.set_seed(None)
    rounds = -(-length // store.count)
    return tf.data.Dataset.range(rounds).flat_map(one_round).take(length)


def _to_range(images):
    return tf.cast(images, tf.float32) / 127.5 - 1.0 if images.dtype == tf.uint8 else images


def _own_size(sources):
    """Height and width of all the sources' images, where they are alike."""
    sizes = {shape[:2] for source in sources for shape in source.shapes}
    if any(None in size for size in sizes):
        examples = (source.entries().map(source.decode).take(1) for source in sources)
        images = (image for example in examples for images, _ in example for image in images)
        sizes = {tuple(image.shape[:2]) for image in images}
    if len(sizes) > 1:
        raise ValueError(
            "`image_size` must be given, since the images differ in size: "
            f"{sorted(sizes)} among others. Received: image_size=None"
        )
    return tuple(int(side) for side in sizes.pop())
