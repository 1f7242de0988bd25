from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor

# Below this the kernel counts as zero, and is left as it is.
_SMALLEST_SIGMA = 1e-12


@keras.saving.register_keras_serializable(package="keras_gen")
class SpectralNormalization(keras.layers.Wrapper):
    """Calls a layer with its kernel divided by the kernel's largest singular value.

    The wrapped kernel itself is never changed, so that one training step can call the layer
    any number of times (Keras's own layer of this name assigns the kernel in each call). The
    singular value is estimated in float32 by power iteration; each call in training refines the
    estimate of its vector, `vector_u`, which inference only reads.

    Args:
        layer: A Keras layer with a `kernel` (`Dense`, `Conv2D`, `Conv2DTranspose`, ...) or
            `embeddings` weight. Its kernel is read as a matrix of one column per output channel.
        power_iterations: Integer of at least 1, the iterations a call. Defaults to 1.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: What the layer takes.
        training: Whether to refine `vector_u`.

    Returns:
        What the layer returns.

    Raises:
        ValueError: If `power_iterations` isn't an integer of at least 1, or the layer has no such
            weight.

    Example:

    >>> layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False), power_iterations=50)
    >>> outputs = layer(keras.ops.eye(2), training=True)  # the normalised kernel itself
    >>> norm = keras.ops.norm(outputs, 2)
    >>> round(float(keras.ops.convert_to_numpy(norm)), 3)
    1.0

    Reference: Miyato et al., 2018, https://arxiv.org/abs/1802.05957
    """

    def __init__(self, layer: keras.Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations < 1:
            raise ValueError(
                "`power_iterations` must be an integer of at least 1. "
                f"Received: power_iterations={power_iterations!r}"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.vector_u = self.add_weight(
            shape=(self._as_matrix(self._kernel()).shape[-1],),
            initializer="random_normal",
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name="vector_u",
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        kernel = self._kernel()
        normalised = ops.cast(kernel, "float32") / self._sigma(training)
        values = [
            (variable, normalised if variable is kernel else variable.value)
            for variable in self.layer.variables
        ]
        with keras.StatelessScope(values):
            outputs = self.layer(inputs)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> Config:
        return {**super().get_config(), "power_iterations": self.power_iterations}

    def _kernel(self):
        for name in ("kernel", "embeddings"):
            kernel = getattr(self.layer, name, None)
            if isinstance(kernel, keras.Variable):
                return kernel
        raise ValueError(
            "`layer` must have a weight `kernel` or `embeddings`. "
            f"Received: layer={self.layer!r} of type {type(self.layer).__name__}"
        )

    def _as_matrix(self, kernel):
        """The kernel in float32 as a matrix whose columns are output channels."""
        matrix = ops.cast(kernel, "float32")
        transposed = (
            keras.layers.Conv1DTranspose,
            keras.layers.Conv2DTranspose,
            keras.layers.Conv3DTranspose,
        )
        if isinstance(self.layer, transposed):
            matrix = ops.swapaxes(matrix, -1, -2)
        return ops.reshape(matrix, (-1, matrix.shape[-1]))

    def _sigma(self, training):
        """The largest singular value, differentiable in the kernel; the vectors are constants."""
        matrix = self._as_matrix(self._kernel())
        constant = ops.stop_gradient(matrix)
        u = ops.normalize(ops.convert_to_tensor(self.vector_u))  # It begins at another length.
        v = ops.normalize(ops.matmul(constant, u))
        if training:
            for iteration in range(self.power_iterations):
                if iteration:
                    v = ops.normalize(ops.matmul(constant, u))
                u = ops.normalize(ops.matmul(v, constant))
            self.vector_u.assign(u)
        sigma = ops.sum(ops.matmul(v, matrix) * u)
        return ops.where(sigma > _SMALLEST_SIGMA, sigma, 1.0)
