"""Writing a network as SavedModel, ONNX or LiteRT: TensorFlow's graph of it, whatever the running backend.

    python -m keras_gen.backend.exporting MODEL.keras OUTPUT FORMAT OPTIONS [MODULE ...]

does it in a process of its own, for the other backends.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import keras

from keras_gen.files import folder_written_aside, written_aside

# What each format's file is called; a SavedModel is a folder.
SUFFIXES = {"tf_saved_model": "", "onnx": ".onnx", "litert": ".tflite"}
NEEDS = {"onnx": ("tf2onnx", "onnx")}


def export(make_network, filepath, format=None, **options):
    """Writes a network's outputs in inference, for runtimes that know nothing of Keras.

    Args:
        make_network: Callable without arguments that gives a functional `keras.Model` of float32 outputs. It
            is called when the rest is known to be right.
        filepath: String or path: `.onnx`, `.tflite`, or a folder. What was there is replaced when all is
            written; a folder only if it is empty or a SavedModel.
        format: `"tf_saved_model"`, `"onnx"` or `"litert"`. None: what the suffix says.
        **options: Of Keras's exporter of that format.

    Returns:
        `pathlib.Path` of the file or folder.

    Raises:
        ValueError: If there is no such format, the suffix is another's, the folder holds something else, or
            the format has no form for what the network does.
        ImportError: If a package is missing.
    """
    path, format = _checked(filepath, format)
    write = _write if keras.backend.backend() == "tensorflow" else _write_elsewhere
    network = make_network()
    with (written_aside if SUFFIXES[format] else folder_written_aside)(path) as aside:
        write(network, aside, format, options)
    return path


def _checked(filepath, format):
    """The path and the format that are meant: see `export`."""
    path = pathlib.Path(filepath)
    if format is None:
        known = {suffix: name for name, suffix in SUFFIXES.items()}
        if path.suffix not in known and not path.is_dir():
            raise ValueError(
                "`filepath` must end in '.onnx' or '.tflite', or be a folder without a suffix, for a "
                f"SavedModel. Received: filepath={str(filepath)!r}"
            )
        format = known.get(path.suffix, "tf_saved_model")
    if format not in SUFFIXES:
        raise ValueError(
            f"`format` must be one of {', '.join(map(repr, SUFFIXES))}. Received: format={format!r}"
        )
    if SUFFIXES[format] and path.suffix != SUFFIXES[format]:
        raise ValueError(
            f"`filepath` must end in {SUFFIXES[format]!r} for format={format!r}. "
            f"Received: filepath={str(filepath)!r}"
        )
    missing = [name for name in NEEDS.get(format, ()) if not importlib.util.find_spec(name)]
    if missing:
        raise ImportError(
            f"Export to {format} needs {' and '.join(missing)}: pip install 'keras_gen[export]'"
        )
    if not SUFFIXES[format] and path.exists() and not _may_replace(path):
        raise ValueError(
            "`filepath` must be a new folder, an empty one, or a SavedModel to replace. "
            f"Received: filepath={str(filepath)!r}, which holds something else"
        )
    return path, format


def _may_replace(folder):
    return folder.is_dir() and ((folder / "saved_model.pb").exists() or not any(folder.iterdir()))


def _write(network, path, format, options):
    """Writes a network by Keras's exporter; TensorFlow is the running backend."""
    import tensorflow as tf

    # Keras tells it itself, but of a model that was run.
    signature = keras.tree.map_structure(
        lambda tensor: keras.InputSpec(tensor.dtype, tensor.shape, name=tensor.name), network.input
    )
    options = {"verbose": False, "input_signature": [signature], **options}
    level = tf.get_logger().level
    tf.get_logger().setLevel("ERROR")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of what the converters ask NumPy for
            network.export(str(path), format=format, **options)
    except tf.errors.OpError as error:
        raise ValueError(_sentence(format, error)) from error
    finally:
        tf.get_logger().setLevel(level)


def _write_elsewhere(network, path, format, options):
    """Writes a network in another process, on TensorFlow."""
    modules = sorted({type(layer).__module__ for layer in network._flatten_layers()})
    own = [name for name in modules if name.split(".")[0] not in ("keras", "keras_gen")]
    if "__main__" in own:
        raise ValueError(
            f"On {keras.backend.backend()} a network is exported by another process, which can't see "
            "layers that were defined in the running script: put them into a module of their own, or "
            "run with KERAS_BACKEND=tensorflow"
        )
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "network.keras"
        network.save(source)
        environment = {
            **os.environ,
            "KERAS_BACKEND": "tensorflow",
            "CUDA_VISIBLE_DEVICES": "-1",  # This process may hold all of its memory.
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        done = subprocess.run(
            [sys.executable, "-m", __name__, source, path, format, json.dumps(options), *own],
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise ValueError(_sentence(format, last))


def _sentence(format, error):
    return f"The network can't be written as {format}: {' '.join(str(error).split())[:500]}"


def main(source, path, format, options, *modules):
    """What the other process does."""
    import keras_gen  # noqa: F401 - its layers

    for module in modules:
        importlib.import_module(module)
    network = keras.saving.load_model(source, compile=False)
    _write(network, path, format, json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
