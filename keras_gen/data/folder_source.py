"""Folders of picture files as a source of images."""

import concurrent.futures
import os
import warnings

import numpy as np

from keras_gen.data.decoding import picture_shape, read_picture
from keras_gen.data.folders import class_labels, matching_files
from keras_gen.data.lazy import tf

HALVES = ("left", "right")


class FolderSource:
    """Picture files of any size and mode below one or two folders.

    Every file is decoded once at the start, so that no unreadable one stops a training later.

    Args:
        folders: Tuple of folders. With two, an example is a file of the first and the file of the
            same path, but for its suffix, below the second.
        labels: Boolean, whether subfolders are classes.
        strict: Boolean, whether to refuse what is unreadable, or without a counterpart, instead of
            skipping it with a warning.
        halves: Optional tuple of `"left"` and `"right"`: the parts of each picture that are the
            images of an example.
        headers_only: Boolean, whether to leave out that decoding.
    """

    dtype = "uint8"
    indexed = True

    splits = ("train",)

    def __init__(
        self,
        folders,
        labels=False,
        strict=False,
        halves=None,
        headers_only=False,
        channels=None,
        value_range=None,
    ):
        self.name = os.fspath(folders[0])
        self._halves = halves
        rows = matching_files(folders, strict)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            shapes = list(pool.map(lambda row: _try_shapes(row, headers_only), rows))
        _complain(rows, shapes, strict)
        self._rows = [r for r, s in zip(rows, shapes, strict=True) if not isinstance(s, Exception)]
        shapes = [s for s in shapes if not isinstance(s, Exception)]
        if not shapes:
            raise ValueError(f"`source` has no readable picture. Received: source={self.name!r}")
        self.count = len(self._rows)
        self.shapes = _common_shapes(shapes, halves)
        self.class_names = self._labels = None
        if labels:
            self.class_names, self._labels = class_labels(self._rows, folders[0])

    def entries(self):
        """The indices of the rows of files."""
        return tf.data.Dataset.range(self.count)

    def decode(self, index):
        """The images of a row, uint8, and its label."""
        channels = [shape[-1] for shape in self.shapes]
        images = tf.numpy_function(self._read, [index], [tf.uint8] * len(channels))
        for image, depth in zip(images, channels, strict=True):
            image.set_shape([None, None, depth])
        label = -1 if self._labels is None else tf.gather(self._labels, index)
        return tuple(images), tf.cast(label, tf.int32)

    def _read(self, index):
        row = self._rows[index]
        if self._halves is None:
            return tuple(read_picture(f, s[-1]) for f, s in zip(row, self.shapes, strict=True))
        whole = read_picture(row[0], self.shapes[0][-1])
        width = whole.shape[1] // 2
        parts = {"left": whole[:, :width], "right": whole[:, -width:]}
        return tuple(np.ascontiguousarray(parts[half]) for half in self._halves)


def _try_shapes(row, headers_only):
    """Shapes of a row's pictures, or the exception of the first that can't be decoded."""
    shapes = []
    for file in row:
        try:
            height, width, channels = picture_shape(file)
            if not headers_only:
                height, width, _ = read_picture(file, channels).shape
        except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
            error.file = file
            return error
        shapes.append((height, width, channels))
    return shapes


def _complain(rows, shapes, strict):
    unreadable = [s for s in shapes if isinstance(s, Exception)]
    if not unreadable:
        return
    names = ", ".join(f"{error.file} ({error})" for error in unreadable[:5])
    if strict:
        raise ValueError(
            "`source` must hold readable pictures only, since strict=True. "
            f"Received: {len(unreadable)} of {len(rows)} unreadable: {names}"
        )
    warnings.warn(
        f"Skipped {len(unreadable)} of {len(rows)} pictures as unreadable: {names}", stacklevel=2
    )


def _common_shapes(shapes, halves):
    """Per column height, width (None where they differ) and 3 channels if any picture has them."""
    columns = []
    for column in zip(*shapes, strict=True):
        heights, widths, channels = (set(values) for values in zip(*column, strict=True))
        height, width = (v.pop() if len(v) == 1 else None for v in (heights, widths))
        columns.append((height, width, max(channels)))
    if halves is None:
        return tuple(columns)
    height, width, channels = columns[0]
    return ((height, width and width // 2, channels),) * len(halves)
