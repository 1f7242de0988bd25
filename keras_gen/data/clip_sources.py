"""Clips as images whose channels are those of all their frames: what stores and pipelines hold."""

import copy
import os
import pathlib
import warnings

import numpy as np

from keras_gen.data.array_source import ArraySource
from keras_gen.data.folders import known_splits, natural_order, split_folder
from keras_gen.data.lazy import tf, tfds
from keras_gen.data.preparing import prepared_builder, quiet
from keras_gen.data.sources import is_folder, only_train
from keras_gen.data.tfds_source import count_examples, open_records, spread
from keras_gen.lazy import LazyModule
from keras_gen.modalities.images.decode import decode, picture_shape
from keras_gen.modalities.images.files import find_pictures, say_left_out, say_skipped

Image = LazyModule("PIL.Image")
ImageSequence = LazyModule("PIL.ImageSequence")

# A longer clip of a folder is cut into pieces of so many frames, or of twice as many as are asked for.
MOST_REPEATS = 100  # of a frame
PIECE = 20
ANIMATED = (".gif", ".webp")
ARRAYS = (".npy", ".npz")


def open_clip_source(source, frames, feature=None, channels=None, split="train", **options):
    """The source of a set of clips.

    Args:
        source: As in `keras_gen.data.clips`.
        frames: Integer, the fewest frames that a clip must have.
        feature: String, a feature of a TFDS data set, or None.
        channels: 1 or 3, or None for the clips' own.
        split: String.
        **options: `data_dir`, `strict` and `value_range`.

    Returns:
        A source of images `(height, width, length * channels)`, with the attributes `length` and `depth`:
        frames and channels of a frame.
    """
    value_range = options["value_range"]
    if isinstance(source, (str, os.PathLike)) and pathlib.Path(source).suffix in ARRAYS:
        array = _read_arrays(pathlib.Path(source).expanduser())
        only_train(split)
        return _of_array(array, frames, channels, value_range, os.fspath(source))
    if is_folder(source):
        folder = split_folder(source, split)
        strict = options["strict"]
        return ClipFolder(folder, frames, channels, value_range, strict, known_splits(source))
    if isinstance(source, str):
        data_dir = options["data_dir"]
        return TFDSClips(source, frames, feature, channels, split, data_dir, value_range)
    only_train(split)
    return _of_array(source, frames, channels, value_range, "arrays")


def check_length(length, frames, name):
    """Refuses clips that are shorter than asked.

    Raises:
        ValueError: If so.
    """
    if length < frames:
        raise ValueError(
            f"`frames` must be at most the frames of a clip, {length} in {name!r}. "
            f"Received: frames={frames}"
        )


def check_depth(own, wanted):
    """The channels of a frame.

    Raises:
        ValueError: If frames can't be had with so many.
    """
    if wanted not in (None, own) and (wanted not in (1, 3) or own not in (1, 3)):
        raise ValueError(
            f"`channels` must be 1 or 3, or the frames' own number, {own}. "
            f"Received: channels={wanted!r}"
        )
    return wanted or own


def _read_arrays(path):
    if not path.exists():
        raise FileNotFoundError(
            f"`source` must be a file that exists. Received: {os.fspath(path)!r}"
        )
    found = np.load(path, allow_pickle=False)
    if path.suffix == ".npy":
        return found
    ranks = {name: found[name].ndim for name in found.files}
    names = [name for name, rank in ranks.items() if rank == 5]
    if len(names) != 1:
        raise ValueError(
            "`source` must be a file of one array of clips (n, frames, height, width, channels). "
            f"Received: {os.fspath(path)!r} with the ranks {ranks}"
        )
    return found[names[0]]


def _of_array(array, frames, channels, value_range, name):
    """An `ArraySource` of clips."""
    array = np.asarray(array)
    if array.ndim == 4:
        array = array[..., np.newaxis]
    if array.ndim != 5 or not array.size:
        raise ValueError(
            "`source` must be clips of shape (n, frames, height, width, channels), n > 0. "
            f"Received: an array of shape {array.shape}"
        )
    count, length, height, width, own = array.shape
    check_length(length, frames, name)
    depth = check_depth(own, channels)
    if depth != own:
        array = _with_depth(array, depth)
    images = array.transpose(0, 2, 3, 1, 4).reshape(count, height, width, length * depth)
    source = ArraySource((images,), value_range=(value_range,))
    source.name, source.length, source.depth = name, length, depth
    return source


def _with_depth(array, depth):
    """Clips of as many channels, as an array of their dtype: of colours the luminance."""
    if depth == 3:
        return array.repeat(3, axis=-1)
    grey = array @ np.array([0.2989, 0.587, 0.114])
    grey = np.rint(grey) if np.issubdtype(array.dtype, np.integer) else grey
    return grey.astype(array.dtype)[..., np.newaxis]


