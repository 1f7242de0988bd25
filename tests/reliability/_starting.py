"""A process that has imported all that a training needs, and forks one for each line of JSON it reads.

A line is a dict of `arguments`, those of `keras-gen`; `log`, the file for what is printed; and, if the
program is to be traced, `strace`, the options of that, and `trace`, the file for it. The answer is a line
with the exit `code`, negative where a signal ended the program.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys
import time

# What the commands import when they run, so that no fork has to. None of it starts a backend.
_MODULES = (
    "h5py",
    "PIL.GifImagePlugin",
    "PIL.PngImagePlugin",
    "sklearn.datasets",
    "keras_gen.app.training",
    "keras_gen.cli",
    "keras_gen.data",
    "keras_gen.models.gan.model",
    "keras_gen.models.gan.recipe",
    "keras_gen.networks",
    "keras_gen.pictures",
)


def main():
    from keras_gen.app.start import start

    start(data=True)
    for name in _MODULES:
        importlib.import_module(name)
    _leave_out_autograph()
    answers = os.fdopen(os.dup(1), "w")
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        gate, release = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(release)
            return _command(task, gate)
        os.close(gate)
        tracer = _attached(pid, task) if "strace" in task else None
        os.close(release)
        _, status = os.waitpid(pid, 0)
        if tracer is not None:
            tracer.wait()
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code}), file=answers, flush=True)
    return 0


def _leave_out_autograph():
    """No function here needs to be rewritten by TensorFlow, which takes half of a tiny training's time."""
    from tensorflow.python.autograph.impl import api
    from tensorflow.python.data.ops import structured_function

    def call(function, arguments, options_by_name, *_, **__):
        return function(*arguments, **(options_by_name or {}))

    api.converted_call = call
    structured_function.autograph.tf_convert = lambda function, *_, **__: function


def _command(task, gate):
    """What a fork does."""
    log = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(handle, number)
    # The start has given Python's errors a way of their own.
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.read(gate, 1)  # Until its parent closes the other end.
    os.close(gate)
    sys.argv = ["keras-gen", *task["arguments"]]
    from keras_gen.cli import main as command

    command()
    return 0


def _attached(pid, task):
    tracer = subprocess.Popen(
        ["strace", *task["strace"], "-o", task["trace"], "-p", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not _is_traced(pid):
        if tracer.poll() is not None:
            raise RuntimeError(f"strace could not follow: {task['strace']}")
        time.sleep(0.005)
    return tracer


def _is_traced(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return "TracerPid:\t0\n" not in status


if __name__ == "__main__":
    sys.exit(main())
