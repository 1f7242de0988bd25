"""Three steps of every model on one backend: run as a script by test_backends_agree.py.

`python -m tests.models.three_steps FOLDER` trains, writes `FOLDER/<backend>.npz` and a `.keras` file
of each model, says so, waits for a line on its standard input (until the others have done so too) and
writes what the other backends' files generate to `FOLDER/<backend>_loaded.npz`.
"""

import pathlib
import sys

import keras
import numpy as np

from tests import families
from tests.cases import UNTRACED, compiled

BACKENDS = ("tensorflow", "jax", "torch")
CASES = {name: case.larger or case for name, case in families.CASES.items()}


def draw_as_numpy_does():
    """Makes `keras.random` give NumPy's numbers, the same on every backend, in each step the same anew.

    A step that JAX compiles has drawn when it was traced.

    Returns:
        Callback of `fit`, which has each step draw anew.
    """
    source = {}

    def restart(batch=None, logs=None):
        source["random"] = np.random.default_rng(0)

    def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
        values = mean + stddev * source["random"].standard_normal(shape)
        return keras.ops.convert_to_tensor(values.astype("float32"))

    def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
        values = source["random"].uniform(minval, maxval, shape)
        return keras.ops.convert_to_tensor(values.astype("float32"))

    keras.random.normal, keras.random.uniform = normal, uniform
    restart()
    return keras.callbacks.LambdaCallback(on_train_batch_begin=restart)


def set_weights(model):
    """Gives a model weights that depend on nothing but their order and shapes."""
    random = np.random.default_rng(0)
    weights = []
    for weight in model.weights:
        values = random.normal(size=weight.shape) / np.sqrt(np.prod(weight.shape[:-1]) + 1)
        if weight.name in ("gamma", "moving_variance"):
            values = 1.0 + 0.1 * np.abs(values)
        weights.append(values.astype(weight.dtype) if weight.name != "count" else np.zeros(()))
    model.set_weights(weights)


def train(case, anew):
    model = compiled(case, lambda: keras.optimizers.SGD(0.01), **UNTRACED)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0  # masks come from the backend's own generator
    set_weights(model)
    options = {"batch_size": 4, "shuffle": False, "verbose": 0, "callbacks": [anew]}
    history = model.fit(case.data(12), **options).history
    return model, history


def main(folder):
    anew = draw_as_numpy_does()
    backend = keras.backend.backend()
    results = {}
    for name, case in CASES.items():
        model, history = train(case, anew)
        for log, values in history.items():
            results[f"{name}/log/{log}"] = np.array(values)
        for number, weight in enumerate(model.weights):
            key = f"{name}/weight/{number:03d} {weight.path.split('/')[-1]}"
            results[key] = keras.ops.convert_to_numpy(weight)
        results[f"{name}/images"] = case.outputs(model)
        model.save(folder / f"{backend}_{name}.keras")
    np.savez(folder / f"{backend}.npz", **results)

    print("trained", flush=True)
    sys.stdin.readline()
    loaded = {}
    for name, case in CASES.items():
        for author in BACKENDS:
            if author == backend:  # To the last bit tests/conformance.py asks for that.
                continue
            model = keras.saving.load_model(folder / f"{author}_{name}.keras")
            loaded[f"{name}/{author}"] = case.outputs(model)
    np.savez(folder / f"{backend}_loaded.npz", **loaded)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
