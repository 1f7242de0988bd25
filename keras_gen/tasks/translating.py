"""The task of translating one thing into another."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen import modalities
from keras_gen.backend import predict
from keras_gen.pictures import to_uint8
from keras_gen.tasks import reporting
from keras_gen.tasks.task import Task, reading_in
from keras_gen.types import Array, Data, ExtractorLike, OpenedData, Report

if TYPE_CHECKING:
    from keras_gen.modalities.spec import Arrays

GOLDEN = 96  # the side of what golden outputs are made to, where the model takes any size
BATCH_SIZE = 16  # of an evaluation
SHOWN = 12  # examples of a preview


@dataclasses.dataclass(frozen=True)
class Direction:
    """One way in which a model translates.

    Args:
        takes: Spec of what is translated.
        gives: Spec of what comes out.
        order: 1 where the first part of a batch is translated to the second, -1 where it is the other way.
        translate: Callable `array -> array`, with `batch_size` as an option.
        words: String, what to call it in a report; empty where there is but one.
        network: Built `keras.Model` that does it, or None where it is not one network.
    """

    takes: Any
    gives: Any
    order: int
    translate: Callable
    words: str = ""
    network: Any = None

    @property
    def takes_any_size(self) -> bool:
        """Whether it translates images of any height and width."""
        return self.takes.kind == "images" and None in self.takes.shape[:2]

    @property
    def multiple(self) -> int:
        """What images of another size should have sides that are multiples of: a power of two."""
        if self.takes_any_size:
            return 1
        return math.gcd(*self.takes.shape[:2], 2**16)

    def at_any_size(self) -> Direction:
        """The same with a network that takes images of any size whose sides its `multiple` divides.

        Returns:
            `Direction`; this one where it does already.

        Raises:
            ValueError: If there is no one network, or it can't be made for other sizes: one with dense layers.
        """
        if self.takes_any_size:
            return self
        network = _of_any_size(self.network, self.takes.shape[-1])
        if network is None or network.outputs[0].shape[1:3] != (None, None):
            raise ValueError(
                "`own_size` is for networks that are convolutional throughout. "
                f"Received: own_size=True with {getattr(self.network, 'name', self.network)!r}"
            )
        return dataclasses.replace(
            self,
            takes=modalities.spec_of((None, None, self.takes.shape[-1])),
            gives=modalities.spec_of((None, None, self.gives.shape[-1])),
            network=network,
            translate=lambda images, batch_size=BATCH_SIZE: predict(network, images, batch_size),
        )


class Translates(Task):
    """What everybody asks of a model that translates.

    A model has `translate`, and `directions`: a dict from their names to `Direction`s, with the name `""`
    where there is but one. It takes two parts.

    Class attributes:
        paired: Whether it learns from pairs that show the same thing.
        enlarges: None, or the number of times that targets are larger than the inputs, which are then made
            of them.
        baseline_in_words: String, what to call `copied` in a report's table.
    """

    words = "can translate"
    report_options: tuple[str, ...] = ("input", "target")
    needs_examples = True
    call_in_words = "translations = model.translate(images)  # float32 in [-1, 1]"
    paired = True
    enlarges: int | None = None
    baseline_in_words = "copied input"

    @property
    def picture_reading(self) -> tuple[str, ...]:  # type: ignore[override]
        """Tuple with `"side_by_side"` where it learns from pairs of pictures."""
        pairs = self.paired and self.enlarges is None and self.gives.kind == "images"
        return ("side_by_side",) if pairs else ()

    def copied(self, inputs: Array, targets: Array) -> Array | None:
        """What translations are held against: by default the inputs as they are.

        Args:
            inputs: Float array `(n, height, width, channels)` in [-1, 1].
            targets: Float array of what they are translated to.

        Returns:
            Float array of the targets' shape, or None where inputs can't stand for them.
        """
        if inputs.shape in (targets.shape, (*targets.shape[:3], 1)):
            return np.broadcast_to(inputs, targets.shape)  # grey in all channels
        return None

    def shown(self, inputs: Array, targets: Array) -> Array:
        """How inputs are laid out beside their translations: by default as they are.

        Args:
            inputs: Float array `(n, height, width, channels)`.
            targets: Float array of what they are translated to.

        Returns:
            Float array of as many images.
        """
        return inputs

    @property
    def gives(self) -> Arrays:
        """Spec of what comes out, in the first direction."""
        return next(iter(self.directions.values())).gives

    def direction(self, name: str | None = None) -> Direction:
        """One of the directions.

        Args:
            name: String, or None for the first, or only one.

        Returns:
            A `Direction`.

        Raises:
            ValueError: If there is none of that name.
        """
        directions = self.directions
        if name is None:
            return next(iter(directions.values()))
        if len(directions) == 1:
            raise ValueError(
                "`direction` is for a model that translates both ways, a CycleGAN say. "
                f"Received: direction={name!r} with a {type(self).__name__}"
            )
        if name not in directions:
            raise ValueError(
                f"`direction` must be {' or '.join(map(repr, directions))}. "
                f"Received: direction={name!r}"
            )
        return directions[name]

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """A network for each direction."""
        return {
            f"translate_{name}" if name else "translate": functools.partial(_network_of, direction)
            for name, direction in self.directions.items()
            if direction.network is not None
        }

    def open_data(
        self,
        dataset: Any,
        split: str = "train",
        input: str | None = None,
        target: str | None = None,
        **options: Any,
    ) -> OpenedData:
        """Opens a data set of what is translated and what it is translated to.

        Args:
            dataset: As in `keras_gen.data.paired`, or `keras_gen.data.unpaired`.
            split: String.
            input: String, the feature, subfolder or half that is translated.
            target: String, likewise, of what comes out.
            **options: How pictures are read: `resize`, `value_range`, and of pairs `side_by_side`.

        Returns:
            `keras_gen.data.Opened`.

        Raises:
            ValueError: If there is an `input` for a model that enlarges, or as `keras_gen.data.paired`.
        """
        from keras_gen import data

        if self.enlarges is not None:
            if input is not None:
                raise ValueError(
                    f"`input` must be None for a {type(self).__name__}, whose inputs are made of the targets. "
                    f"Received: input={input!r}"
                )
            depth, reading = self.gives.shape[-1], reading_in(options)
            return data.open_super_resolution(
                dataset, self.enlarges, target, channels=depth, split=split, **reading
            )
        open_both = data.open_paired if self.paired else data.open_unpaired
        channels = tuple(spec.shape[-1] for spec in self.takes.values())
        reading = reading_in(options)
        if self.paired and options.get("side_by_side"):
            reading["side_by_side"] = True
        return open_both(dataset, input, target, channels=channels, split=split, **reading)

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Lays examples out beside their translations, twice a row.

        Of one direction input, output and target; of several, of each an input and its output.

        Args:
            examples: A batch of what the model takes, of which the first 12 are shown.
            seed: Not looked at.

        Returns:
            Pair of images, a float array, and how many of them stand in a row.

        Raises:
            ValueError: If there are no examples.
        """
        if examples is None:
            raise ValueError(
                f"`examples` must be a batch of what a {type(self).__name__} takes, to be translated. "
                "Received: examples=None"
            )
        both = [np.asarray(part)[:SHOWN] for part in modalities.take(examples, self.takes)]
        shown = []
        for direction in self.directions.values():
            inputs, targets = both[:: direction.order]
            shown += [self.shown(inputs, targets), direction.translate(inputs)]
        if len(self.directions) == 1:
            shown.append(both[1])
        return side_by_side(shown), 2 * len(shown)

    def report(
        self,
        opened: OpenedData,
        n: int = 10_000,
        features: ExtractorLike | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Report:
        """Says how good translations are: errors, and distances to the target domain.

        Beside them stand `copying`, the same of giving back the input, where it has the target's shape or
        is a grey image of its size, and `floor`, the distances of the train split's targets.

        Args:
            opened: What `open_data` gave.
            n: Integer, the most examples.
            features: What distances are measured with. None is the classifier of the data set, or that
                of colour pictures, see `keras_gen.metrics.default_feature_extractor`; where the
                package has none, there are no distances.
            seed: Integer, of the kernel distance's subsets.
            **options: Not looked at.

        Returns:
            Dict, ready for JSON: see `keras_gen.evaluation.evaluate`.
        """
        specs = self._read_by()
        once = not (self.paired or opened.aligned)
        examples, count = reporting.chosen_examples(opened, specs, n, BATCH_SIZE, once)
        report = {"losses": self.evaluate(examples, verbose=0, return_dict=True)}
        report["counts"] = {"real": count}
        if all(spec.kind == "images" for spec in specs):
            scores = self._scored(opened, examples, count, features, seed)
        else:
            scores = self._copying_alone(features)
        for name in report["losses"]:
            scores["scores"].pop(name, None)
        report |= {name: values for name, values in scores.items() if values}
        if "copying" in report and self.baseline_in_words != Translates.baseline_in_words:
            report["baseline"] = self.baseline_in_words
        return report | reporting.fitting(self._fitted(opened.own_shapes))

    def _read_by(self):
        """What the parts of an example are, that first whose size data are asked for."""
        specs = tuple(self.takes.values())
        return specs if self.enlarges is None else specs[::-1]

    def _scored(self, opened, examples, count, features, seed):
        """The report's `scores` and, where they can be had, `copying`, `floor` and what they are of."""
        from keras_gen.metrics.translation_scores import TranslationScores

        extractor = reporting.extractor_at_hand(features, self.gives, opened.name)
        found = {} if extractor is None else {"extractor": extractor.name}
        scores = {
            name: TranslationScores(extractor, self.paired or opened.aligned, seed)
            for name in self.directions
        }
        for pair in examples.as_numpy_iterator():
            for name, direction in self.directions.items():
                scores[name].update(*self._translated(direction, pair))
        train = None if extractor is None else reporting.training_split(opened)
        if train is not None:
            specs = self._read_by()
            once = not (self.paired or train.aligned)
            others, other_count = reporting.chosen_examples(train, specs, count, BATCH_SIZE, once)
            floor_counts = {"real": count, "generated": other_count}
            for pair in others.as_numpy_iterator():
                for name, direction in self.directions.items():
                    scores[name].update_floor(pair[:: direction.order][1])
        results: dict[str, Any] = self._copying_alone(None)
        for name, direction in self.directions.items():
            prefix = f"{direction.words}: " if direction.words else ""
            for part, values in scores[name].result().items():
                named = {f"{prefix}{score}": value for score, value in values.items()}
                results[part] = results.get(part, {}) | named
        if "floor" in results:  # Of too few images there is none.
            found["floor_counts"] = floor_counts
        return found | results

    def _translated(self, direction, pair):
        """The targets of a pair, and a dict of what is held against them."""
        inputs, targets = pair[:: direction.order]
        images = {"scores": direction.translate(inputs)}
        copied = self.copied(inputs, targets)
        return targets, images if copied is None else {**images, "copying": copied}

    def _copying_alone(self, features):
        if features is not None:
            raise ValueError(
                "`features` are for scores of images, which this model does not make. "
                f"Received: features={features!r}"
            )
        return {"scores": {}, "copying": self.losses_of_copying()}

    def losses_of_copying(self) -> dict[str, float]:
        """What the model's own `evaluate` would give if it gave back its input, as far as that is known.

        Returns:
            Dict of numbers, empty where it is not.
        """
        return {}

    def _fitted(self, own_shapes):
        """Pairs of the data's shapes and the model's; nothing is said of a part that varies."""
        for own, spec in zip(own_shapes, self.takes.values(), strict=True):
            given = tuple(
                side if wanted is None else wanted
                for side, wanted in zip(own, spec.shape, strict=False)
            )
            yield (given if None in given else (None,) * 3 if None in own else own), given

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three images of the data that it is evaluated on, as bytes.

        Args:
            **evaluation: `dataset`, `split`, `input` and `target`.
        """
        evaluation.pop("n", None)
        opened = self.open_data(**evaluation)
        size = (self.direction().takes if self.enlarges is None else self.gives).shape[:2]
        if (
            self.enlarges is not None and None in size
        ):  # It enlarges pieces as well as whole pictures.
            side = min(*opened.shapes_at(None)[1][:2], GOLDEN)
            size = (side - side % self.enlarges,) * 2
        batches = opened.batches(None if None in size else size, batch_size=3, shuffle=False)
        inputs, _ = next(batches.as_numpy_iterator())
        return {"images": to_uint8(inputs)}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`."""
        return self.direction().translate(inputs["images"] / np.float32(127.5) - 1.0)


def _of_any_size(network, channels):
    """A copy of a functional network for images of any size, or None where there can be none."""
    try:
        if isinstance(network, keras.Sequential):  # Which can't be cloned with another input.
            network = keras.Model(network.inputs[0], network.outputs[0])
        images = keras.Input((None, None, channels), name="images")
        alike = keras.tree.map_structure(lambda _: images, network.input)  # alone, or in a list
        copy = keras.models.clone_model(network, input_tensors=alike)
        copy.set_weights(network.get_weights())
    except (AttributeError, TypeError, ValueError):
        return None
    return copy


def _network_of(direction):
    """Functional `keras.Model` that translates."""
    inputs = keras.Input(direction.takes.shape, name="images")
    outputs = direction.network(direction.takes.take("Inputs", inputs), training=False)
    return keras.Model(inputs, direction.gives.give_in_graph(outputs), name="translate")


def side_by_side(batches):
    """Interleaves batches of images; grey ones are made RGB, smaller ones laid on white.

    Of other than 1, 3 or 4 channels the first three are shown, or the first.
    """
    if batches[0].ndim != 4:
        return np.stack(batches, axis=1).reshape(-1, *batches[0].shape[1:])
    if len({batch.shape[-1] for batch in batches}) > 1:
        batches = [batch[..., : 3 if batch.shape[-1] >= 3 else 1] for batch in batches]
    height, width = (max(batch.shape[axis] for batch in batches) for axis in (1, 2))
    colour = any(batch.shape[-1] == 3 for batch in batches)
    batches = [
        np.pad(
            batch.repeat(3, axis=-1) if colour and batch.shape[-1] == 1 else batch,
            ((0, 0), (0, height - batch.shape[1]), (0, width - batch.shape[2]), (0, 0)),
            constant_values=1.0,
        )
        for batch in batches
    ]
    return np.stack(batches, axis=1).reshape(-1, *batches[0].shape[1:])
