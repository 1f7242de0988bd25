"""Trainings in a process of their own.

To the last bit TensorFlow's sums depend on what a process has run before. So the TensorFlow fixtures of
these two parts were written by this module, a process a case, on 0.1.0.
"""

import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np

from tests.compatibility import training
from tests.compatibility.alone import alone
from tests.compatibility.models import CASES, SIX

ROOT = pathlib.Path(__file__).parents[2]


def three_steps(name):
    """What `training.three_steps` gives of a case."""
    return training.three_steps(CASES[name])


def from_a_file(name):
    """What a model of a file gives, and what comes of training it on."""
    case = SIX[name]
    model = keras.saving.load_model(training.FIXTURES / "files" / f"{name}.keras")
    assert int(model.optimizer.iterations) == 4
    outputs = case.outputs(model)
    return {"outputs_halfway": outputs, **training.second_half(model, case)}


def results_of(part, name):
    """Results of `three_steps` or `from_a_file`: on TensorFlow of a process of their own."""
    if training.BACKEND != "tensorflow":
        return part(name)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "results.npz"
        command = [
            sys.executable,
            "-m",
            "tests.compatibility.fresh",
            part.__name__,
            name,
            str(path),
        ]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        with np.load(path) as file:
            return dict(file)


def main(part, name, path):
    with alone():
        results = {each.__name__: each for each in (three_steps, from_a_file)}[part](name)
    np.savez(path, **{key: np.asarray(values) for key, values in results.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
