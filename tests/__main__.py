"""Runs the whole suite: `python -m tests`.

Style and types first; then everything on TensorFlow, and on JAX and PyTorch what depends on the backend:
the folders below, but for tests with the mark `one_backend`. Tests with the mark `slow` come last, on all
backends; with `--minutes 60` none of them begins after an hour, and how many did not is said. Further
arguments go to pytest.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

ON_EVERY_BACKEND = [
    "tests/conformance.py",
    "tests/backend",
    "tests/core",
    "tests/modalities",
    "tests/tasks",
    "tests/distribution",
    "tests/models",
    "tests/losses",
    "tests/layers",
    "tests/callbacks",
    "tests/zoo/test_zoo.py",
    "tests/compatibility",
    # How files are read does not belong to a backend.
    "tests/field/test_fit.py",
    "tests/field/test_presets.py",
    "tests/foreign",
    "tests/app/test_training.py",
]
RUNS = {
    "jax": ON_EVERY_BACKEND,
    "torch": ON_EVERY_BACKEND,
    "tensorflow": ["tests"],
}
# What JAX_DISABLE_MOST_OPTIMIZATIONS says, for the steps that TensorFlow gives to XLA; and, where the installed
# releases know it, the older way to write loops, which compiles in half the time.
XLA_FLAGS = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
XLA_FLAGS_OF_SOME = "--xla_cpu_use_fusion_emitters=false"
# In the environment of a part: the time after which no slow test begins.
UNTIL = "KERAS_GEN_TESTS_UNTIL"
# What pytest ends with where no test is chosen.
NOTHING_CHOSEN = 5
# XLA ends a process that is given a flag which it does not know.
COMPILES = [
    "import jax; jax.jit(lambda x: x + 1)(1)",
    "import tensorflow as tf; tf.function(lambda x: x + 1, jit_compile=True)(tf.ones(1))",
]


def main():
    parser = argparse.ArgumentParser("python -m tests", description="Runs the whole suite.")
    parser.add_argument(
        "--minutes",
        type=float,
        default=os.environ.get("KERAS_GEN_TEST_MINUTES", "inf"),
        help="begin no slow test after so many, or after those of KERAS_GEN_TEST_MINUTES",
    )
    options, of_pytest = parser.parse_known_args()
    until = time.time() + 60 * options.minutes
    failed = []
    if subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "."]).returncode:
        failed.append("ruff check")
    if subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--quiet", "--check", "."]
    ).returncode:
        failed.append("ruff format")
    if subprocess.run([sys.executable, "-m", "mypy", "--no-error-summary"]).returncode:
        failed.append("mypy")
    with tempfile.TemporaryDirectory() as cache:
        failed += run_backends(cache, until, of_pytest)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


def xla_flags():
    """The flags of XLA that all who compile with it here understand."""
    flags = f"{XLA_FLAGS} {XLA_FLAGS_OF_SOME}"
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "XLA_FLAGS": flags}
    for code in COMPILES:
        tried = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
        if tried.returncode:
            return XLA_FLAGS
    return flags


def environment_of_comparisons():
    """This process's environment, for programs whose numbers are held against others to the last digits.

    Loops written in the older way round a whole batch and its halves otherwise.
    """
    flags = os.environ.get("XLA_FLAGS", "").replace(XLA_FLAGS_OF_SOME, "")
    return {**os.environ, "XLA_FLAGS": flags}


def run_backends(cache, until, of_pytest):
    """Runs the suite's parts; gives those that failed."""
    failed = []
    flags = xla_flags()
    # Where the time ends among the slow ones, TensorFlow's, of which there are most, were begun.
    parts = [("not slow", backend) for backend in RUNS]
    parts += [("slow", backend) for backend in reversed(RUNS)]
    for pace, backend in parts:
        print(f"== {backend}, {pace}", flush=True)
        environment = {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            # Tests compile much and compute little.
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            # And the same programs again and again.
            "JAX_COMPILATION_CACHE_DIR": cache,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
            "XLA_FLAGS": flags,
            **os.environ,
            "KERAS_BACKEND": backend,
            UNTIL: str(until),
            # One thread a worker: two workers on two cores are faster than one on both.
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "--dist",
            "worksteal",
            "--durations=20",
            "-m",
            pace if backend == "tensorflow" else f"{pace} and not one_backend",
            *RUNS[backend],
            *of_pytest,
        ]
        ended = subprocess.run(command, env=environment).returncode
        # What was asked for may lie on one side of the mark alone.
        if ended and not (of_pytest and ended == NOTHING_CHOSEN):
            failed.append(f"{backend}, {pace}")
    return failed


if __name__ == "__main__":
    main()
