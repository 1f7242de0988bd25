"""What one part of a batch is: its shape, its numbers, and how a model takes it."""

from __future__ import annotations

import pathlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from keras_gen.files import written_aside
from keras_gen.modalities.images.range import in_range
from keras_gen.types import Array, ArrayLike, OpenedData, PathLike, Report, Spec, Tensor


class Arrays:
    """Float arrays of one shape, of any number of axes: points, signals, volumes.

    Args:
        shape: Tuple, the shape of one example. None fits any size along that axis.
        bounded: Boolean, whether values must be in [-1, 1]: a model that gives no others learns no others.
    """

    kind = "arrays"
    noun = "data"
    suffix = ".npy"
    has_scores = False  # of its own, without features
    scored_by: ClassVar[tuple[str, ...]] = ()  # options of `score_beside`
    reading: ClassVar[tuple[str, ...]] = ()  # options of `open` that say how files are read
    limit: float | None = None  # how far values may be from 0

    def __init__(self, shape: Sequence[int | None], bounded: bool = False) -> None:
        self.shape = tuple(shape)
        if bounded:
            self.limit = 1.0

    def __repr__(self):
        return f"{type(self).__name__}({self.shape})"

    def fits(self, shape: Sequence[int | None]) -> bool:
        """Whether an example of a shape is one of these."""
        return shape_fits(self.shape, tuple(shape))

    def take(self, what: str, values: Tensor) -> Tensor:
        """Gives a batch as the networks have it, within a step.

        Args:
            what: String, what to call it in an error.
            values: Tensor or array of shape `(batch, *shape)`.

        Returns:
            Float tensor of that shape.

        Raises:
            ValueError: If it has another shape, or holds no real numbers.
        """
        self.look(what, values)
        return values

    def look(self, what: str, values: Tensor) -> None:
        """Checks the shape and dtype of a batch, whatever its values are.

        Args:
            what: String, what to call it in an error.
            values: Tensor or array of shape `(batch, *shape)`.

        Raises:
            ValueError: If it has another shape, or holds no real numbers.
        """
        self._check_dtype(what, values)
        if not self.fits(values.shape[1:]):
            batch, *shape = tuple(values.shape)
            first = len(shape) > 1 and self.fits((*shape[1:], shape[0]))
            hint = " with the channels last, `np.moveaxis(x, 1, -1)`" if first else ""
            raise ValueError(
                f"{what} must have the shape that the networks were made for, "
                f"{_with_batch(self.shape)}{hint}. Received: shape {(batch, *shape)}"
            )

    def wanted(self, what: str) -> str:
        """The beginning of an error's sentence: what the values must be.

        Args:
            what: String, what to call them.
        """
        if self.limit is not None:
            return (
                f"{what} must hold floats in [-1, 1], which is all that the likelihood knows: scale them, or "
                "choose another, such as likelihood='gaussian'"
            )
        return f"{what} must hold finite numbers"

    def strays(self, values: Tensor) -> Tensor | None:
        """Counts the values of a batch that the model does not take, within a step.

        Args:
            values: Tensor `(batch, *shape)`.

        Returns:
            Integer tensor, a scalar, or None where there can be none.
        """
        if not is_floating(values):
            return None
        if self.limit is not None:  # NaN is no less than anything.
            return _count_others(keras.ops.less_equal(keras.ops.abs(values), self.limit))
        return _count_others(keras.ops.isfinite(values))

    def give(self, outputs: Array) -> Array:
        """Gives what networks made in the data's own units: the way back of `take`, on the host.

        Args:
            outputs: Float array `(n, *shape)`.

        Returns:
            Array of that shape.
        """
        return outputs

    def give_in_graph(self, outputs: Tensor) -> Tensor:
        """What `give` does, within a graph: for an export.

        Args:
            outputs: Tensor `(n, *shape)`.

        Returns:
            Float32 tensor of that shape.
        """
        return keras.ops.cast(outputs, "float32")

    def check(self, what: str, array: Array, whole: bool) -> None:
        """Looks at the numbers of an array, on the host, before the first step.

        Args:
            what: String, what to call it in an error.
            array: NumPy array of shape `(n, *shape)`.
            whole: Boolean: whether it is all of the data, or the first batch of a stream.

        Raises:
            ValueError: If it has another shape or dtype, or values that the model does not take.
        """
        self.take(what, array)
        if np.issubdtype(array.dtype, np.floating):
            finite = np.isfinite(array)
            if not finite.all():
                part = "" if whole else " in the first batch"
                raise ValueError(
                    f"{what} must hold finite numbers. Received: an array of shape "
                    f"{array.shape} with {(~finite).sum()} NaN or infinite values{part}"
                )
        if self.limit is not None and is_floating(array) and array.size:
            low, high = float(array.min()), float(array.max())
            if low < -self.limit or high > self.limit:
                raise ValueError(
                    f"{self.wanted(what)}. Received: {array.dtype} values from {low:g} to {high:g}"
                )

    def show(
        self, samples: ArrayLike, path: PathLike, columns: int | None = None, least: int = 256
    ) -> pathlib.Path:
        """Writes samples so that they can be looked at: of this kind, the numbers themselves.

        Args:
            samples: Array `(n, *shape)`.
            path: String or path of the file; its suffix becomes that of the kind.
            columns: Integer or None: how many stand in a row, where they are laid out.
            least: Integer, the shorter side in pixels, where they are drawn.

        Returns:
            `pathlib.Path` of the file that was written.
        """
        path = pathlib.Path(path).with_suffix(self.suffix)
        with written_aside(path) as aside:
            np.save(aside, np.asarray(samples))
        return path

    def open(self, source: Any, split: str = "train", labels: bool = False, **reading: Any) -> Any:
        """Opens a data set of this kind, for an evaluation.

        Args:
            source: Array `(n, *shape)`, a tuple of one and integer labels, or the path of a `.npy` file.
            split: String.
            labels: Boolean, whether examples come with their classes.
            **reading: How files are read: of images `resize`, `value_range`, `binarize` and `classes`, as in
                `keras_gen.data.open_images`; of tables `separator` and `decimal`, as in
                `keras_gen.data.open_table`.

        Returns:
            What has the `splits`, `count`, `own_shapes`, `at_split` and `batches` of a
            `keras_gen.data.Opened`.

        Raises:
            ValueError: If it holds other data, or has no such split.
            FileNotFoundError: If there is no such data set.
        """
        from keras_gen.data.arrays import open_arrays

        self.check_reading(reading)
        return open_arrays(source, self, split, labels)

    def score(self, real: ArrayLike, made: ArrayLike) -> dict[str, float]:
        """Compares samples with real ones, where a kind of data `has_scores` of its own.

        Args:
            real: Array `(n, *shape)`.
            made: Array `(m, *shape)`.

        Returns:
            Dict from names to numbers, 0 where the two are alike.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `score`.")

    def check_beside(self, held_out: bool, **options: Any) -> None:
        """Refuses options of `score_beside` before anything is computed.

        Args:
            held_out: Boolean, whether the data were held out of a training whose own are there.
            **options: Those of `scored_by`.

        Raises:
            ValueError: If one can't be met.
            ImportError: If what it needs is not installed.
        """

    def score_beside(
        self,
        report: Report,
        train: OpenedData | None,
        real: ArrayLike,
        made: ArrayLike,
        seed: int,
        **options: Any,
    ) -> Report:
        """What else there is to say of samples, where a kind of data `has_scores`: nothing by default.

        Args:
            report: Dict of `scores`, `counts`, and perhaps `floor`, all of them dicts.
            train: The split that the model learnt from, where another is evaluated and there is one, or None.
            real: Array `(n, *shape)`, the real examples.
            made: Array `(m, *shape)`, the samples.
            seed: Integer.
            **options: Those of `scored_by`.

        Returns:
            The report with more in it.
        """
        return report

    def default_features(self, name: str) -> str | None:
        """What samples are scored with where nothing else is said.

        Args:
            name: String, the name of the data set, or its folder.

        Returns:
            What `keras_gen.metrics.get_feature_extractor` takes, or None where there are no scores for
            this kind of data.
        """

    def check_reading(self, reading: Mapping[str, Any]) -> None:
        """Refuses what says how files of another kind are read.

        Args:
            reading: Dict of options of `open`; those that are None are not looked at.

        Raises:
            ValueError: If one is none of this kind's.
        """
        for name, value in reading.items():
            if value is not None and name not in self.reading:
                raise ValueError(
                    f"`{name}` is not how {self.noun} are read. Received: {name}={value!r}"
                )

    def _check_dtype(self, what, values):
        dtype = dtype_of(values)
        if not dtype.startswith(("float", "bfloat")):
            raise ValueError(
                f"{what} must be floats. Received: dtype={dtype}, shape {tuple(values.shape)}"
            )


class Images(Arrays):
    """Images `(height, width, channels)`: floats in [-1, 1], or uint8 of 0 to 255, which are scaled."""

    kind = "images"
    noun = "images"
    suffix = ".png"
    reading = ("resize", "value_range", "binarize", "classes")
    limit = 1.5  # Bicubic resizing and rounding to half precision go a little beyond the range.

    def take(self, what: str, values: Tensor) -> Tensor:
        return in_range(super().take(what, values))

    def wanted(self, what: str) -> str:
        return (
            f"{what} must be floats in [-1, 1], or uint8 in 0 to 255. Scale floats of 0 to 255 by "
            "`x / 127.5 - 1`, or cast them to uint8"
        )

    def check(self, what: str, array: Array, whole: bool) -> None:
        super().check(what, array, whole)
        if array.dtype == np.uint8 or not array.size:
            return
        low, high = float(array.min()), float(array.max())
        if 0.0 <= low < 0.25 and 0.5 < high <= 1.0:
            part = "" if whole else "The first batch of "
            warnings.warn(
                f"{part}{what} has no value below 0. Images are taken to be in [-1, 1]: scale those in [0, 1] "
                "by `2 * x - 1`.",
                stacklevel=4,
            )

    def show(
        self, samples: ArrayLike, path: PathLike, columns: int | None = None, least: int = 256
    ) -> pathlib.Path:
        from keras_gen import pictures

        path = pathlib.Path(path).with_suffix(self.suffix)
        samples = np.asarray(samples)
        if samples.shape[-1] not in (1, 3):  # Of others what a picture can hold.
            samples = samples[..., : 3 if samples.shape[-1] > 3 else 1]
        pictures.save_png(path, pictures.enlarge(pictures.image_grid(samples, columns), least))
        return path

    def open(self, source: Any, split: str = "train", labels: bool = False, **reading: Any) -> Any:
        from keras_gen import data

        channels = self.shape[-1]
        return data.open_images(source, channels=channels, split=split, labels=labels, **reading)

    def default_features(self, name: str) -> str | None:
        from keras_gen import metrics

        return metrics.default_feature_extractor(name, self.shape)

    def _check_dtype(self, what, values):
        dtype = dtype_of(values)
        if dtype != "uint8" and not dtype.startswith(("float", "bfloat")):
            raise ValueError(
                f"{what} must be floats in [-1, 1], or uint8 in 0 to 255. Received: dtype={dtype}, shape "
                f"{tuple(values.shape)}"
            )


class Labels:
    """One class an example: integers of shape `(batch,)` or `(batch, 1)` in [0, num_classes).

    Args:
        num_classes: Integer.
        class_names: Tuple of strings, or None.
        partial: Boolean, whether some examples have none: their label is -1.
    """

    kind = "labels"
    noun = "labels"

    def __init__(
        self, num_classes: int, class_names: Sequence[str] | None = None, partial: bool = False
    ) -> None:
        self.num_classes = num_classes
        self.class_names = class_names
        self.partial = partial
        self._least = -1 if partial else 0

    def take(self, what: str, values: Tensor) -> Tensor:
        """Gives a batch of labels as int32 of shape `(batch,)`."""
        shape = tuple(values.shape)
        if len(shape) == 2 and shape[1] == 1:
            values = keras.ops.squeeze(values, axis=1)
        if len(values.shape) != 1:
            raise ValueError(
                f"{what} must be one integer for each example, of shape (batch,). "
                f"Received: shape {shape}"
            )
        if isinstance(values, np.ndarray):
            return keras.ops.cast(values, "int32")
        # `strays` counts those outside, which some backends end a step for.
        values = _signed(values)
        return keras.ops.cast(keras.ops.clip(values, self._least, self.num_classes - 1), "int32")

    def look(self, what: str, values: Tensor) -> None:
        """Checks labels of a batch: they are few, so all of it."""
        array = values if isinstance(values, np.ndarray) else keras.ops.convert_to_numpy(values)
        self.check(what, array, whole=False)

    def wanted(self, what: str) -> str:
        """The beginning of an error's sentence: what the values must be."""
        none = ", or -1 for none" if self.partial else ""
        return f"{what} must be integers in [0, {self.num_classes}){none}"

    def strays(self, values: Tensor) -> Tensor | None:
        """Counts the labels of a batch that are none, within a step."""
        values = _signed(values)
        inside = keras.ops.logical_and(
            keras.ops.greater_equal(values, self._least), keras.ops.less(values, self.num_classes)
        )
        if is_floating(values):
            inside = keras.ops.logical_and(inside, keras.ops.equal(values, keras.ops.round(values)))
        return _count_others(inside)

    def check(self, what: str, array: Array, whole: bool) -> None:
        """Looks at labels, on the host, before the first step."""
        self.take(what, np.zeros(array.shape, "int32"))
        wanted = self.wanted(what)
        if not np.issubdtype(array.dtype, np.integer):
            exact = np.issubdtype(array.dtype, np.floating) and (array == np.rint(array)).all()
            if not exact:
                raise ValueError(f"{wanted}. Received: dtype={array.dtype}, {_some(array)}")
        outside = (array < self._least) | (array >= self.num_classes)
        if outside.any():
            raise ValueError(f"{wanted}. Received: {_some(array[outside])}")
        if self.partial and array.size and (array < 0).all():
            if not whole:  # Others may have some.
                warnings.warn(
                    "A batch has no label, -1 of all its examples: classes are learnt from others alone. "
                    "`keras_gen.data.partly_labelled` puts some into each.",
                    stacklevel=2,
                )
                return
            raise ValueError(
                f"{what} must be given of some examples for classes to be learnt: "
                "`keras_gen.data.partly_labelled` sees to it. Received: -1, none, of all"
            )


