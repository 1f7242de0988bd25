"""Chooses the engine of the running Keras backend: the only place that branches on it."""

import keras

_BACKEND = keras.backend.backend()

if _BACKEND == "tensorflow":
    from keras_gen.engine import tensorflow_engine as engine
elif _BACKEND == "jax":
    from keras_gen.engine import jax_engine as engine
elif _BACKEND == "torch":
    from keras_gen.engine import torch_engine as engine
else:
    raise ImportError(f"no engine for the Keras backend {_BACKEND!r}")

input_gradient = engine.input_gradient
"""See the engine modules: `input_gradient(function, inputs)`."""
fused_batch_normalization = engine.fused_batch_normalization
"""See `tensorflow_engine.fused_batch_normalization`; None on the other backends."""
predict = engine.predict
"""See the engine modules: `predict(network, inputs, batch_size)`."""
