"""Runs parts of the suite with the oldest allowed version of every dependency: `python -m tests.oldest`.

It makes an environment of its own, which takes some minutes and 2 GB of disk, and lets it go at the end.
"""

import configparser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What reads files and what computes; the command line, whose words come from other packages.
PATHS = [
    "tests/core",
    "tests/modalities",
    "tests/presets",
    "tests/field",
    "tests/zoo/test_zoo.py",
    "tests/conformance.py",
    "tests/test_cli.py",
]
TOOLS = [
    "pytest",
    "pytest-timeout",
    "pytest-xdist",
    "hypothesis",
    "pandas",
    "huggingface-hub",
    "kagglehub",
    "pyarrow<20",  # Later ones need NumPy 2, and do not say so.
]


def oldest():
    """Dict from the package's dependencies to the oldest versions that setup.cfg allows.

    Raises:
        ValueError: If one of them has no oldest version.
    """
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    found = {}
    for line in settings["options"]["install_requires"].split("\n"):
        if not line or line.startswith("#"):
            continue
        name, _, version = line.partition(">=")
        if not re.fullmatch(r"[0-9.]+", version):
            raise ValueError(f"{line!r} in setup.cfg must say `>=` and the oldest version")
        found[name.strip()] = version
    return found


def main():
    """Runs them; gives the exit code."""
    if sys.version_info >= (3, 14):
        sys.exit("The oldest TensorFlow that is allowed is for Python up to 3.13.")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = pathlib.Path(folder) / ("Scripts" if os.name == "nt" else "bin")
        constraints = pathlib.Path(folder) / "oldest.txt"
        pinned = [f"{name}=={version}" for name, version in oldest().items()]
        constraints.write_text("\n".join(pinned))
        print(f"== oldest: {' '.join(pinned)}", flush=True)
        install = [
            scripts / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--constraint",
            constraints,
        ]
        subprocess.run([*install, "--editable", ROOT, *TOOLS], check=True)
        return run(scripts / "python")


def run(python):
    """Runs the tests with a Python; gives the exit code."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    command = [python, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", *PATHS]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
