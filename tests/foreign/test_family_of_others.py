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
    """`run(*arguments)`: what a fresh Python prints that finds the package, in a folder of its own."""
    folder = tmp_path_factory.mktemp("work")
    environment = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": os.pathsep.join(map(str, (installed, ROOT))),
        "COLUMNS": "200",
    }

    def call(*arguments, code=0, **more):
        result = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=1500,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout if code == 0 else result.stderr

    call.folder = folder
    return call


def history(folder):
    header, *rows = (folder / "history.csv").read_text().splitlines()
    return header.split(","), [row.split(",") for row in rows]


def outputs(run, load):
    """What a model gives for latents, in a process that imports nothing of its package by name."""
    script = (
        "import keras_gen, numpy, sys\n"
        f"model = {load}\n"
        "latents = numpy.random.default_rng(3).normal(size=(2, 8))\n"
        "numpy.save('outputs.npy', model.generate(latents=latents))\n"
        f"print(type(model).__module__, '{NAME}' in sys.modules)\n"
    )
    assert run("-c", script).split()[-2:] == [NAME, "True"]
    return np.load(run.folder / "outputs.npy")


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
    run(
        *("-m", "keras_gen", "train", NAME, "--dataset", "digits", "--epochs", "2"),
        *("--units", "16", "--batch-size", "128", "--output", "run"),
    )
    is_trained_and_resumed(run, run.folder / "run")
    is_sampled_and_evaluated(run)
    is_kept_as_a_preset(run)


def is_trained_and_resumed(run, trained):
    assert json.loads((trained / "settings.json").read_text())["model"] == NAME
    header, rows = history(trained)
    losses = {"autoencoder_loss", "discriminator_loss", "encoder_loss", "code_size"}
    assert losses <= set(header) and [row[0] for row in rows] == ["0", "1"]
    shutil.copytree(trained, run.folder / "resumed")
    resume = ("-m", "keras_gen", "train", NAME, "--output", "resumed", "--resume")
    run(*resume, "--epochs", "3")
    _, longer = history(run.folder / "resumed")
    assert longer[:2] == rows and [row[0] for row in longer] == ["0", "1", "2"]
    error = run(*resume, "--units", "8", code=2)
    assert "`--units` can't change when a training is resumed" in error


def is_sampled_and_evaluated(run):
    run("-m", "keras_gen", "generate", "run", "-n", "4", "--seed", "0", "--output", "four.png")
    with Image.open(run.folder / "four.png") as picture:
        assert np.asarray(picture).std() > 0
    told = run("-m", "keras_gen", "evaluate", "run", "-n", "100", "--json", "-")
    report = json.loads(told[told.index("{") :])
    assert report["model"] == "AdversarialAutoencoder" and report["split"] == "test"
    assert {"FID", "KID"} <= {name.split()[0] for name in report["scores"]}
    assert np.isfinite(list(report["losses"].values())).all()
    assert report["counts"] == {"real": 100, "generated": 100}


def is_kept_as_a_preset(run):
    run(
        "-c",
        "import keras_gen; from keras_gen.presets import open_model\n"
        "keras_gen.save_to_preset(open_model('run'), 'preset')",
    )
    ours = outputs(run, "keras_gen.presets.open_model('run')")
    np.testing.assert_array_equal(outputs(run, "keras_gen.from_preset('preset')"), ours)
    run("-m", "keras_gen", "generate", "preset", "-n", "4", "--output", "preset.png")
    assert (run.folder / "preset.png").exists()


@pytest.mark.one_backend
def test_without_the_entry_point_there_is_no_such_family(run):
    error = run(
        "-m", "keras_gen", "train", NAME, "--dataset", "digits", code=2, PYTHONPATH=str(ROOT)
    )
    assert f"model='{NAME}'" in error and "must be one of gan," in error


@pytest.mark.slow
def test_it_passes_the_conformance_suite(run):
    told = run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT),
        *(ROOT / "tests" / "conformance.py", "-k", NAME),
        KERAS_GEN_CASES=f"{NAME}_case",
        PYTEST_ADDOPTS="",  # What the suite was called with may ask for other words.
    )
    assert " failed" not in told and int(told.splitlines()[-1].split(" passed")[0]) > 15
