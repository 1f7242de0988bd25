"""The task of filling the holes of pictures."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_gen import modalities
from keras_gen.pictures import to_uint8
from keras_gen.tasks import reporting
from keras_gen.tasks.task import Task, reading_in
from keras_gen.tasks.translating import side_by_side
from keras_gen.types import Array, ArrayLike, Data, ExtractorLike, OpenedData, Report

BATCH_SIZE = 16  # of an evaluation
SHOWN = 12  # examples of a preview
# Of more pictures there is no biharmonic baseline, which takes a good part of a second a picture.
MOST_BIHARMONIC = 1000


class Fills(Task):
    """What everybody asks of a model that fills holes.

    A model has `fill(images, masks, batch_size)` and `draw_masks(n, seed)`, the masks that it is evaluated
    with; `network_of_filling()` gives the network of pictures and masks to pictures that is exported. It
    takes pictures first.
    """

    words = "can fill holes"
    needs_examples = True
    call_in_words = "filled = model.fill(images, masks)  # float32 in [-1, 1]"

    def fill(self, images: ArrayLike, masks: ArrayLike, batch_size: int = 16) -> Array:
        """Fills holes: float32 `(n, height, width, channels)`, known pixels the given ones.

        Args:
            images: Float array `(n, height, width, channels)` in [-1, 1], or uint8.
            masks: Array `(n, height, width, 1)`, 1 where a picture is hidden.
            batch_size: Integer, how many are filled at a time.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `fill`.")

    def draw_masks(self, n: int, seed: int | None = None) -> Array:
        """Draws the masks of an evaluation, `(n, height, width, 1)` of zeros and ones.

        Args:
            n: Integer, how many.
            seed: Integer, or None for others at each call.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `draw_masks`.")

    def exports(self) -> dict[str, Any]:
        """The network of pictures and masks to pictures."""
        return {"fill": self.network_of_filling}

    def open_data(self, dataset: Any, split: str = "train", **options: Any) -> OpenedData:
        """Opens a data set of pictures.

        Args:
            dataset: String, a name or a folder; or arrays.
            split: String.
            **options: How pictures are read: `resize` and `value_range`.

        Returns:
            `keras_gen.data.Opened`.
        """
        return self.gives.open(dataset, split, **reading_in(options))

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Lays out pictures with holes, filled, and whole, two such examples a row.

        Args:
            examples: A batch of what the model takes, of which the first 12 are shown.
            seed: Integer, of the holes.

        Returns:
            Pair of images, a float array, and how many of them stand in a row.

        Raises:
            ValueError: If there are no examples.
        """
        if examples is None:
            raise ValueError(
                f"`examples` must be a batch of pictures for a {type(self).__name__} to fill. "
                "Received: examples=None"
            )
        images = np.asarray(modalities.take(examples, {"image": self.gives}))[:SHOWN]
        masks = self.draw_masks(len(images), seed)
        return side_by_side([images * (1.0 - masks), self.fill(images, masks), images]), 6

    def report(
        self,
        opened: OpenedData,
        n: int = 10_000,
        features: ExtractorLike | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Report:
        """Says how good filled pictures are: errors, and distances to whole ones.

        Beside them stand the same of holes filled with the mean colour of what is known
        (`mean_colour`) and, of 1,000 pictures at most and where scikit-image is installed, with a
        biharmonic surface (`biharmonic`; Damelin & Hoang, 2018); and `floor`, the distances of the train
        split's pictures.

        Args:
            opened: What `open_data` gave.
            n: Integer, the most pictures.
            features: What distances are measured with. None is the classifier of the data set, or that
                of colour pictures, see `keras_gen.metrics.default_feature_extractor`; where the
                package has none, there are no distances.
            seed: Integer, of the masks and of the kernel distance's subsets.
            **options: Not looked at.

        Returns:
            Dict, ready for JSON: see `keras_gen.evaluation.evaluate`. `losses` are `hole_l1`, the mean
            absolute difference in the holes, of [-1, 1]; `psnr` and `ssim` are of whole pictures.
        """
        from keras_gen.metrics.translation_scores import TranslationScores

        specs = (self.gives,)
        examples, count = reporting.chosen_examples(opened, specs, n, BATCH_SIZE)
        extractor = reporting.extractor_at_hand(features, self.gives, opened.name)
        scores = TranslationScores(extractor, True, seed)
        fillings = _fillings(count)
        masks, done = self.draw_masks(count, seed), 0
        errors = dict.fromkeys(("model", *fillings), 0.0)
        for images in examples.as_numpy_iterator():
            holes = masks[done : done + len(images)]
            filled = {"model": self.fill(images, holes, batch_size=BATCH_SIZE)}
            filled |= {name: fill(images, holes) for name, fill in fillings.items()}
            scores.update(images, filled)
            for name, made in filled.items():
                errors[name] += float(_hole_l1(images, made, holes).sum())
            done += len(images)
        report: dict[str, Any] = {"counts": {"real": count}}
        if extractor is not None:
            report["extractor"] = extractor.name
            floor_counts = self._floor(opened, scores, count)
        results = scores.result()
        if "floor" in results:  # Of too few pictures there is none.
            report["floor_counts"] = floor_counts
        for name, error in errors.items():
            del results[name]["l1"]
            results[name] = {"hole_l1": error / count, **results[name]}
        model = results.pop("model")
        report["losses"] = {name: model.pop(name) for name in ("hole_l1", "psnr", "ssim")}
        report |= {"scores": model} if model else {}
        shapes = zip(opened.own_shapes, specs, strict=True)
        fitted = (((None,) * 3 if None in own else own, spec.shape) for own, spec in shapes)
        return report | results | reporting.fitting(fitted)

    def _floor(self, opened, scores, count):
        train = reporting.training_split(opened)
        if train is None:
            return None
        others, other_count = reporting.chosen_examples(train, (self.gives,), count, BATCH_SIZE)
        for images in others.as_numpy_iterator():
            scores.update_floor(images)
        return {"real": count, "generated": other_count}

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three pictures of the data that it is evaluated on, and their masks, as bytes.

        Args:
            **evaluation: `dataset` and `split`.
        """
        evaluation.pop("n", None)
        opened = self.open_data(**evaluation)
        size = self.gives.shape[:2]
        batches = opened.batches(size, batch_size=3, shuffle=False)
        images = next(batches.as_numpy_iterator())
        return {"images": to_uint8(images), "masks": self.draw_masks(3, 0).astype("uint8")}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`."""
        return self.fill(inputs["images"], inputs["masks"])

    def network_of_filling(self) -> keras.Model:
        """Functional `keras.Model` of pictures and masks to filled pictures."""
        raise NotImplementedError(f"{type(self).__name__} must define `network_of_filling`.")


def _fillings(count):
    """The baselines, a dict of functions of pictures and masks."""
    found = {"mean_colour": mean_colour}
    if count <= MOST_BIHARMONIC and importlib.util.find_spec("skimage") is not None:
        found["biharmonic"] = biharmonic
    return found


def mean_colour(images: Array, masks: Array) -> Array:
    """Fills holes with the mean colour of each picture's known pixels.

    Args:
        images: Float array `(n, height, width, channels)`.
        masks: Float array `(n, height, width, 1)`, 1 where it is hidden; not everywhere.

    Returns:
        Float32 array of the pictures' shape.

    Example:

    >>> images, masks = np.array([2.0, 4.0, 9.0]), np.array([0.0, 0.0, 1.0])
    >>> mean_colour(images.reshape(1, 1, 3, 1), masks.reshape(1, 1, 3, 1)).ravel().tolist()
    [2.0, 4.0, 3.0]
    """
    known = 1.0 - masks
    counts = known.sum((1, 2), keepdims=True)
    means = (images * known).sum((1, 2), keepdims=True) / counts
    return np.where(masks == 1.0, means, images).astype("float32")


def biharmonic(images: Array, masks: Array) -> Array:
    """Fills holes with the surface that bends least, by scikit-image, which it needs.

    Args:
        images: Float array `(n, height, width, channels)` in [-1, 1].
        masks: Float array `(n, height, width, 1)`, 1 where it is hidden; not everywhere.

    Returns:
        Float32 array of the pictures' shape, in [-1, 1].
    """
    from skimage.restoration import inpaint_biharmonic

    filled = [
        inpaint_biharmonic(image, mask[..., 0] == 1.0, channel_axis=-1)
        for image, mask in zip(images, masks, strict=True)
    ]
    filled = np.clip(np.stack(filled), -1.0, 1.0)
    return np.where(masks == 1.0, filled, images).astype("float32")


def _hole_l1(images, filled, masks):
    """Mean absolute difference in the hole of each picture, `(n,)`."""
    differences = np.abs(images - filled).mean(-1, keepdims=True) * masks
    return differences.sum((1, 2, 3)) / masks.sum((1, 2, 3)).clip(1.0)
