"""The task of making samples: of a class, of latents, and scored."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen import modalities
from keras_gen.tasks import reporting
from keras_gen.tasks.task import Task, reading_in
from keras_gen.types import (
    Array,
    ClassLabels,
    Data,
    ExtractorLike,
    OpenedData,
    PathLike,
    Report,
)

if TYPE_CHECKING:
    from keras_gen.metrics.sample_scores import SampleScores

BATCH_SIZE = 128  # of an evaluation
# What `generate` takes that says what is to be made: arrays, and what has words of its own.
_MADE = ("n", "seed", "latents", "labels", "per_class", "codes", "conditions", "given")


class Generates(Task):
    """What everybody asks of a model that makes samples.

    A model has `generate(n, seed=None)`, `gives` (what a sample is), and where it makes samples of classes
    `num_classes`, perhaps `class_names`, and `generate(n, labels, per_class, seed)`. It stands before
    `GenerativeModel` among the bases.

    Class attributes:
        measured: Integer, the most examples that `measure` is given; 0 where there is nothing to measure.
        draws_as_it_trains: Boolean, whether `generate` works after each epoch, in the stage that it is in.
    """

    words = "can generate"
    call_in_words = "images = model.generate(16, seed=0)"
    measured = 0
    draws_as_it_trains = True
    picture_reading = ("binarize", "classes")

    def set_classes(self, num_classes: int | None, class_names: Sequence[str] | None) -> None:
        """Keeps the classes that can be asked for.

        Args:
            num_classes: Integer, or None where there are no classes.
            class_names: List of as many different strings, or None.

        Raises:
            ValueError: If the names are others.
        """
        if class_names is not None:
            names = [str(name) for name in class_names]
            if num_classes != len(names) or len(set(names)) < len(names):
                raise ValueError(
                    f"`class_names` must be {num_classes} different names. "
                    f"Received: class_names={names}"
                )
            class_names = names
        self.num_classes = num_classes
        self.class_names = class_names

    def labels_of(self, labels: ClassLabels) -> Array:
        """Classes as integers.

        Args:
            labels: Integers in [0, num_classes), or names in `class_names`.

        Returns:
            Int32 array `(n,)`.

        Raises:
            ValueError: If the model makes no classes, or there is no such class.
        """
        if self.num_classes is None:
            raise ValueError(
                f"`labels` are for a model with classes. Received: labels for a {type(self).__name__}"
            )
        if any(isinstance(label, str) for label in labels):
            return self._named(labels)
        labels = np.asarray(labels)
        whole = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
        if not whole or not len(labels) or labels.min() < 0 or labels.max() >= self.num_classes:
            raise ValueError(
                f"`labels` must be a list of integers in [0, {self.num_classes}). "
                f"Received: labels={labels.tolist()}"
            )
        return labels.astype("int32")

    def labels_for(self, labels: ClassLabels, count: int, each: str = "each") -> Array:
        """Classes of so many examples as integers.

        Args:
            labels: As for `labels_of`.
            count: Integer, how many examples there are.
            each: String, what one of them is, for the error.

        Returns:
            Int32 array `(count,)`.

        Raises:
            ValueError: If there are more or fewer, or as `labels_of`.
        """
        labels = self.labels_of(labels)
        if len(labels) != count:
            raise ValueError(
                f"`labels` must be {count}, one for {each}. Received: {len(labels)} labels"
            )
        return labels

    def _named(self, labels):
        names = list(self.class_names or ())
        unknown = [label for label in labels if label not in names]
        if unknown:
            known = f"be of {', '.join(names)}" if names else "be integers: the model has no names"
            raise ValueError(f"`labels` must {known}. Received: labels={unknown}")
        return np.array([names.index(label) for label in labels], "int32")

    def samples(self, n: int, seed: int | None = None) -> tuple[Array, Array | None]:
        """Makes samples, as many of each class where there are classes.

        Args:
            n: Integer, how many.
            seed: Integer, or None for new ones at each call.

        Returns:
            Pair of the samples, an array `(n, ...)`, and their labels, or None.
        """
        if self.num_classes is None:
            return self.generate(n, seed=seed), None
        labels = np.arange(n, dtype="int32") % self.num_classes
        return self.generate(labels=labels, seed=seed), labels

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Makes 64 samples of the same latents in rows of 8; where there are classes, a row of ten of each.

        Args:
            examples: Not looked at.
            seed: Integer.

        Returns:
            Pair of the samples and how many of them stand in a row.
        """
        if self.num_classes is None:
            return self.generate(64, seed=seed), 8
        return self.generate(10, per_class=True, seed=seed), 10

    def in_order(
        self, n: int, per_class: bool = False, labels: ClassLabels | None = None
    ) -> tuple[dict[str, Any], int | None]:
        """Arguments of `generate`, and columns of a sheet, that put the classes of a model in order.

        Args:
            n: Integer, how many; with `per_class`, how many of each class.
            per_class: Boolean.
            labels: Integers in [0, num_classes) or names, the classes wanted, or None for all of them.

        Returns:
            Pair of a dict and an integer or None.

        Raises:
            ValueError: If a model without classes is asked for them, there is no such class, or `n` is
                less than the `labels`.
        """
        classes = self.num_classes
        if per_class and labels is not None:
            raise ValueError("Give `labels` or `per_class=True`. Received: both")
        if per_class and classes is None:
            raise ValueError(
                "`per_class` is for a model with classes, a ConditionalGAN say. "
                f"Received: a {type(self).__name__}"
            )
        if per_class:
            return {"n": n, "per_class": True}, n
        if labels is not None:
            kinds = self.labels_of(labels).tolist()
            if n < len(kinds):
                raise ValueError(
                    f"`n` must be at least {len(kinds)}, one of each of `labels`. Received: n={n}"
                )
        elif classes is None:
            return {"n": n}, None
        else:
            kinds = list(range(classes))
        in_turn = [kinds[number * len(kinds) // n] for number in range(n)]
        return {"labels": in_turn}, n // len(kinds) if n % len(kinds) == 0 else None

    def asking(self, options: Sequence[str]) -> dict[str, Any]:
        """Arguments of `generate` that words stand for, beside what is to be made.

        Args:
            options: Sequence of strings, a name and a value each: `["truncation=0.7"]`.

        Returns:
            Dict of integers, floats and strings.

        Raises:
            ValueError: If one is no name and value, or `generate` takes none of that name.
        """
        taken = [name for name in inspect.signature(self.generate).parameters if name not in _MADE]
        asked = {}
        for option in options:
            name, equals, value = option.partition("=")
            if name not in taken or not equals or not value:
                raise ValueError(
                    f"`option` must be NAME=VALUE, and NAME one of {', '.join(taken)}. "
                    f"Received: option={option!r} for a {type(self).__name__}"
                )
            asked[name] = number_or_word(value)
        return asked

    def meeting(self, conditions: Sequence[str]) -> dict[str, Any]:
        """Arguments of `generate` by which samples meet conditions: of a model that takes any.

        Args:
            conditions: Sequence of strings, a column and a value each: `["rating=5"]`.

        Returns:
            Dict.

        Raises:
            ValueError: If there are any, and the model takes none, or one is no column and value.
        """
        if conditions:
            raise ValueError(
                "`condition` is for a model of tables of mixed types. Received: a "
                f"{type(self).__name__}"
            )
        return {}

    def filling(self, given: PathLike, **reading: str | None) -> dict[str, Any]:
        """Arguments of `generate` by which rows of a file are filled: of a model that fills any.

        Args:
            given: Path of a CSV or Parquet file.
            **reading: `separator` and `decimal`, as in `keras_gen.data.open_table`.

        Returns:
            Dict.

        Raises:
            ValueError: If the model fills none.
        """
        raise ValueError(
            f"`given` is for a model of tables of mixed types. Received: a {type(self).__name__}"
        )

    def evaluate(
        self,
        x: Data | None = None,
        y: Data | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: None = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        scores: SampleScores | None = None,
        **kwargs: Any,
    ) -> Any:
        """Computes the losses over a data set and, with `scores`, how good the samples are.

        Args:
            x: The data, as in `fit`. With `scores` it is gone through twice, so that a Python
                generator won't do.
            y: As in `keras.Model.evaluate`.
            batch_size: As in `keras.Model.evaluate`.
            verbose: As in `keras.Model.evaluate`.
            sample_weight: As in `keras.Model.evaluate`.
            steps: As in `keras.Model.evaluate`.
            callbacks: As in `keras.Model.evaluate`.
            return_dict: As in `keras.Model.evaluate`; with `scores`, always a dict.
            scores: A `keras_gen.metrics.SampleScores`, or None. It is given the real images and as
                many generated ones, those of `generate(n, seed=scores.seed)`; a `ConditionalGAN`'s
                are of the data's own labels.
            **kwargs: For Keras.

        Returns:
            What `keras.Model.evaluate` returns. With `scores` a dict of the losses and of the
            report of `keras_gen.metrics.evaluate_samples`: `extractor`, `scores`, `counts`,
            `floor`, `floor_counts`.

        Raises:
            ValueError: If the data can be gone through only once.
        """
        if scores is not None and is_used_up_by_iterating(x):
            raise ValueError(
                "`x` must be data that can be gone through twice where there are `scores`: arrays "
                f"or a tf.data.Dataset. Received: x of type {type(x).__name__}"
            )
        if scores is not None and not hasattr(scores, "evaluate"):
            raise TypeError(
                "`scores` must be a `keras_gen.metrics.SampleScores`, such as "
                f"SampleScores('classifier_digits'). Received: scores={scores!r}"
            )
        results = super().evaluate(  # type: ignore[misc]
            x,
            y,
            batch_size=batch_size,
            verbose=verbose,
            sample_weight=sample_weight,
            steps=steps,
            callbacks=callbacks,
            return_dict=return_dict or scores is not None,
            **kwargs,
        )
        if scores is None:
            return results
        seen = []

        def real():
            for data in itertools.islice(batches(x, y, batch_size), steps):
                images, labels = self.samples_and_labels(data)
                seen.append((len(images), labels))
                yield images, labels

        def generated():
            yield from self.samples_like(seen, scores.seed)

        return results | scores.evaluate(real(), generated(), num_classes=self.num_classes)

    def samples_like(
        self, seen: Sequence[tuple[int, Array | None]], seed: int
    ) -> Iterator[tuple[Array, Array | None]]:
        """Makes as many samples as there were real ones, of the same classes.

        Args:
            seen: List of a pair for each batch of real ones: their count, and their labels or None.
            seed: Integer.

        Yields:
            Pairs of samples, an array `(count, ...)`, and their labels or None, one for each batch. They
            are those of one `generate` of that seed.
        """
        counts = [count for count, _ in seen]
        if self.num_classes is None:
            made = self.generate(sum(counts), seed=seed)
        else:
            made = self.generate(labels=np.concatenate([labels for _, labels in seen]), seed=seed)
        parts = np.split(made, np.cumsum(counts)[:-1])
        yield from ((part, labels) for part, (_, labels) in zip(parts, seen, strict=True))

    def samples_and_labels(self, data: Data) -> tuple[Any, Array | None]:
        """The real samples of a batch of data, and the labels to generate others like them, or None."""
        taken = self.take(data)
        if self.num_classes is None:
            return taken if not isinstance(taken, tuple) else taken[0], None
        samples, labels = taken
        return samples, keras.ops.convert_to_numpy(labels)

    def open_data(self, dataset: Any, split: str = "train", **options: Any) -> OpenedData:
        """Opens a data set of what the model makes: see `Task.open_data`.

        Raises:
            ValueError: If its classes are not the model's, or in another order.
        """
        opened = self.gives.open(
            dataset, split, labels=self.num_classes is not None, **reading_in(options)
        )
        own, names = self.class_names or (), opened.class_names or ()
        # Numbers may stand for names: of arrays they do.
        numbered = all(name.isdigit() for name in names) and {*names} != {*own}
        if own and names and [*names] != [*own] and not numbered:
            raise ValueError(
                f"`dataset` must have the model's classes, in their order: {', '.join(own)}. Received: "
                f"{', '.join(names)}"
            )
        return opened

    def report(
        self,
        opened: OpenedData,
        n: int = 10_000,
        features: ExtractorLike | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Report:
        """Says how good samples are: the losses, and scores beside the floor.

        The floor is the train split where another is evaluated and there is one, else one half of the
        real ones against the other. Kinds of data that have no scores get the losses alone.

        Args:
            opened: What `open_data` gave.
            n: Integer, the most examples; as many samples are made.
            features: What the scores' `feature_extractor` is. None is the data's own.
            seed: Integer, of the latents and of the kernel distance's subsets.
            **options: Those of `measure`, and of `score_beside` of what the model `gives`.

        Returns:
            Dict, ready for JSON: see `keras_gen.evaluation.evaluate`.
        """
        spec = self.gives
        beside = {name: options.pop(name) for name in spec.scored_by if name in options}
        spec.check_beside(reporting.training_split(opened) is not None, **beside)
        examples, count = reporting.chosen_examples(opened, (spec,), n, BATCH_SIZE)
        if spec.default_features(opened.name) is not None:
            report = self._scored(opened, examples, count, features, seed)
        else:
            report = self._losses_alone(examples, count, features)
            if spec.has_scores:
                del report["notes"]
                report |= self._scored_by_kind(opened, examples, count, seed, beside)
        report |= reporting.fitting([(opened.own_shapes[0], spec.shape)])
        if self.measured:
            chosen, _ = reporting.chosen_examples(
                opened, (spec,), min(n, self.measured), BATCH_SIZE
            )
            found = self.measure(reporting.as_array(chosen), **options)
            report["losses"] |= found.pop("losses")
            report |= found
        return report

    def _scored(self, opened, examples, count, features, seed):
        from keras_gen import metrics

        if features is None:
            extractor = reporting.default_extractor(self.gives, opened.name)
        else:
            extractor = reporting.extractor_of(features)
        train = reporting.training_split(opened)
        if train is not None:
            train, _ = reporting.chosen_examples(train, (self.gives,), count, BATCH_SIZE)
        scores = metrics.SampleScores(extractor, seed=seed, holdout=train)
        if features is None and reporting.stands_in(extractor, self.gives, opened.name):
            # It may know as many classes: they are others.
            scores.metrics = [m for m in scores.metrics if not isinstance(m, metrics.ClassAccuracy)]
        results = self.evaluate(examples, scores=scores, verbose=0)
        names = ("extractor", "scores", "counts", "floor", "floor_counts")
        parts = {name: results.pop(name) for name in names if name in results}
        return {"losses": results, **parts}

    def _losses_alone(self, examples, count, features):
        noun = self.gives.noun
        if features is not None:
            raise ValueError(
                f"`features` are for scores, of which there are none for {noun} of shape "
                f"{self.gives.shape}. Received: features={features!r}"
            )
        return {
            "losses": self.evaluate(examples, verbose=0, return_dict=True),
            "counts": {"examples": count},
            "notes": [f"There are no scores for {noun} of shape {self.gives.shape}: losses alone."],
        }

    def _scored_by_kind(self, opened, examples, count, seed, options):
        """Scores that a kind of data has of its own, of as many samples as there are real examples."""
        real, spec = reporting.as_array(examples), self.gives
        train = reporting.training_split(opened)
        if train is None:
            first, second = real[::2], real[1::2]
        else:
            chosen, _ = reporting.chosen_examples(train, (spec,), count, BATCH_SIZE)
            first, second = real, reporting.as_array(chosen)
        made, _ = self.samples(count, seed=seed)
        report = {
            "noun": spec.noun,
            "scores": spec.score(real, made),
            "counts": {"generated": len(made), "real": count},
        }
        if len(second):
            report["floor"] = spec.score(first, second)
            report["floor_counts"] = {"generated": len(second), "real": len(first)}
        return spec.score_beside(report, train, real, made, seed, **options)

    def measure(self, examples: Data, **options: Any) -> Report:
        """What else the model knows to say of data, for its `report`.

        Args:
            examples: Array, or a tuple of the parts, of at most `measured` examples.
            **options: Those of `report_options`.

        Returns:
            Dict of `losses`, a dict of numbers, and of what else belongs into the report.
        """
        return {"losses": {}}

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three inputs, by which every backend must come to the same outputs: a seed, and labels."""
        return {"seed": np.array(0), **self._golden_labels()}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`."""
        seed = int(inputs["seed"])
        if self.num_classes is None:
            return self.generate(3, seed=seed)
        return self.generate(labels=inputs["labels"], seed=seed)

    def _golden_labels(self):
        if self.num_classes is None:
            return {}
        return {"labels": np.arange(3, dtype="int32") % self.num_classes}


def number_or_word(text: str) -> int | float | str:
    """What is written: an integer, else another number, else a word.

    >>> number_or_word("20"), number_or_word("0.7"), number_or_word("euler")
    (20, 0.7, 'euler')
    """
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return number(text)
    return text


def batches(x, y=None, batch_size=None):
    """Yields the batches that `evaluate` sees, of NumPy arrays.

    Args:
        x: Arrays, a `keras.utils.PyDataset`, or an iterable of batches.
        y: Array or None.
        batch_size: Integer, or None for Keras's 32, where `x` is arrays.
    """
    if isinstance(x, keras.utils.PyDataset):
        found = (x[number] for number in range(x.num_batches))
    elif modalities.is_stream(x):
        found = x
    else:
        data = keras.utils.pack_x_y_sample_weight(x, y)
        size = batch_size or 32
        starts = range(0, len(keras.tree.flatten(x)[0]), size)
        found = (
            keras.tree.map_structure(lambda array, i=start: array[i : i + size], data)
            for start in starts
        )
    for batch in found:
        yield keras.tree.map_structure(keras.ops.convert_to_numpy, batch)


def is_used_up_by_iterating(x):
    """Whether `x` is an iterator, such as a generator, which is used up when it is gone through."""
    return hasattr(x, "__next__")
