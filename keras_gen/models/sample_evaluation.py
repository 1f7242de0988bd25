"""`evaluate` of the models that make images from latents."""

import itertools

import keras
import numpy as np

from keras_gen.models import checks
from keras_gen.models.latents import draw_latents


class SampleEvaluation:
    """Adds the scores of a model's samples to `evaluate`, for a model with `generate`."""

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        scores=None,
        **kwargs,
    ):
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
        results = super().evaluate(
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
                images, labels = self.images_and_labels(data)
                seen.append((len(images), labels))
                yield images, labels

        def generated():
            random = np.random.default_rng(scores.seed)
            for count, labels in seen:
                latents = draw_latents(count, self.latent_dim, random)
                chosen = {} if labels is None else {"labels": labels}
                yield self.generate(latents=latents, **chosen), labels

        num_classes = getattr(self, "num_classes", None)
        return results | scores.evaluate(real(), generated(), num_classes=num_classes)

    def images_and_labels(self, data):
        """The images of a batch of data, and the labels to generate others like them, or None."""
        return checks.unpack_images(data, self.image_shape), None


def batches(x, y=None, batch_size=None):
    """Yields the batches that `evaluate` sees, of NumPy arrays.

    Args:
        x: Arrays, a `keras.utils.PyDataset`, or an iterable of batches.
        y: Array or None.
        batch_size: Integer, or None for Keras's 32, where `x` is arrays.
    """
    if isinstance(x, keras.utils.PyDataset):
        found = (x[number] for number in range(x.num_batches))
    elif not hasattr(x, "shape") and not isinstance(x, (dict, list, tuple)):
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
