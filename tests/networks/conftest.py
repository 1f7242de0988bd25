import keras
import numpy as np
import pytest


@pytest.fixture
def sample():
    """`sample(model, batch)`: inputs of the model's shapes, floats in [-1, 1] and labels 0 to 2."""

    def draw(model, batch=2, seed=0):
        generator = np.random.default_rng(seed)
        arrays = []
        for tensor in model.inputs:
            shape = (batch, *tensor.shape[1:])
            if "int" in keras.backend.standardize_dtype(tensor.dtype):
                arrays.append(generator.integers(0, 3, shape).astype("int32"))
            else:
                arrays.append(generator.uniform(-1, 1, shape).astype("float32"))
        return arrays[0] if len(arrays) == 1 else arrays

    return draw


@pytest.fixture
def run():
    """`run(model, inputs)`: the model's outputs as NumPy arrays, a list if there are several."""

    def call(model, inputs, training=False):
        outputs = model(inputs, training=training)
        if isinstance(outputs, (list, tuple)):
            return [keras.ops.convert_to_numpy(output) for output in outputs]
        return keras.ops.convert_to_numpy(outputs)

    return call


@pytest.fixture
def scramble():
    """`scramble(model)`: every weight drawn anew, so that none hides a fault."""

    def draw(model, seed=0):
        generator = np.random.default_rng(seed)
        for weight in model.weights:
            values = generator.normal(size=weight.shape)
            if weight.path.endswith("kernel"):
                values *= (np.prod(weight.shape[:-2]) * max(weight.shape[-2:])) ** -0.5
            elif weight.path.endswith(("gamma", "moving_variance")):
                values = 1 + 0.5 * np.tanh(values)
            weight.assign(values.astype("float32"))

    return draw


@pytest.fixture
def in_policy():
    """`in_policy(name)`: sets the global dtype policy for the rest of the test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)