def spec_of(shape: Sequence[int | None]) -> Arrays:
    """The spec of what a network takes or gives, by its shape: images where there are three axes."""
    return (Images if len(shape) == 3 else Arrays)(shape)


def parts_of(
    spec: Arrays, num_classes: int | None = None, class_names: Sequence[str] | None = None
) -> dict[str, Spec]:
    """What a model takes that learns from one thing, and from its class where there are classes.

    Args:
        spec: What the thing is.
        num_classes: Integer, or None where there are no classes.
        class_names: Sequence of strings, or None.

    Returns:
        Dict for a model's `takes`.

    Example:

    >>> list(parts_of(Images((8, 8, 1)), num_classes=3))
    ['image', 'label']
    """
    taken: dict[str, Spec] = {"image" if spec.kind == "images" else "data": spec}
    if num_classes is not None:
        taken["label"] = Labels(num_classes, class_names)
    return taken


def shape_fits(wanted, received):
    """Whether a shape is the wanted one, in which None stands for any size."""
    return len(wanted) == len(received) and all(
        None in pair or pair[0] == pair[1] for pair in zip(wanted, received, strict=True)
    )


def _with_batch(shape):
    return f"(batch, {', '.join(map(str, shape))})"


def dtype_of(values):
    """The dtype of an array or tensor, a string."""
    try:
        return keras.backend.standardize_dtype(values.dtype)
    except ValueError:  # Of text, or of objects.
        return str(values.dtype)


def _signed(values):
    """Integers as ones that hold -1 and any number of classes."""
    wider = {"uint32": "int64", "uint64": "int64"}
    narrow = dict.fromkeys(("bool", "int8", "uint8", "int16", "uint16"), "int32")
    dtype = (narrow | wider).get(dtype_of(values))
    return values if dtype is None else keras.ops.cast(values, dtype)


def is_floating(values):
    """Whether an array or tensor holds floats."""
    return dtype_of(values).startswith(("float", "bfloat"))


def _count_others(taken):
    """How many of boolean values are False. TensorFlow makes `not a <= b` an `a > b`, which NaN is not."""
    return keras.ops.sum(keras.ops.where(taken, 0, 1))


def _some(array):
    values = np.unique(array)
    numbers = np.issubdtype(array.dtype, np.number) and not np.iscomplexobj(array)
    shown = ", ".join(f"{value:g}" if numbers else repr(value) for value in values[:5].tolist())
    return f"the values {shown}{', ...' if len(values) > 5 else ''}"
