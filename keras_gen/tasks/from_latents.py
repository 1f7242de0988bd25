"""Making samples of latents, vectors that stand for them."""

import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import keras
import numpy as np

from keras_gen.backend import predict
from keras_gen.checks import check_positive_integer
from keras_gen.core.priors import Normal
from keras_gen.modalities import Clips
from keras_gen.tasks.generating import Generates
from keras_gen.types import Array, ArrayLike, ClassLabels, PathLike


class FromLatents(Generates):
    """What is asked of a model whose `generate` takes `latents`, arrays of the shape of its `prior`.

    They are vectors of length `latent_dim`, or what else the prior draws: noisy images.
    """

    prior: Normal

    def samples_like(
        self, seen: Sequence[tuple[int, Array | None]], seed: int
    ) -> Iterator[tuple[Array, Array | None]]:
        """Makes samples batch by batch, of one stream of latents: see `Generates.samples_like`."""
        random = np.random.default_rng(seed)
        for count, labels in seen:
            latents = self.prior.draw(count, random)
            chosen = {} if labels is None else {"labels": labels}
            yield self.generate(latents=latents, **chosen), labels

    def chosen(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        prior: Any = None,
    ) -> tuple[Array, Array | None]:
        """The latents and the labels that arguments of `generate` stand for.

        Args:
            n: Integer, how many; with `per_class`, how many of each class.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names. Without it
                and without `per_class` they are drawn, where there are classes.
            per_class: Boolean. If True, they are `num_classes` rows of `n`, one row for each class in
                order, the same latents in every row.
            seed: Integer, or None for others at each call.
            latents: Float array `(n, latent_dim)` to use in place of drawn ones.
            prior: What they are drawn from, or None for the model's `prior`.

        Returns:
            Pair of the latents, a float32 array `(n, latent_dim)` or with `per_class`
            `(num_classes * n, latent_dim)`, and of as many labels, an int32 array, or None where there
            are no classes.

        Raises:
            ValueError: If a label is out of range, or it is not said how many there are to be.
        """
        if per_class and labels is not None:
            raise ValueError("Give `labels` or `per_class=True`. Received: both")
        if per_class:
            self.in_order(1, per_class)
        if labels is not None:
            labels = self.labels_of(labels)
            if n not in (None, len(labels)):
                raise ValueError(
                    f"`n` must be the number of `labels`, or left out. Received: n={n} and "
                    f"{len(labels)} labels"
                )
            n = len(labels)
        latents = (self.prior if prior is None else prior).draw(n, seed, latents)
        if self.num_classes is None:
            return latents, None
        if per_class:
            labels = np.repeat(np.arange(self.num_classes, dtype="int32"), len(latents))
            return np.concatenate([latents] * self.num_classes), labels
        if labels is None:
            labels = self._drawn_labels(len(latents), seed)
        return latents, labels

    def _drawn_labels(self, n: int, seed: int | None) -> Array:
        """Classes, drawn by a stream of their own, so that it does not repeat the latents' numbers."""
        random = np.random.default_rng(None if seed is None else [seed, 1])
        return random.integers(cast(int, self.num_classes), size=n).astype("int32")

    def walk(
        self,
        n: int = 16,
        stops: int = 4,
        steps: int = 8,
        seed: int | None = None,
        labels: ClassLabels | None = None,
        **options: Any,
    ) -> Array:
        """Makes samples of latents that wander, for an animation: from one to the next, and back to the first.

        Args:
            n: Integer above 0, how many wander side by side.
            stops: Integer, at least 2: the latents that each of them comes to.
            steps: Integer above 0, the samples from one to the next, without that.
            seed: Integer or None, of the latents, and where there are classes and no `labels` of those.
            labels: Integer array `(n,)` in [0, num_classes), or a list of names: the class of each of them.
            **options: Of `generate`.

        Returns:
            Float32 NumPy array `(n, stops * steps, ...)`, of images clips, whose end leads to the beginning.

        Raises:
            ValueError: If a number or a label is out of range, or the model makes tables.
        """
        if self.gives.kind == "tables":
            raise ValueError(
                "`walk` is of a model of arrays; `interpolate` makes the rows between two of a table. "
                f"Received: a model of {self.gives.noun}"
            )
        for name, value in (("n", n), ("stops", stops), ("steps", steps)):
            check_positive_integer(name, value)
        if stops < 2:
            raise ValueError(f"`stops` must be at least 2. Received: stops={stops}")
        if labels is not None:
            labels = self.labels_for(labels, n)
        prior = self.prior
        ends = prior.draw(n * stops, seed).reshape(stops, n, *prior.shape)
        ways = [
            [prior.between(start, end, steps + 1)[:-1] for start, end in zip(*pair, strict=True)]
            for pair in zip(ends, np.roll(ends, -1, axis=0), strict=True)
        ]
        latents = np.concatenate([np.stack(way) for way in ways], axis=1)
        if self.num_classes is not None:
            own = self._drawn_labels(n, seed) if labels is None else labels
            options["labels"] = np.repeat(own, latents.shape[1])
        made = self.generate(latents=latents.reshape(-1, *prior.shape), **options)
        return made.reshape(*latents.shape[:2], *made.shape[1:])

    def film(
        self, path: PathLike, n: int = 16, seed: int | None = None, **options: Any
    ) -> pathlib.Path:
        """Writes an animation of images that become others: what `walk` makes.

        Args:
            path: String or path of the file, which ends in `.gif`.
            n: As in `walk`, and so is `seed`.
            seed: As in `walk`.
            **options: Of `walk`.

        Returns:
            `pathlib.Path` of the file that was written.

        Raises:
            ValueError: If the model makes no images, the name does not end in `.gif`, or as `walk`.
        """
        if self.gives.kind != "images" or pathlib.Path(path).suffix != ".gif":
            raise ValueError(
                "`film` is of a model of images, and `path` must end in .gif. Received: "
                f"path={str(path)!r} with a model of {self.gives.noun}"
            )
        made = self.walk(n, seed=seed, **options)
        return Clips(made.shape[1:]).show(made, path)

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """The network of latents, and labels where there are classes, to samples."""
        return {"generate": self.generate_network}

    def generate_network(self) -> keras.Model:
        """Functional `keras.Model` that gives what `generate(latents=...)` does."""
        latents = keras.Input(self.prior.shape, name="latents")
        inputs = self.beside_labels(latents)
        outputs = self.gives.give_in_graph(self.samples_of(inputs))
        return keras.Model(inputs, outputs, name="generate")

    def beside_labels(self, inputs: Any) -> Any:
        """A `keras.Input`, and where there are classes a list of it and of one of labels."""
        if self.num_classes is None:
            return inputs
        return [inputs, keras.Input((), dtype="int32", name="labels")]

    def samples_of(self, inputs: Any) -> Any:
        """What networks make, in inference, of a tensor of latents or a list of latents and labels."""
        raise NotImplementedError(f"{type(self).__name__} must define `samples_of`.")

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three latents, and where there are classes labels."""
        return {"latents": self.prior.draw(3, seed=0), **self._golden_labels()}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`."""
        return self.generate(**inputs)


