from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class ImagePool(keras.layers.Layer):
    """A history of generated images, from which a discriminator is fed half the time.

    Until the pool is full it stores each image and returns it. From then on each image is, with
    probability one half, exchanged for a stored one, which is returned in its place; else it is
    returned as it came. The images of one batch never meet the same stored image.

    The images are weights that aren't trained: they are saved with the model, and shapes stay
    fixed, as XLA needs. No gradient flows through the layer.

    Args:
        pool_size: Integer of at least 0, the number of images stored. 0 returns images unchanged.
            Defaults to the paper's 50.
        seed: Integer that makes the draws repeatable, or `None`. Defaults to `None`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        images: Float tensor `(batch, height, width, channels)`. Of a batch larger than the pool,
            the first `pool_size` images take part, and the rest are returned as they came.
        training: Whether to use the pool: if not, images are returned unchanged. Defaults to
            `True`.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If `pool_size` isn't an integer of at least 0, or the images' height, width
            or channels are unknown.

    Example:

    >>> pool = ImagePool(pool_size=2, seed=0)
    >>> first = pool(keras.ops.ones((2, 4, 4, 3)))  # stored, and returned
    >>> second = pool(-keras.ops.ones((2, 4, 4, 3)))  # each is itself or one of the first
    >>> int(pool.count)
    2

    Reference: Shrivastava et al., 2016, section 2.3, https://arxiv.org/abs/1612.07828; Zhu et al.,
    2017, https://arxiv.org/abs/1703.10593
    """

    def __init__(self, pool_size: int = 50, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(pool_size, int) or pool_size < 0:
            raise ValueError(
                f"`pool_size` must be an integer of at least 0. Received: pool_size={pool_size!r}"
            )
        self.pool_size = pool_size
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "`images` must have a shape of (batch, height, width, channels), all but the batch "
                f"known. Received: images.shape={input_shape}"
            )
        if not self.pool_size:
            return
        options = {"initializer": "zeros", "trainable": False, "aggregation": "only_first_replica"}
        self.images = self.add_weight(
            shape=(self.pool_size, *input_shape[1:]), autocast=False, name="images", **options
        )
        # 64 bits on TensorFlow, which keeps 32-bit integers on the host, out of XLA's reach.
        self.count = self.add_weight(shape=(), dtype="int", name="count", **options)

    def call(self, images: Tensor, training: bool = True) -> Tensor:
        if not training or not self.pool_size:
            return images
        images = ops.stop_gradient(images)
        if images.shape[0] is not None and images.shape[0] <= self.pool_size:
            return self._exchange(images)
        exchanged = self._exchange(images[: self.pool_size])
        return ops.concatenate([exchanged, images[self.pool_size :]])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> Config:
        return {**super().get_config(), "pool_size": self.pool_size, "seed": self.seed}

    def _exchange(self, images):
        count, batch_size = ops.cast(self.count, "int32"), ops.shape(images)[0]
        index = ops.arange(batch_size, dtype="int32")
        room = self.pool_size - count
        filling = index < room
        draws = keras.random.uniform((2, self.pool_size), dtype="float32", seed=self.seed_generator)
        swapping = ops.logical_and(ops.logical_not(filling), draws[0, :batch_size] < 0.5)

        # The stored images in a random order, the free places after them.
        stored = ops.arange(self.pool_size, dtype="int32") < count
        order = ops.cast(ops.argsort(ops.where(stored, draws[1], 2.0)), "int32")
        place = ops.where(filling, count + index, ops.take(order, ops.maximum(index - room, 0)))

        old, new = ops.take(self.images, place, axis=0), ops.cast(images, self.images.dtype)
        storing = ops.reshape(ops.logical_or(filling, swapping), (-1, 1, 1, 1))
        kept = ops.where(storing, new, old)
        self.images.assign(ops.scatter_update(self.images, ops.expand_dims(place, 1), kept))
        self.count.assign(ops.minimum(count + batch_size, self.pool_size))
        swapping = ops.reshape(swapping, (-1, 1, 1, 1))
        return ops.where(swapping, ops.cast(old, images.dtype), images)
