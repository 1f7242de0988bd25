"""Wrote the fixtures, once, with 0.1.0: they are what later versions are held against.

Not to be run again over them. To see whether two processes agree, let it write elsewhere:

    KERAS_BACKEND=tensorflow OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
        JAX_DISABLE_MOST_OPTIMIZATIONS=1 python -m tests.compatibility.make_fixtures FOLDER three_steps

The other parts, `files`, `presets` and `runs`, were written on TensorFlow alone. The two files of numbers
`three_steps_tensorflow.npz` and `files.npz` were computed again, by 0.1.0 from the same `.keras` files, when
TensorFlow's graph rewriter was switched off (`alone.py`).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import keras

from tests.compatibility import training
from tests.compatibility.alone import alone
from tests.compatibility.models import CASES, JUDGEMENTS, PRESETS, SIX

RUNS = {
    "gan": ["--base-filters", "4", "--latent-dim", "8"],
    "vae": ["--base-filters", "1", "--latent-dim", "2"],
    "pix2pix": ["--base-filters", "2", "--input", "edges"],
}
OF_EVERY_RUN = ["--dataset", "digits", "--batch-size", "250", "--epochs", "4"]
PARTS_OF_A_RUN = ("model.keras", "settings.json", "history.csv")


def make_three_steps(folder):
    results = {}
    for name, case in CASES.items():
        results |= named(name, training.three_steps(case))
    training.write(folder / f"three_steps_{training.BACKEND}.npz", results)


def make_files(folder):
    results = {}
    for name, case in SIX.items():
        path = folder / "files" / f"{name}.keras"
        path.parent.mkdir(exist_ok=True)
        results |= named(name, training.halfway(case, path))
        compress(path)
    training.write(folder / "files.npz", results)


def make_presets(folder):
    results = {}
    (folder / "presets").mkdir(exist_ok=True)
    for name, case in PRESETS.items():
        model = case.build()
        training.set_weights(model)
        with tempfile.TemporaryDirectory() as scratch:
            model.save_to_preset(f"{scratch}/preset")
            parts = {path.name: path.read_bytes() for path in pathlib.Path(scratch).glob("*/*")}
        pack(folder / "presets" / f"{name}.zip", parts)
        judgements = JUDGEMENTS[name](model)
        results |= named(name, {"outputs": case.outputs(model), "judgements": judgements})
    training.write(folder / "presets.npz", results)


def make_runs(folder):
    results = {}
    for name in RUNS:
        with tempfile.TemporaryDirectory() as scratch:
            half, whole = pathlib.Path(scratch) / "half", pathlib.Path(scratch) / "whole"
            train(name, half, module="tests.compatibility.stopped", code=130)
            train(name, whole)
            run = folder / "runs" / name
            run.mkdir(parents=True, exist_ok=True)
            for part in PARTS_OF_A_RUN:
                shutil.copy(half / part, run)
            compress(run / "model.keras")
            model = keras.saving.load_model(whole / "model.keras")
        results |= named(name, training.weights(model))
    training.write(folder / "runs.npz", results)


def train(name, output, module="keras_gen", code=0):
    command = [sys.executable, "-m", module, "train", name, *OF_EVERY_RUN, *RUNS[name]]
    assert subprocess.run([*command, "--output", str(output)]).returncode == code


def named(name, results):
    return {f"{name}/{key}": values for key, values in results.items()}


def compress(path):
    """Packs a `.keras` file's parts, which Keras stores as they are; nothing in them changes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    pack(path, parts)


def pack(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def main(folder, *parts):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    makers = {
        "three_steps": make_three_steps,
        "files": make_files,
        "presets": make_presets,
        "runs": make_runs,
    }
    with alone():
        for part in parts:
            makers[part](folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
