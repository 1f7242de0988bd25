"""What the fixtures hold of a training, and how exactly it has to come again."""

import hashlib
import importlib
import json
import math
import os
import pathlib

import keras
import numpy as np

FIXTURES = pathlib.Path(__file__).with_name("fixtures")
BACKEND = keras.backend.backend()
FIT = {"batch_size": 4, "shuffle": False, "verbose": 0}
# Of these the last bits of a result depend on.
SETTINGS = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "JAX_DISABLE_MOST_OPTIMIZATIONS",
    "XLA_FLAGS",
)


def facts():
    """Dict of strings: the machine and the versions that a result was computed with."""
    lines = pathlib.Path("/proc/cpuinfo")
    lines = lines.read_text().splitlines() if lines.exists() else []
    cpu = dict(line.replace("\t", "").split(":", 1) for line in reversed(lines) if ":" in line)
    flags = hashlib.sha256(" ".join(sorted(cpu.get("flags", "").split())).encode()).hexdigest()
    backend = importlib.import_module(BACKEND)
    return {
        "cpu": cpu.get("model name", "").strip(),
        "cpu_flags": flags[:16],
        "keras": keras.__version__,
        "numpy": np.__version__,
        BACKEND: backend.__version__,
        **{name: os.environ.get(name, "") for name in SETTINGS},
    }


def write(path, results):
    """Writes arrays under their names, and the facts, with little beside the numbers themselves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = [np.asarray(array, "float32") for array in results.values()]
    shapes = {name: array.shape for name, array in zip(results, values, strict=True)}
    np.savez_compressed(
        path,
        values=np.concatenate([array.ravel() for array in values]),
        shapes=json.dumps(shapes),
        facts=json.dumps(facts()),
    )


def read(path, part=""):
    """Reads what `write` has written: the arrays whose names begin with `part`, and the facts."""
    with np.load(path) as file:
        shapes, stored = json.loads(str(file["shapes"])), json.loads(str(file["facts"]))
        ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
        values = np.split(file["values"], ends[:-1])
    arrays = zip(shapes.items(), values, strict=True)
    results = {name: array.reshape(shape) for (name, shape), array in arrays}
    return {n.removeprefix(part): a for n, a in results.items() if n.startswith(part)}, stored


def assert_same(now, path, part=""):
    """Asserts that results are those of a fixture.

    Where the facts are the fixture's own, that is bit for bit on TensorFlow and to 1e-6 on the
    others; on other machines and versions to 1e-5.
    """
    expected, stored = read(path, part)
    assert expected and now.keys() == expected.keys()
    tolerance = {"tensorflow": 0.0}.get(BACKEND, 1e-6) if facts() == stored else 1e-5
    for name, values in expected.items():
        np.testing.assert_allclose(
            np.asarray(now[name], "float32"),
            values,
            rtol=tolerance,
            atol=tolerance,
            err_msg=name,
            strict=True,
        )


def weights(model):
    """A model's weights by their places, as `get_weights` and files order them."""
    return {
        f"weight/{number:03d} {weight.path.split('/')[-1]}": keras.ops.convert_to_numpy(weight)
        for number, weight in enumerate(model.weights)
    }


def set_weights(model):
    """Gives a model weights that make outputs of all sizes, as one well trained does."""
    random = np.random.default_rng(0)
    values = []
    for weight in model.weights:
        drawn = random.normal(size=weight.shape) / np.sqrt(np.prod(weight.shape[:-1]) + 1.0)
        if weight.name in ("gamma", "moving_variance"):
            drawn = 1.0 + 0.1 * np.abs(drawn)
        values.append(drawn.astype("float32") if weight.dtype == "float32" else weight.numpy())
    model.set_weights(values)


def logs(history):
    return {f"log/{name}": np.array(values, "float32") for name, values in history.items()}


def three_steps(case):
    """Trains a case's model, as a user does, and says all that came of it."""
    keras.utils.set_random_seed(0)
    model = case.compiled()
    start = weights(model)
    history = model.fit(case.data(12), **FIT).history
    scores = model.evaluate(case.data(8), batch_size=4, verbose=0, return_dict=True)
    assert any((start[name] != now).any() for name, now in weights(model).items())
    return {
        **weights(model),
        **logs(history),
        **{f"evaluate/{name}": np.array(value, "float32") for name, value in scores.items()},
        "outputs": case.outputs(model),
    }


def halfway(case, path):
    """Trains for four epochs; saves a file after two.

    Returns:
        Dict of arrays: what the model gave at the file, and what came of the whole training.
    """
    keras.utils.set_random_seed(0)
    model = case.compiled()
    model.fit(case.data(8), epochs=2, **FIT)
    model.save(path)
    outputs = case.outputs(model)
    return {"outputs_halfway": outputs, **second_half(model, case)}


def second_half(model, case):
    history = model.fit(case.data(8), initial_epoch=2, epochs=4, **FIT).history
    return {**weights(model), **logs(history), "outputs": case.outputs(model)}
