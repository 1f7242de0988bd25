"""Folders of picture files as a source of images."""

import concurrent.futures
import contextlib
import dataclasses
import os
import threading
import warnings

import numpy as np

from keras_gen.data.folders import class_labels, classes_beside, matching_files
from keras_gen.data.lazy import tf
from keras_gen.data.subsets import chosen_labels
from keras_gen.modalities.images.decode import LARGE, decode, picture_shape, silent_about_size
from keras_gen.modalities.images.files import name_errors, say_guesses, say_left_out, say_skipped

HALVES = ("left", "right")
# Decoded pictures of no more bytes than this are kept for other sizes than the first.
KEPT_BYTES = 256 * 1024**2

_large_pictures = threading.Lock()


class FolderSource:
    """Picture files of any size and mode below one or two folders.

    Headers are read at once. Every file is decoded before the first batch, so that no unreadable one
    stops a training later: by whoever reads all the pictures first, or else to find out the `count`.

    Args:
        folders: Tuple of folders. With two, an example is a file of the first and the file of the
            same path, but for its suffix, below the second.
        labels: Boolean, whether subfolders must be classes.
        strict: Boolean, whether to refuse what is unreadable, or without a counterpart, instead of
            skipping it with a warning.
        halves: Optional tuple of `"left"` and `"right"`: the parts of each picture that are the
            images of an example.
        channels: Tuple, the channels wanted of each image of an example, or None; 4 keeps opacity.
        value_range: Tuple, of each image the stored values that are to be black and white, or None.
        splits: Tuple of strings, the names of the splits there are.
    """

    dtype = "uint8"
    indexed = True

    def __init__(
        self,
        folders,
        labels=False,
        strict=False,
        halves=None,
        channels=(None, None),
        value_range=(None, None),
        splits=("train",),
    ):
        self.name = os.fspath(folders[0])
        self.splits = splits
        self._strict, self._halves = strict, halves
        self._ranges, self._wanted = value_range, channels
        if halves is not None:
            self._ranges, self._wanted = value_range[:1], (4 if 4 in channels else None,)
        self._asked = None not in channels
        rows, self._others = matching_files(folders, strict)
        self._total = len(rows)
        with silent_about_size(), _threads() as pool:
            headers = list(pool.map(self._try_shapes, rows))
        self._errors = [header for header in headers if isinstance(header, tuple)]
        good = [k for k, header in enumerate(headers) if not isinstance(header, tuple)]
        self._rows, self._headers = [rows[k] for k in good], [headers[k] for k in good]
        self._settled, self._tried = False, {}
        self._reports = [[] for _ in self._wanted]
        self._kept, self._kept_bytes, self._lock = {}, 0, threading.Lock()
        self.class_names = self._labels = None
        self.shapes = self._common_shapes()
        if not self._rows or (self._errors and strict):
            self.settle()
        self.class_names, self._labels = self._classes(folders[0], labels)

    @property
    def listed(self):
        """Integer, the examples with a readable header; what is decoded may turn out to be fewer."""
        return len(self._rows)

    @property
    def count(self):
        """Integer, the examples; all files are decoded to know, if they have not been yet."""
        self.settle()
        return len(self._rows)

    @property
    def sizes(self):
        """List of the height and width of each example's first image, by its header."""
        share = 1 if self._halves is None else 2
        return [(height, width // share) for (height, width, _), *_ in self._headers]

    def leave_out(self, least):
        """Leaves out the examples whose first image has a side under `least` pixels, and says so.

        It is for a source that nothing was read of yet.
        """
        keep = np.array([min(size) >= least for size in self.sizes], bool)
        if keep.all():
            return
        before = len(self._rows)
        self._leave(keep)
        warnings.warn(
            f"{self.name}: Left out {before - len(self._rows)} of {before} pictures, which have a side "
            f"under {least} pixels and would have to be enlarged.",
            stacklevel=4,
        )

    def keep_classes(self, numbers):
        """Leaves the examples of these classes alone, whose numbers are then their places here.

        It is for a source that nothing was read of yet.
        """
        keep, labels = chosen_labels(self._labels, numbers)
        self._leave(keep)
        self._labels = labels
        self.class_names = tuple(self.class_names[number] for number in numbers)

    def _leave(self, keep):
        self._rows = [row for row, stays in zip(self._rows, keep, strict=True) if stays]
        self._headers = [head for head, stays in zip(self._headers, keep, strict=True) if stays]
        self._drop_from_facts(keep)

    def settle(self, keep_pictures=True):
        """Drops the examples that can't be decoded, and says so; decodes what nobody has tried yet.

        Args:
            keep_pictures: Boolean, whether those decoded for it may be held in memory.

        Returns:
            Boolean array, of what was listed before whether it stays.

        Raises:
            ValueError: If nothing stays, or something is dropped although `strict`.
        """
        keep = np.ones(len(self._rows), bool)
        if self._settled:
            return keep
        with silent_about_size(), _threads() as pool:
            untried = [k for k in range(len(self._rows)) if k not in self._tried]
            # Only whether each was read: all the pictures at once may be more than there is memory.
            list(pool.map(lambda k: self._try(k, keep=keep_pictures) is not None, untried))
        failed = {k: error for k, error in self._tried.items() if error is not None}
        self._errors += [failed[k] for k in sorted(failed)]
        self._settled = True
        keep[list(failed)] = False
        stays = np.flatnonzero(keep)
        self._rows = [self._rows[k] for k in stays]
        self._headers = [self._headers[k] for k in stays]
        self._kept = {new: self._kept[k] for new, k in enumerate(stays) if k in self._kept}
        if failed and self._rows:
            self._drop_from_facts(keep)
        self._complain()
        if not self._rows:
            raise ValueError(f"`source` has no readable picture. Received: source={self.name!r}")
        return keep

    def _drop_from_facts(self, keep):
        self.shapes = tuple(
            (*own[:2], shape[2])
            for own, shape in zip(self._common_shapes(), self.shapes, strict=True)
        )
        if self._labels is not None:
            self._labels = self._labels[keep]

    def all_labels(self):
        """The labels of all examples that can be read, in order: an integer array `(n,)`."""
        self.settle()
        return self._labels

    def entries(self):
        """The indices of the rows of files."""
        return tf.data.Dataset.range(self.listed)

    def decode(self, index, size, resize, keep=False):
        """The images of a row, uint8, and its label.

        Args:
            index: Int64 tensor.
            size: Tuple, the height and width that the images are going to be fitted to.
            resize: Tuple, how each of them is.
            keep: Boolean, whether decoded pictures may be held in memory.
        """
        channels = [shape[-1] for shape in self.shapes]
        read = lambda index: self._read_or_note(int(index), size, resize, keep)  # noqa: E731
        images = tf.numpy_function(read, [index], [tf.uint8] * len(channels))
        for image, depth in zip(images, channels, strict=True):
            image.set_shape([None, None, depth])
        label = -1 if self._labels is None else tf.gather(self._labels, index)
        return tuple(images), tf.cast(label, tf.int32)

    def _read_or_note(self, index, size, resize, keep):
        """The row's images; while it is not settled, of an unreadable one a pixel each, and a note."""
        if self._settled:
            return self._read(index, size, resize, keep)
        return self._try(index, size, resize, keep) or [
            np.zeros((1, 1, shape[-1]), "uint8") for shape in self.shapes
        ]

    def _try(self, index, size=None, resize=None, keep=False):
        try:
            images = self._read(index, size, resize, keep)
        except _Unreadable as error:
            self._tried[index] = error.args
            return None
        self._tried[index] = None
        return images

    def _read(self, index, size, resize, keep):
        if index in self._kept:
            return self._kept[index]
        decoded = []
        for column, file in enumerate(self._rows[index]):
            with _named(file):
                decoded.append(self._decode(file, index, column, size, resize))
        if not self._settled:
            for reports, one in zip(self._reports, decoded, strict=True):
                reports.append(dataclasses.replace(one, pixels=None))
        images = [one.pixels for one in decoded]
        if self._halves is not None:
            width = images[0].shape[1] // 2
            parts = {"left": images[0][:, :width], "right": images[0][:, -width:]}
            images = [np.ascontiguousarray(parts[half]) for half in self._halves]
        # Of a large one there is only what this size needs.
        if keep and not any(height * width > LARGE for height, width, _ in self._headers[index]):
            with self._lock:
                size = sum(image.nbytes for image in images)
                if self._kept_bytes + size <= KEPT_BYTES:
                    self._kept_bytes += size
                    self._kept[index] = images
        return images

    def _decode(self, file, index, column, size, resize):
        height, width, _ = self._headers[index][column]
        depth = self.shapes[column][-1]
        whole = self._halves is not None
        if size is None:
            # To find out whether it can be read at all: a large one need not be kept whole.
            size = (64, 64)
        least = (size[0], 2 * size[1]) if whole else size
        nearest = resize is not None and resize[column] == "nearest"
        with _one_at_a_time() if height * width > LARGE else contextlib.nullcontext():
            return decode(file, depth, self._ranges[column], least, whole, nearest)

    def _try_shapes(self, row):
        """Shapes of a row's pictures, or the first whose header can't be read and why."""
        try:
            shapes = []
            for file, channels, value_range in zip(row, self._wanted, self._ranges, strict=True):
                with _named(file):
                    shapes.append(picture_shape(file, channels, value_range))
            return shapes
        except _Unreadable as error:
            return error.args

    def _complain(self):
        """One warning of what is left out and of what was guessed; an error where `strict`."""
        if self._errors and self._strict:
            raise ValueError(
                "`source` must hold readable pictures only, since strict=True. Received: "
                f"{len(self._errors)} of {self._total} unreadable: {name_errors(self._errors)}"
            )
        said = [say_skipped(self._errors, self._total), say_left_out(self._others)]
        for reports in self._reports:
            said += say_guesses(reports, self._total, say_composited=not self._asked)
        said.append(self._say_cut_apart())
        said = list(dict.fromkeys(filter(None, said)))
        if said:
            warnings.warn(f"{self.name}: {' '.join(said)}", stacklevel=2)

    def _say_cut_apart(self):
        """A sentence on examples whose images are not of one shape, or none where there are none."""
        apart = [k for k, header in enumerate(self._headers) if _differ_in_shape(header)]
        if not apart:
            return ""
        return (
            f"The images of {len(apart)} of {len(self._rows)} examples are not of one shape, those of "
            f"{self._rows[apart[0]][0]} say: each is cut to its own middle, and what they show differs."
        )

    def _common_shapes(self):
        """Per column height, width (None where they differ) and the most channels of any picture."""
        columns = []
        for column in zip(*self._headers, strict=True):
            heights, widths, channels = (set(values) for values in zip(*column, strict=True))
            height, width = (v.pop() if len(v) == 1 else None for v in (heights, widths))
            columns.append((height, width, max(channels)))
        if self._halves is None or not columns:
            return tuple(columns)
        height, width, channels = columns[0]
        return ((height, width and width // 2, channels),) * len(self._halves)

    def _classes(self, folder, needed):
        try:
            return class_labels(self._rows, folder, classes_beside(folder, self.splits))
        except ValueError:
            if needed:
                raise
            return None, None


def _differ_in_shape(header):
    """Whether the pictures of a row differ in width to height by more than a pixel of any of them."""
    least = max((width - 1) / (height + 1) for height, width, _ in header)
    most = min((width + 1) / max(height - 1, 1) for height, width, _ in header)
    return least > most


class _Unreadable(Exception):  # noqa: N818
    """A file that can't be read: the file, and what was raised."""


@contextlib.contextmanager
def _named(file):
    try:
        yield
    except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
        raise _Unreadable(file, error) from error


@contextlib.contextmanager
def _one_at_a_time():
    """Large pictures take memory while they are read; Pillow's notice of their size says no more."""
    with _large_pictures, silent_about_size():
        yield


def _threads():
    return concurrent.futures.ThreadPoolExecutor(os.cpu_count())
