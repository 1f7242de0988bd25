"""A family in another package of one file, found by its entry point, is one for every command."""

import ast
import json
import os
import pathlib
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).parent
NAME = "adversarial_autoencoder"
METADATA = f"""\
Metadata-Version: 2.1
Name: {NAME}
Version: 1.2
Summary: Gaussian codes.
"""
ENTRY_POINTS = f"[keras_gen.families]\n{NAME} = {NAME}:AdversarialAutoencoderRecipe\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder in which the package stands as `pip install --target` would leave it."""
    folder = tmp_path_factory.mktemp("installed")
    for name in (f"{NAME}.py", f"{NAME}_case.py"):
        shutil.copy(HERE / name, folder / name)
    information = folder / f"{NAME}-1.2.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(METADATA)
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


@pytest.fixture(scope="module")
def run(installed, tmp_path_factory):
    """`run(*arguments)`: what a fresh Python prints that finds the package, or its errors, in one folder."""
    folder = tmp_path_factory.mktemp("work")
    environment = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": os.pathsep.join(map(str, (installed, ROOT))),
        "COLUMNS": "200",
    }

    def call(*arguments, code=0, errors=False, **more):
        result = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=1500,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stderr if code or errors else result.stdout

    call.folder = folder
    return call


def history(folder):
    header, *rows = (folder / "history.csv").read_text().splitlines()
    return header.split(","), [row.split(",") for row in rows]


# Commands one after the other in a process, each with the code that it is to end with.
COMMANDS = """\
import json, sys
sys.argv[0] = "keras-gen"
from keras_gen import cli
for arguments, code in json.loads(sys.argv[1]):
    sys.argv = ["keras-gen", *arguments]
    try:
        cli.main()
    except SystemExit as stop:
        assert (stop.code or 0) == code, (arguments, stop.code)
"""
# What a model gives for latents, in a process that imports nothing of its package by name.
OUTPUTS = """\
import keras_gen, numpy, sys
from keras_gen.presets import open_model
model = {load}
latents = numpy.random.default_rng(3).normal(size=(2, 8))
numpy.save("{file}", model.generate(latents=latents))
print(type(model).__module__, "{name}" in sys.modules)
"""


def commands(*lines):
    """Arguments of a process that runs commands."""
    return "-c", COMMANDS, json.dumps([(list(map(str, line)), code) for line, code in lines])


@pytest.mark.one_backend
def test_it_is_the_tutorial_s_model():
    def methods(path):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
        body = [node for node in classes["AdversarialAutoencoder"] if hasattr(node, "name")]
        return {node.name: ast.unparse(node) for node in body}

    ours = methods(HERE / f"{NAME}.py")
    theirs = methods(ROOT / "tutorials" / "09_your_own_model.py")
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} == {"__init__", "takes"}


@pytest.mark.one_backend
def test_help_lists_it_without_importing_it(run, installed):
    listed = run("-m", "keras_gen", "train", "--help")
    assert f"{NAME}  Gaussian codes. ({NAME} 1.2)" in listed
    assert "cycle_gan" in listed
    script = (
        "import sys; from keras_gen.recipes import families\n"
        f"print([name for name in families()][-1], '{NAME}' in sys.modules, 'keras' in sys.modules)"
    )
    # As in the command, which imports Keras when it computes.
    told = run("-c", f"import sys; sys.argv[0] = 'keras-gen'\n{script}")
    assert told.split() == [NAME, "False", "False"]


@pytest.mark.one_backend
def test_its_own_help_shows_its_own_options(run):
    shown = run("-m", "keras_gen", "train", NAME, "--help")
    assert "Images to Gaussian codes and back" in shown
    assert "half of them in the discriminator. [256]" in " ".join(shown.split())
    assert "--latent-dim" in shown
    assert "--n-critic" not in shown


@pytest.mark.slow
def test_the_command_line_and_presets_take_it(run):
    """One test, since workers would each train a model of their own for every part of it."""
    is_trained(run)
    is_resumed_sampled_and_evaluated(run)
    is_kept_as_a_preset(run)


def is_trained(run):
    run(
        *("-m", "keras_gen", "train", NAME, "--dataset", "digits", "--epochs", "2"),
        *("--units", "16", "--batch-size", "128", "--output", "run"),
    )
    assert json.loads((run.folder / "run" / "settings.json").read_text())["model"] == NAME
    header, rows = history(run.folder / "run")
    losses = {"autoencoder_loss", "discriminator_loss", "encoder_loss", "code_size"}
    assert losses <= set(header) and [row[0] for row in rows] == ["0", "1"]


def is_resumed_sampled_and_evaluated(run):
    _, rows = history(run.folder / "run")
    shutil.copytree(run.folder / "run", run.folder / "resumed")
    resume = ("train", NAME, "--output", "resumed", "--resume")
    told = run(
        *commands(
            ([*resume, "--epochs", "3"], 0),
            ([*resume, "--units", "8"], 2),
            (["generate", "run", "-n", "4", "--seed", "0", "--output", "four.png"], 0),
            (["evaluate", "run", "-n", "100", "--json", "report.json"], 0),
        ),
        errors=True,
    )
    _, longer = history(run.folder / "resumed")
    assert longer[:2] == rows and [row[0] for row in longer] == ["0", "1", "2"]
    assert "`--units` can't change when a training is resumed" in told
    with Image.open(run.folder / "four.png") as picture:
        assert np.asarray(picture).std() > 0
    report = json.loads((run.folder / "report.json").read_text())
    assert report["model"] == "AdversarialAutoencoder" and report["split"] == "test"
    assert {"FID", "KID"} <= {name.split()[0] for name in report["scores"]}
    assert np.isfinite(list(report["losses"].values())).all()
    assert report["counts"] == {"real": 100, "generated": 100}


def is_kept_as_a_preset(run):
    script = OUTPUTS.format(load="open_model('run')", file="ours.npy", name=NAME)
    told = run("-c", script + "keras_gen.save_to_preset(model, 'preset')")
    assert told.split()[-2:] == [NAME, "True"]
    script = OUTPUTS.format(load="keras_gen.from_preset('preset')", file="preset.npy", name=NAME)
    _, generate, line = commands((["generate", "preset", "-n", "4", "--output", "preset.png"], 0))
    told = run("-c", script + generate, line)
    assert told.split()[:2] == [NAME, "True"]
    assert (run.folder / "preset.png").exists()
    ours = np.load(run.folder / "ours.npy")
    np.testing.assert_array_equal(np.load(run.folder / "preset.npy"), ours)


@pytest.mark.one_backend
def test_without_the_entry_point_there_is_no_such_family(run):
    error = run(
        "-m", "keras_gen", "train", NAME, "--dataset", "digits", code=2, PYTHONPATH=str(ROOT)
    )
    assert f"model='{NAME}'" in error and "must be one of gan," in error


@pytest.mark.slow
@pytest.mark.one_backend  # It is how the suite finds a family that is tried here.
def test_it_passes_the_conformance_suite(run):
    told = run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT),
        *(ROOT / "tests" / "conformance.py", "-k", NAME),
        KERAS_GEN_CASES=f"{NAME}_case",
        PYTEST_ADDOPTS="",  # What the suite was called with may ask for other words.
    )
    assert " failed" not in told and int(told.splitlines()[-1].split(" passed")[0]) > 15
