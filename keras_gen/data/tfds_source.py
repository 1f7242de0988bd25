"""A split of a TensorFlow Datasets data set as a source of images."""

import numpy as np

from keras_gen.data.lazy import tf, tfds
from keras_gen.data.preparing import prepared_builder, quiet
from keras_gen.data.subsets import chosen_labels
from keras_gen.data.transforms import suggestion
from keras_gen.modalities.images.range import byte_table


class TFDSSource:
    """Image features of a TFDS data set.

    Args:
        name: String, TFDS's name of the data set.
        columns: Tuple of names of image features, None for the data set's own choice.
        split: String, also TFDS's slices such as `"train[:90%]"`.
        labels: Boolean, whether to read the class as well.
        data_dir: Path of TFDS's folder.
        every_other: None, or 0 or 1 to take every second example, from the first or the second.
        value_range: Tuple, of each column the values that are to be 0 and 255, or None.
        beside: Tuple of names of other image features, which an example must have, too.

    Attributes:
        flags: Frozen set of the Boolean features that say which examples are left out.
    """

    dtype = "uint8"
    indexed = False

    def __init__(
        self,
        name,
        columns=(None,),
        split="train",
        labels=False,
        data_dir=None,
        every_other=None,
        value_range=(None, None),
        beside=(),
    ):
        self.name = name
        self._ranges = value_range
        builder = prepared_builder(name, data_dir)
        self._info = builder.info
        self.splits = tuple(builder.info.splits)
        self._columns = tuple(image_feature(builder.info, column, name) for column in columns)
        self._features = [builder.info.features[column] for column in self._columns]
        self._label = label_feature(builder.info, name) if labels else None
        self._kept = None
        self.shapes = tuple(_shape(f) for f in self._features)
        self.class_names = class_names(builder.info, name)
        # Whether an example has an image; without it, it is left out.
        needed = (*self._columns, *beside)
        flags = tuple(filter(None, (presence(builder.info, column) for column in needed)))
        self.flags = frozenset(flags)
        self.count = count_examples(builder, split, needed)
        wanted = dict.fromkeys((*self._columns, *flags, *filter(None, [self._label])), True)
        as_bytes = dict.fromkeys(self._columns, tfds.decode.SkipDecoding())
        self._records = open_records(builder, split, wanted, as_bytes)
        if flags:
            self._records = self._records.filter(_has_all(flags))
        if every_other is not None:
            self.count = (self.count + 1 - every_other) // 2
            self._records = self._records.shard(2, every_other)

    def keep_classes(self, numbers):
        """Leaves the examples of these classes alone, whose numbers are then their places here."""
        keep, _ = chosen_labels(self.all_labels(), numbers)
        self.count = int(keep.sum())
        self.class_names = tuple(self.class_names[number] for number in numbers)
        self._kept = numbers
        self._records = self._records.filter(
            lambda record: tf.reduce_any(self._among_kept(record[self._label]))
        )

    def _among_kept(self, label):
        return tf.cast(label, tf.int64) == tf.constant(self._kept, tf.int64)

    def _own_number(self, label):
        """The number of a label among the classes that are kept."""
        if self._kept is None:
            return label
        return tf.argmax(self._among_kept(label))

    @property
    def listed(self):
        """Integer, the examples."""
        return self.count

    def settle(self, keep_pictures=True):
        """All examples are good ones."""
        return np.ones(self.count, bool)

    def all_labels(self):
        """The labels of all examples, in their order on disk: an int64 array `(n,)`."""
        labels = self._records.map(lambda record: self._own_number(record[self._label])).batch(1024)
        return np.concatenate(list(labels.as_numpy_iterator()))

    def entries(self):
        """The examples as they lie on disk, in their order there."""
        return self._records

    def decode(self, record, size=None, resize=None, keep=False):
        """The images of an example, uint8, and its label."""
        images = tuple(
            spread(feature.decode_example(record[column]), value_range)
            for column, feature, value_range in zip(
                self._columns, self._features, self._ranges, strict=False
            )
        )
        label = self._own_number(record[self._label]) if self._label else -1
        return images, tf.cast(label, tf.int32)


def open_records(builder, split, wanted, decoders):
    """Some features of a split's examples, as they lie on disk, in their order there.

    Args:
        builder: A prepared TFDS builder.
        split: String.
        wanted: Dict from the features' names to True.
        decoders: Dict from names to TFDS decoders of them.

    Returns:
        `tf.data.Dataset` of dicts.
    """
    with quiet():
        return builder.as_dataset(
            split=split,
            shuffle_files=False,
            decoders=tfds.decode.PartialDecoding(wanted, decoders=decoders),
            read_config=tfds.ReadConfig(try_autocache=False),
        )


def spread(image, value_range):
    """A uint8 image whose values of a range are spread over 0 to 255."""
    if value_range is None:
        return image
    return tf.gather(tf.constant(byte_table(value_range)), tf.cast(image, tf.int32))


def image_feature(info, column, name):
    """Check the name of an image feature, or choose one: the supervised one, else the first."""
    features = info.features
    images = [
        key
        for key in (features if isinstance(features, tfds.features.FeaturesDict) else ())
        if isinstance(features[key], tfds.features.Image) and features[key].np_dtype == np.uint8
    ]
    if not images:
        raise ValueError(
            "`source` must be a data set of 8-bit images; this one has the features "
            f"{features}. Received: source={name!r}"
        )
    if column is None:
        supervised = info.supervised_keys or ()
        return next((key for key in supervised if key in images), images[0])
    if column not in images:
        raise ValueError(
            f"`{name}` has the image features {images}, or `input` can be a transform such as "
            f"'edges'.{suggestion(column, images)} Received: {column!r}"
        )
    return column


def label_feature(info, name):
    """The feature that holds the class: the supervised one, else the only one of its kind."""
    classes = [
        key for key in info.features if isinstance(info.features[key], tfds.features.ClassLabel)
    ]
    supervised = [key for key in info.supervised_keys or () if key in classes]
    if not supervised and len(classes) != 1:
        raise ValueError(
            "`labels=True` needs a data set with classes; this one has the class features "
            f"{classes}. Received: source={name!r}"
        )
    return (supervised or classes)[0]


def class_names(info, name):
    """Tuple of strings, or None where there are no classes."""
    try:
        return tuple(info.features[label_feature(info, name)].names)
    except ValueError:
        return None


def _shape(feature):
    height, width, channels = feature.shape
    return height, width, channels or 3


def presence(info, column):
    """The Boolean feature that says which examples have an image of a feature, or None: all have it."""
    name = f"has_{column}"
    return name if name in info.features and info.features[name].np_dtype == np.bool_ else None


def _has_all(flags):
    return lambda record: tf.reduce_all([record[flag] for flag in flags])


def count_examples(builder, split, columns=()):
    """The number of examples in a split, or a slice of one, that have all of some images.

    Args:
        builder: TFDS's builder of a data set that is prepared.
        split: String.
        columns: Names of image features.
    """
    splits = builder.info.splits
    try:
        count = splits[split].num_examples
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"`split` must be one of {sorted(splits)}, or a part of one such as "
            f"'train[:90%]'. Received: split={split!r}"
        ) from error
    flags = tuple(filter(None, (presence(builder.info, column) for column in columns)))
    if not flags:
        return count
    with quiet(), tf.device("CPU"):
        decoders = tfds.decode.PartialDecoding(dict.fromkeys(flags, True))
        records = builder.as_dataset(split=split, decoders=decoders)
        return int(
            records.reduce(0, lambda n, record: n + tf.cast(_has_all(flags)(record), tf.int32))
        )