class TFDSClips:
    """A video feature of a TFDS data set.

    Args:
        name: String, TFDS's name.
        frames: Integer, the fewest frames. Clips whose length the data set does not tell are cut into pieces of
            so many.
        feature: String, or None for the first that holds clips.
        channels: 1 or 3, or None.
        split: String.
        data_dir: Path of TFDS's folder.
        value_range: Pair of the stored values that are to be black and white, or None.
    """

    dtype = "uint8"
    indexed = False
    class_names = None

    def __init__(self, name, frames, feature, channels, split, data_dir, value_range):
        self.name = name
        self._range = value_range
        builder = prepared_builder(name, data_dir)
        self.splits = tuple(builder.info.splits)
        column = video_feature(builder.info, feature, name)
        self._feature = builder.info.features[column]
        length, height, width, own = self._feature.shape
        self.depth = check_depth(own or 3, channels)
        self._cut = length is None
        self.length = frames if self._cut else length
        check_length(self.length, frames, name)
        self.shapes = ((height, width, self.length * self.depth),)
        self.count = count_examples(builder, split)
        as_bytes = {column: tfds.decode.SkipDecoding()}
        records = open_records(builder, split, {column: True}, as_bytes)
        self._records = records.map(lambda record: record[column])
        if self._cut:
            with quiet(), tf.device("CPU"):
                pieces = self._records.map(lambda video: tf.shape(video)[0] // self.length)
                self.count = int(pieces.reduce(0, lambda n, more: n + more))
            if not self.count:
                raise ValueError(
                    f"`frames` must be at most the frames of a clip: all of {name!r} are shorter. "
                    f"Received: frames={frames}"
                )
            self._records = self._records.flat_map(self._pieces)

    @property
    def listed(self):
        """Integer, the clips."""
        return self.count

    def settle(self, keep_pictures=True):
        """All clips are good ones."""
        return np.ones(self.count, bool)

    def entries(self):
        """The clips as they lie on disk, in their order there."""
        return self._records

    def decode(self, record, size=None, resize=None, keep=False):
        """The frames of a clip as one image, uint8, and no label."""
        clip = spread(self._feature.decode_example(record), self._range)
        if clip.shape[-1] == 3 and self.depth == 1:
            grey = tf.image.rgb_to_grayscale(tf.cast(clip, tf.float32))
            clip = tf.saturate_cast(tf.round(grey), tf.uint8)
        elif clip.shape[-1] == 1 and self.depth == 3:
            clip = tf.repeat(clip, 3, axis=-1)
        sides = tf.shape(clip)[1:3]
        image = tf.reshape(
            tf.transpose(clip, (1, 2, 0, 3)), (sides[0], sides[1], self.length * self.depth)
        )
        return (tf.ensure_shape(image, self.shapes[0]),), tf.constant(-1)

    def _pieces(self, video):
        """The encoded frames of a clip of any length, cut."""
        count = tf.shape(video)[0] // self.length
        whole = video[: count * self.length]
        return tf.data.Dataset.from_tensor_slices(tf.reshape(whole, (count, self.length)))


def video_feature(info, column, name):
    """Checks the name of a feature that holds clips of bytes, or chooses the first.

    Raises:
        ValueError: If there is none, or none of that name.
    """
    features = info.features
    clips = [
        key
        for key in (features if isinstance(features, tfds.features.FeaturesDict) else ())
        if len(getattr(features[key], "shape", None) or ()) == 4
        and features[key].np_dtype == np.uint8
    ]
    if not clips:
        raise ValueError(
            f"`source` must be a data set with clips; this one has the features {features}. "
            f"Received: source={name!r}"
        )
    if column not in (None, *clips):
        raise ValueError(
            f"`feature` must be one that holds clips, of {clips}. Received: feature={column!r}"
        )
    return column or clips[0]


class ClipFolder:
    """Animated pictures, and folders of numbered ones, as clips in memory.

    An animated picture's frames are of even time: one that lasts as long as three of the shortest is three.

    Args:
        folder: Path of a folder. Each GIF or WebP in it or below with more than one frame is a clip, and so are
            the other pictures of each folder together, in the order of their names.
        frames: Integer, the fewest frames. Shorter clips are left out, with a warning.
        channels: 1 or 3, or None: 1 where all are grey.
        value_range: Pair of the stored values that are to be black and white, or None.
        strict: Boolean, whether to refuse clips that can't be read or are too short.
        splits: Tuple of strings, the names of the splits there are.
    """

    dtype = "uint8"
    indexed = True
    class_names = None

    def __init__(self, folder, frames, channels, value_range, strict, splits):
        self.name = os.fspath(folder)
        self.splits = splits
        files, others = find_pictures(pathlib.Path(folder))
        clips, errors, short = [], [], []
        groups = _clips_of(files)
        check_depth(3, channels)
        for name, pictures in groups.items():
            try:
                clip = _read_clip(pictures, channels, value_range)
            except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
                errors.append((name, error))
                continue
            if len(clip) < frames:
                short.append(f"{name} ({len(clip)})")
            else:
                clips.append(clip)
        said = [say_left_out(others), say_skipped(errors, len(groups))]
        if short:
            said.append(
                f"Left out {len(short)} of {len(groups)} clips that have fewer than {frames} frames: "
                f"{', '.join(short[:5])}{' and others' if len(short) > 5 else ''}."
            )
        most = max(PIECE, 2 * frames)
        shortest = min(map(len, clips), default=most)
        if shortest < min(most, max(map(len, clips), default=most)):
            said.append(
                f"Elements have at most {shortest} frames, those of the shortest clip that was taken; longer "
                "ones are cut."
            )
        said = " ".join(filter(None, said))
        if not clips or (strict and (errors or short)):
            raise ValueError(
                f"`source` must be a folder with animated pictures ({', '.join(ANIMATED)}), or with one "
                f"subfolder of numbered pictures a clip, of at least {frames} frames each. {said} "
                f"Received: source={self.name!r}"
            )
        if said:
            warnings.warn(f"{self.name}: {said}", stacklevel=4)
        self.depth = channels or max(clip.shape[-1] for clip in clips)
        self.length = min(most, shortest)
        self._clips = [
            _with_depth(clip, self.depth) if clip.shape[-1] != self.depth else clip
            for clip in clips
        ]
        self._pieces = [
            (number, start)
            for number, clip in enumerate(self._clips)
            for start in _starts(len(clip), self.length, frames if shortest < most else 1)
        ]
        self.count = self.listed = len(self._pieces)
        sizes = {clip.shape[1:3] for clip in self._clips}
        size = sizes.pop() if len(sizes) == 1 else (None, None)
        self.shapes = ((*size, self.length * self.depth),)

    def ends(self):
        """The same, of clips that were cut the last piece alone."""
        taken = copy.copy(self)
        taken._pieces = list({number: (number, start) for number, start in self._pieces}.values())
        taken.count = taken.listed = len(taken._pieces)
        return taken

    def settle(self, keep_pictures=True):
        """All clips are good ones."""
        return np.ones(self.count, bool)

    def entries(self):
        """The indices of the clips."""
        return tf.data.Dataset.range(self.count)

    def decode(self, index, size=None, resize=None, keep=False):
        """The frames of a clip as one image, uint8, and no label."""
        image = tf.numpy_function(self._image, [index], tf.uint8)
        return (tf.ensure_shape(image, self.shapes[0]),), tf.constant(-1)

    def _image(self, index):
        number, start = self._pieces[index]
        clip = self._clips[number][start : start + self.length]
        return clip.transpose(1, 2, 0, 3).reshape(*clip.shape[1:3], -1)


def _starts(length, piece, frames=1):
    """Where the pieces of a clip begin, so that so many frames in a row are in one; the last ends with it."""
    starts = list(range(0, length - piece + 1, piece - frames + 1))
    return starts if starts[-1] + piece == length else [*starts, length - piece]


def _clips_of(files):
    """Dict from the names of clips to their files: one animated picture, or the frames in order."""
    clips, frames = {}, {}
    for file in files:
        if file.suffix.lower() in ANIMATED and _is_animated(file):
            clips[os.fspath(file)] = [file]
        else:
            frames.setdefault(os.fspath(file.parent), []).append(file)
    for folder, pictures in frames.items():
        clips[folder] = sorted(pictures, key=lambda file: natural_order(file.name))
    return clips


def _is_animated(file):
    try:
        with Image.open(file) as image:
            return getattr(image, "n_frames", 1) > 1
    except Exception:  # It is named when it is read.
        return True


def _read_clip(files, channels, value_range):
    """Uint8 array `(frames, height, width, channels)`."""
    if len(files) == 1 and files[0].suffix.lower() in ANIMATED:
        return _read_animation(files[0], channels)
    depth = channels or max(picture_shape(file)[-1] for file in files)
    pictures = [decode(file, depth, value_range).pixels for file in files]
    if len({picture.shape for picture in pictures}) > 1:
        raise ValueError("its frames differ in size")
    return np.stack(pictures)


def _repeats(shown):
    """Pairs of a frame and for how many it stands: equal ones in a row are written as one that lasts longer.

    Args:
        shown: List of pairs of a frame and its duration; the shortest is that of one.
    """
    shortest = min((duration for _, duration in shown if duration > 0), default=0)
    for frame, duration in shown:
        yield frame, max(1, min(round(duration / shortest), MOST_REPEATS)) if shortest else 1


def _read_animation(file, channels):
    """The frames of an animated picture, laid on white where they are transparent."""
    with Image.open(file) as image:
        shown = [
            (frame.convert("RGBA"), frame.info.get("duration", 0))
            for frame in ImageSequence.Iterator(image)
        ]
    frames = [frame for frame, times in _repeats(shown) for _ in range(times)]
    white = Image.new("RGBA", frames[0].size, "white")
    frames = [Image.alpha_composite(white, frame) for frame in frames]
    if channels == 1:
        return np.stack([np.array(frame.convert("L")) for frame in frames])[..., np.newaxis]
    clip = np.stack([np.array(frame.convert("RGB")) for frame in frames])
    grey = channels is None and (clip == clip[..., :1]).all()  # Palettes are of colours always.
    return clip[..., :1] if grey else clip
