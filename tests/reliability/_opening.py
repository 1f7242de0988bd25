"""Opens files, one after another, and prints a line of JSON for each."""

import json
import pathlib
import resource
import sys
import time
import warnings

import keras
import numpy as np

import keras_gen
from keras_gen.presets import open_model

# Beyond what the process has when it starts: a bomb then fails here, and harms nobody else.
_MOST_ADDRESSES = 4 * 2**30


def main(path):
    plan = json.loads(pathlib.Path(path).read_text())
    originals = {kind: state(open_model(file)) for kind, file in plan["originals"].items()}
    addresses = memory("VmSize") + _MOST_ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    say({"versions": [keras.__version__, keras_gen.__version__]})
    for task in plan["tasks"]:
        say(open_one(task, originals[task["kind"]]))
        keras.utils.clear_session()


def open_one(task, original):
    forget_peak()
    before, start = memory("VmRSS"), time.process_time()
    model = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = open_model(task["path"])
        outcome, said = None, ""
    except (ValueError, OSError) as error:
        outcome, said = "refused", str(error)
    except BaseException as error:
        outcome, said = "traceback", f"{type(error).__name__}: {error}"
    seconds, size = time.process_time() - start, memory("VmHWM") - before
    if outcome is None:
        try:
            same = equal(state(model), original)
            outcome = "equal" if same else "other"
        except Exception as error:
            outcome, said = "traceback", f"of the loaded model: {type(error).__name__}: {error}"
    return {"outcome": outcome, "said": said, "seconds": seconds, "bytes": size}


def state(model):
    """All that a model is: config, weights, optimizers' variables."""
    config = keras.saving.serialize_keras_object(model)
    variables = [np.asarray(keras.ops.convert_to_numpy(v)) for v in model.variables]
    optimizer = getattr(model, "optimizer", None)  # Only what is compiled has one.
    variables += [keras.ops.convert_to_numpy(v) for v in getattr(optimizer, "variables", ())]
    return json.dumps(config, sort_keys=True), variables


def equal(one, other):
    return (
        one[0] == other[0]
        and len(one[1]) == len(other[1])
        and all(np.array_equal(a, b) for a, b in zip(one[1], other[1], strict=True))
    )


def memory(name):
    """A size of this process in bytes, as Linux counts it."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def forget_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def say(result):
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
