"""What everybody asks of a model, whatever it does."""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from keras_gen.backend import exporting
from keras_gen.types import (
    Array,
    ArrayLike,
    ClassLabels,
    Data,
    ExtractorLike,
    OpenedData,
    PathLike,
    Report,
)

# Options of `open_data` that say how pictures and tables are read.
_READING = ("resize", "value_range", "binarize", "classes", "separator", "decimal")


def reading_in(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those options of `open_data` that say how files are read, where they say something."""
    return {name: options[name] for name in _READING if options.get(name) is not None}


class Task:
    """Base of the tasks: what evaluation, callbacks, the command line and the zoo's tools ask a model.

    A model says with `takes` what its batches are made of, and inherits the rest from its task.

    Class attributes:
        words: String, what a model of this task does: "a model that ...".
        report_options: Tuple of strings, the options of `report` and `open_data` that are the task's own.
        picture_reading: Tuple of strings, those of `binarize`, `classes` and `side_by_side` that `open_data`
            takes of pictures, as `keras_gen.data.images` and `keras_gen.data.paired` do.
        needs_examples: Whether `preview` needs examples of the data.
        call_in_words: String, the line of Python that shows on a card what the model does.
        parts_in_words: String, what the count of its parameters comprises.
    """

    num_classes: int | None = None
    class_names: Sequence[str] | None = None
    words = "generates or translates"
    report_options: tuple[str, ...] = ()
    picture_reading: tuple[str, ...] = ()
    needs_examples = False
    call_in_words = ""
    parts_in_words = ""

    @property
    def gives(self) -> Any:
        """Spec of what the model makes: by default that of the first part of what it takes."""
        parts = [spec for spec in self.takes.values() if spec.kind != "labels"]
        if not parts:
            raise NotImplementedError(f"{type(self).__name__} must define `gives`, or `takes`.")
        return parts[0]

    def open_data(self, dataset: Any, split: str = "train", **options: Any) -> OpenedData:
        """Opens a data set as the model takes it.

        Args:
            dataset: String, a name or a folder; or arrays.
            split: String.
            **options: Those of `report_options` that say which of the data are meant; for pictures `resize`
                and `value_range`, as in `keras_gen.data.images`; for tables `separator` and `decimal`, as in
                `keras_gen.data.open_table`.

        Returns:
            `keras_gen.data.Opened`, or what has its `splits`, `count`, `own_shapes`, `at_split` and
            `batches`.

        Raises:
            ValueError: If there is no such split, or the data do not fit the model.
            FileNotFoundError: If the data set is not there.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `open_data`.")

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Makes what a picture of the training's course shows.

        Args:
            examples: A batch of what the model takes, where it `needs_examples`.
            seed: Integer, of what is drawn.

        Returns:
            Pair of samples, a float array `(n, ...)`, and how many of them stand in a row.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `preview`.")

    def report(
        self,
        opened: OpenedData,
        n: int = 10_000,
        features: ExtractorLike | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Report:
        """Says how good the model is on data: what `keras_gen.evaluation.evaluate` reports.

        Args:
            opened: What `open_data` gave.
            n: Integer, the most examples; they are taken evenly.
            features: What scores are measured with; None is the data's own.
            seed: Integer.
            **options: Those of `report_options`.

        Returns:
            Dict, ready for JSON, of `losses`, `counts` and more.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `report`.")

    def discriminator_scores(
        self, samples: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> Array | None:
        """How real an opponent takes samples to be: of a model that has none, None."""

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """What can be exported: dict from the names of methods to callables `() -> functional keras.Model`.

        Each is a network of what the method takes, on arrays, to what it gives.
        """
        return {}

    def export(
        self,
        filepath: PathLike,
        format: str | None = None,
        method: str | None = None,
        **options: Any,
    ) -> pathlib.Path:
        """Writes what the model does as a SavedModel, ONNX or LiteRT file, which runs without Keras.

        It takes a batch of any size: latents (and int32 labels where there are classes) for `generate`,
        float32 data as the method takes them, images in [-1, 1] say, for the others. It gives what the
        method gives. The graph is TensorFlow's on every backend: on the others another process writes it.

        Args:
            filepath: String or path: `.onnx` for ONNX, `.tflite` for LiteRT, or a folder for a SavedModel,
                whose function is `serve`. What was there is replaced once all is written.
            format: `"tf_saved_model"`, `"onnx"` or `"litert"`. None: what the suffix says.
            method: String, the method whose outputs are wanted: `"generate"`, `"encode"` or
                `"reconstruct"`, `"fill"`, `"translate"`, or of a model that translates both ways
                `"translate_ab"` or `"translate_ba"`. None: the first that the model has.
            **options: Of Keras's exporter, `opset_version` of ONNX say; JSON's values.

        Returns:
            `pathlib.Path` of the file or folder.

        Raises:
            ValueError: If there is no such format or method, the model has none, the path is not of the
                format, or the format has no form for what a network does.
            ImportError: If a package is missing (`pip install 'keras_gen[export]'`).

        Example:

        >>> import keras_gen, tempfile
        >>> gan = keras_gen.from_preset("gan_digits")
        >>> gan.export(tempfile.mkdtemp() + "/digits.onnx").name
        'digits.onnx'
        """
        exports = self.exports()
        if not exports:
            raise ValueError(
                f"A {type(self).__name__} can't be exported: what it makes is drawn outside of its networks, "
                "which are models that export by themselves"
            )
        if method is None:
            method = next(iter(exports))
        if method not in exports:
            known = ", ".join(map(repr, exports))
            raise ValueError(f"`method` must be one of {known}. Received: method={method!r}")
        return exporting.export(exports[method], filepath, format, **options)

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three inputs, by which every backend must come to the same outputs.

        Args:
            **evaluation: `dataset`, `split` and options of `open_data`, where inputs are of data.

        Returns:
            Dict of NumPy arrays.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `golden_inputs`.")

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`: a float32 array `(3, ...)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `golden_outputs`.")

    @classmethod
    def usage(cls, name: str, size: str = "") -> str:
        """Lines of Python that load a preset and show what it does.

        Args:
            name: String, the preset's name.
            size: String, the size of what it takes, for a remark: `"64 x 64 x 3"`.

        Returns:
            String.

        Example:
        >>> import keras_gen
        >>> print(keras_gen.GAN.usage("gan_digits"))
        model = keras_gen.GAN.from_preset("gan_digits")
        images = model.generate(16, seed=0)
        """
        package = "keras_gen." if cls.__module__.startswith("keras_gen.") else ""
        call = cls.call_in_words + (f", {size}" if size and "#" in cls.call_in_words else "")
        return f'model = {package}{cls.__name__}.from_preset("{name}")\n{call}'
