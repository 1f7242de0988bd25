"""From stores of images to batches: one pipeline under `images`, `paired` and `unpaired`."""

from keras_gen.data.augmentation import augment
from keras_gen.data.lazy import tf
from keras_gen.data.orders import in_batches, passes
from keras_gen.data.ranges import to_bytes, to_floats


def build(stores, size, settings, finish, first_step=0):
    """Batches of the images of one or more stores that are shuffled apart.

    All randomness is a function of the seed, the number of the pass, the store and the place in
    the pass; neither global seeds nor the order in which threads finish matter.

    Args:
        stores: List of stores. A pass is as long as the longest; the others begin again, shuffled
            anew, until it ends.
        size: Tuple, height and width of the images to come out.
        settings: `Settings`.
        finish: Function from the stores' `(columns, labels, bits)`, images as they are held, int32 and
            31 random bits an example, to an element.
        first_step: Integer, the batches that are left out at the beginning of each pass; their images
            are not decoded.

    Returns:
        `tf.data.Dataset` of known length. Each iteration over it is the next pass. Its `from_step` is a
        function from a `first_step` to the same pipeline with it.
    """
    length = max(store.count for store in stores)
    steps = settings.steps(length)

    def one_pass(epoch):
        key = tf.stack([tf.constant(settings.seed, tf.int64), epoch])
        keys = tf.unstack(tf.random.split(key, 2 * len(stores)))
        parts = []
        for store, order_key, bits_key in zip(stores, keys[::2], keys[1::2], strict=True):
            bits = tf.random.stateless_uniform([length], bits_key, 0, 2**31 - 1, tf.int32)
            bits = in_batches(bits, length, settings).skip(first_step)
            parts.append((store.batches(length, settings, order_key, first_step), bits))
        return tf.data.Dataset.zip(tuple(parts))

    def load_batch(*parts):
        loaded = []
        for store, (batch, bits) in zip(stores, parts, strict=True):
            images, labels = store.gather(batch)
            images = augment(images, bits, settings.augment, size)
            loaded.append((images, labels, bits))
        return tf.nest.map_structure(convert, finish(*loaded))

    convert = {"float32": to_floats, "uint8": to_bytes}[settings.dtype]
    dataset = passes(settings.first_epoch).flat_map(one_pass)
    dataset = dataset.map(load_batch, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps - first_step))
    dataset = dataset.prefetch(2).with_options(_options())
    # `fit` need not look at a batch of it first, which would count as a pass.
    dataset.is_checked = True
    dataset.from_step = lambda step: build(stores, size, settings, finish, step)
    return dataset


def _options():
    """Options without the autotuner: each pass would wait, when it ends, for the tuner's next tick.

    Its ticks come at 10 ms, 30 ms, 70 ms and so on to a minute apart, so that an epoch of 11 seconds
    took 20 (TensorFlow 2.21).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def own_size(sources):
    """Height and width of all the sources' images, where they are alike."""
    sizes = set()
    for source in sources:
        if any(None in shape for shape in source.shapes):
            source.settle()  # Those that can't be read may be the ones that differ.
        for size in sizes_of(source):
            sizes.add(size)
            if len(sizes) > 1 or None in size:
                raise ValueError(
                    "`image_size` must be given (64 or 128, say), since the images differ in size"
                    f"{'' if None in size else f': {sorted(sizes)}'}. Received: image_size=None"
                )
    return sizes.pop()


def sizes_of(source):
    """Sizes of the images in a source, from what is known of it or else one by one."""
    if source.indexed or not any(None in shape for shape in source.shapes):
        yield from (shape[:2] for shape in source.shapes)
        return
    sizes = source.entries().map(
        lambda entry: [tf.shape(image)[:2] for image in source.decode(entry)[0]],
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    for example in sizes.as_numpy_iterator():
        yield from (tuple(size.tolist()) for size in example)