class GeneratesFromLatents(FromLatents):
    """`generate` and `interpolate` for a model with a `sampler` of latents and a `prior`."""

    def samples_of(self, inputs: Any) -> Any:
        return self.sampler(inputs, training=False)

    def sample(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        sampler: keras.Model | None = None,
    ) -> Array:
        """Makes samples: what `generate` is, whatever of it a model has.

        Args:
            n: As in `chosen`, and so are `labels`, `per_class`, `seed` and `latents`.
            labels: As in `chosen`.
            per_class: As in `chosen`.
            seed: As in `chosen`.
            latents: As in `chosen`.
            batch_size: Integer, how many are made at a time.
            sampler: What makes them in the place of the model's `sampler`, or None.

        Returns:
            Float32 NumPy array `(n, ...)`, or `(num_classes * n, ...)` with `per_class`.
        """
        latents, labels = self.chosen(n, labels, per_class, seed, latents)
        inputs = latents if labels is None else [latents, labels]
        return self.gives.give(predict(sampler or self.sampler, inputs, batch_size))

    def interpolate(
        self,
        steps: int = 8,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        **options: Any,
    ) -> Array:
        """Makes samples along the great circle between two latents, and straight between their codes.

        Args:
            steps: Integer, at least 2: how many, both ends among them.
            seed: Integer or None, from which the two latents are drawn, and where there are classes and no
                `labels` the one of all samples.
            latents: Float array of shape `(2, latent_dim)` to use in place of drawn ones.
            **options: Of `generate`: the `labels`, say, of a model with classes.

        Returns:
            Float32 NumPy array of shape `(steps, ...)`.
        """
        start, end = self.prior.draw(2, seed, latents)
        if self.num_classes is not None and not {"labels", "per_class"} & {*options}:
            options["labels"] = self._drawn_labels(1, seed).repeat(steps)
        return self.generate(latents=self.prior.between(start, end, steps), **options)
