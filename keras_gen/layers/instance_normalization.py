from typing import Any, Self

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class InstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each image by that image's own mean and variance.

    `outputs = gamma * (inputs - mean) / sqrt(variance + epsilon) + beta`, where the mean and the
    variance are taken over every axis but the batch's and `axis`, in float32 whatever the compute
    dtype. Training and inference are the same. An image of one pixel a channel becomes `beta`.

    The numbers, the arguments and the weights are those of `InstanceNormalization` in
    tensorflow-addons 0.23, and once `keras_gen` is imported, files that were saved with it
    (`.keras` and `.h5`) load with this layer in its place. A functional model in a `.keras` file of
    Keras 2 names a module that Keras 3 has moved; load that by
    `keras.saving.load_model(path, custom_objects={"Functional": keras.Model})`.

    Args:
        axis: Integer, the channels' axis, never the batch's. Defaults to `-1`.
        epsilon: Float above 0, added to the variance. Defaults to `1e-3`.
        center: Whether to add a learnt `beta`. Defaults to `True`.
        scale: Whether to multiply by a learnt `gamma`. Defaults to `True`.
        beta_initializer: Initialiser of `beta`. Defaults to `"zeros"`.
        gamma_initializer: Initialiser of `gamma`. Defaults to `"ones"`.
        beta_regularizer: Regulariser of `beta`, or `None`.
        gamma_regularizer: Regulariser of `gamma`, or `None`.
        beta_constraint: Constraint on `beta`, or `None`.
        gamma_constraint: Constraint on `gamma`, or `None`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor of rank 3 or more, such as `(batch, height, width, channels)`.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If `axis` is the batch's, `epsilon` isn't above 0, or the inputs have no
            axis to normalise over or an unknown number of channels.

    Example:

    >>> image = keras.ops.reshape([1.0, 3.0, 10.0, 30.0], (1, 2, 1, 2))  # channels (1, 10), (3, 30)
    >>> outputs = InstanceNormalization(epsilon=1e-9)(image)
    >>> keras.ops.convert_to_numpy(outputs).round(3).tolist()
    [[[[-1.0, -1.0]], [[1.0, 1.0]]]]

    Reference: Ulyanov et al., 2016, Instance Normalization, https://arxiv.org/abs/1607.08022
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if axis == 0:
            raise ValueError(f"`axis` must not be the batch's axis. Received: axis={axis}")
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon}")
        self.axis = axis
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_regularizer = keras.regularizers.get(beta_regularizer)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)
        self.beta_constraint = keras.constraints.get(beta_constraint)
        self.gamma_constraint = keras.constraints.get(gamma_constraint)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        if rank < 3 or not -rank < self.axis < rank:
            raise ValueError(
                "The inputs must have a batch axis, the channels' axis and at least one more. "
                f"Received: input_shape={input_shape}, axis={self.axis}"
            )
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                "The number of channels must be known. "
                f"Received: input_shape={input_shape}, axis={self.axis}"
            )
        self.input_spec = keras.InputSpec(ndim=rank, axes={self.axis: channels})
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape=(channels,),
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape=(channels,),
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
                name="beta",
            )

    def call(self, inputs: Tensor) -> Tensor:
        rank = len(inputs.shape)
        channel_axis = self.axis % rank
        pixel_axes = [axis for axis in range(1, rank) if axis != channel_axis]
        weight_shape = [-1 if axis == channel_axis else 1 for axis in range(rank)]

        outputs = ops.cast(inputs, "float32")
        outputs = outputs - ops.mean(outputs, pixel_axes, keepdims=True)
        # Of the difference: on PyTorch, `ops.moments` takes the mean square less the squared mean,
        # which is imprecise where the mean is large.
        variance = ops.mean(outputs**2, pixel_axes, keepdims=True)
        factor = ops.rsqrt(variance + self.epsilon)
        if self.scale:
            factor = factor * ops.reshape(self.gamma, weight_shape)
        outputs = outputs * factor
        if self.center:
            outputs = outputs + ops.reshape(self.beta, weight_shape)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
            "beta_regularizer": keras.regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": keras.regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": keras.constraints.serialize(self.beta_constraint),
            "gamma_constraint": keras.constraints.serialize(self.gamma_constraint),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        # tensorflow-addons writes `groups`, which for this layer is the number of channels.
        return cls(**{key: value for key, value in config.items() if key != "groups"})


keras.saving.get_custom_objects()["Addons>InstanceNormalization"] = InstanceNormalization
