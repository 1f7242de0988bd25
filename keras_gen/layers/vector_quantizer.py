from typing import Any

import keras
from keras import ops

from keras_gen.backend import replica_id, sum_over_replicas
from keras_gen.checks import check_int
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class VectorQuantizer(keras.layers.Layer):
    """Each vector becomes the nearest of a codebook; gradients pass straight through.

    The outputs are the nearest codes, their gradient is the inputs' own. Codes are not learnt by gradients:
    `follow` moves each towards the mean of the vectors nearest to it. Of each code the layer keeps moving
    averages of its share of the vectors, and of their sum divided by the number of all; the code is the sum
    over the share, which is smoothed after Laplace.

    A code whose share falls below `revive_below / codes` is dead: it becomes a vector of the batch, drawn with
    replacement, so that a codebook may be larger than a batch has vectors. Shares begin at that bound: what
    the first batch does not use is drawn from it.

    Args:
        codes: Integer, at least 2: the size of the codebook.
        decay: Float in [0, 1), of the averages. Defaults to 0.99.
        epsilon: Float above 0, which is added to the shares. Defaults to 1e-7.
        revive_below: Float from 0 up to 1; 0 leaves dead codes dead. Defaults to 0.1.
        seed: Integer that fixes the first codes, or `None`. Defaults to `None`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, ..., dim)`.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> layer = VectorQuantizer(codes=4, seed=0)
    >>> vectors = keras.ops.ones((2, 3, 3, 5))
    >>> layer(vectors).shape == vectors.shape, tuple(layer.indices(vectors).shape)
    (True, (2, 3, 3))

    Reference: van den Oord et al., 2017, Neural Discrete Representation Learning, section 3 and appendix A.1,
    https://arxiv.org/abs/1711.00937; Razavi et al., 2019, https://arxiv.org/abs/1906.00446; dead codes:
    Dhariwal et al., 2020, Jukebox, https://arxiv.org/abs/2005.00341
    """

    def __init__(
        self,
        codes: int,
        decay: float = 0.99,
        epsilon: float = 1e-7,
        revive_below: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_int("codes", codes, least=2)
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"`decay` must be a number in [0, 1). Received: decay={decay!r}")
        if not epsilon > 0.0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon!r}")
        if not 0.0 <= revive_below <= 1.0:
            raise ValueError(
                f"`revive_below` must be a number in [0, 1]. Received: revive_below={revive_below!r}"
            )
        self.codes = codes
        self.decay = decay
        self.epsilon = epsilon
        self.revive_below = revive_below
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        share = (self.revive_below or 1.0) / self.codes
        options = {
            "dtype": "float32",
            "trainable": False,
            "autocast": False,
            "aggregation": "only_first_replica",
        }
        self.shares = self.add_weight(
            shape=(self.codes,),
            initializer=keras.initializers.Constant(share),
            name="shares",
            **options,
        )
        self.sums = self.add_weight(
            shape=(self.codes, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=share, seed=self.seed),
            name="sums",
            **options,
        )

    @property
    def codebook(self) -> Tensor:
        """The codes, a float32 tensor `(codes, dim)`."""
        shares = ops.convert_to_tensor(self.shares)
        total = ops.sum(shares)
        smooth = (shares + self.epsilon) / (total + self.codes * self.epsilon) * total
        return ops.convert_to_tensor(self.sums) / smooth[:, None]

    def call(self, inputs: Tensor) -> Tensor:
        nearest = ops.cast(self.lookup(self.indices(inputs)), inputs.dtype)
        return inputs + ops.stop_gradient(nearest - inputs)

    def indices(self, vectors: Tensor) -> Tensor:
        """The numbers of the nearest codes.

        Args:
            vectors: Float tensor `(batch, ..., dim)`.

        Returns:
            Int32 tensor `(batch, ...)`.
        """
        codebook = self.codebook
        vectors = ops.cast(vectors, "float32")
        products = ops.matmul(vectors, ops.transpose(codebook))
        distances = ops.sum(ops.square(codebook), axis=-1) - 2.0 * products
        # Keras's `argmin` looks at signs of zero by operations that ONNX and LiteRT have not.
        least = distances <= ops.min(distances, axis=-1, keepdims=True)
        numbers = ops.arange(self.codes, dtype="int32")
        return ops.min(ops.where(least, numbers, self.codes - 1), axis=-1)

    def lookup(self, indices: Tensor) -> Tensor:
        """The codes of numbers.

        Args:
            indices: Integer tensor `(batch, ...)` in [0, codes).

        Returns:
            Float32 tensor `(batch, ..., dim)`.
        """
        return ops.take(self.codebook, indices, axis=0)

    def follow(self, vectors: Tensor, seed_generator: keras.random.SeedGenerator) -> None:
        """Moves the codes towards the vectors of a batch, and draws dead ones from it, within a step.

        Replicas move together, by the vectors of all.

        Args:
            vectors: Float tensor `(batch, ..., dim)`.
            seed_generator: `keras.random.SeedGenerator`, of what is drawn.
        """
        vectors = ops.reshape(ops.cast(vectors, "float32"), (-1, self.sums.shape[-1]))
        count = ops.cast(ops.shape(vectors)[0], "float32")
        nearest = ops.one_hot(self.indices(vectors), self.codes, dtype="float32")
        of_all = sum_over_replicas(ops.convert_to_tensor(count))
        shares = sum_over_replicas(ops.sum(nearest, axis=0)) / of_all
        sums = sum_over_replicas(ops.matmul(ops.transpose(nearest), vectors)) / of_all
        shares = self.decay * self.shares.value + (1.0 - self.decay) * shares
        sums = self.decay * self.sums.value + (1.0 - self.decay) * sums
        if self.revive_below:
            drawn = self._draw(vectors, count, seed_generator)
            dead = shares < self.revive_below / self.codes
            shares = ops.where(dead, 1.0 / self.codes, shares)
            sums = ops.where(dead[:, None], drawn / self.codes, sums)
        self.shares.assign(shares)
        self.sums.assign(sums)

    def _draw(self, vectors, count, seed_generator):
        """A vector for each code: those of the first replica on all."""
        uniform = keras.random.uniform((self.codes,), seed=seed_generator)
        places = ops.cast(ops.floor(ops.minimum(uniform * count, count - 1.0)), "int32")
        first = ops.cast(ops.equal(replica_id(), 0), "float32")
        return sum_over_replicas(first * ops.take(vectors, places, axis=0))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "codes": self.codes,
            "decay": self.decay,
            "epsilon": self.epsilon,
            "revive_below": self.revive_below,
            "seed": self.seed,
        }
