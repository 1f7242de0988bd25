"""Every tutorial runs from top to bottom, and its notebook is that of its script."""

import json
import pathlib
import runpy
import sys

import jupytext
import pytest

import keras_gen

FOLDER = pathlib.Path(keras_gen.__file__).parents[1] / "tutorials"
TUTORIALS = sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))


def test_there_are_tutorials():
    assert "01_quickstart" in TUTORIALS


@pytest.mark.slow
@pytest.mark.usefixtures("miniature_data_sets")
@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *((name, "tensorflow") for name in TUTORIALS),
        ("09_your_own_model", "jax"),
        ("09_your_own_model", "torch"),
    ],
)
def test_it_runs(name, backend, monkeypatch):
    # The cells run in a process of their own. What starts it is run here, which has imported TensorFlow.
    for variable, value in {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["run.py", "--short", name])
    runpy.run_path(str(FOLDER / "run.py"), run_name="__main__")


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_notebook_is_that_of_the_script(name):
    def cells(notebook):
        return [(cell.cell_type, cell.source) for cell in notebook.cells]

    notebook = jupytext.read(FOLDER / f"{name}.ipynb")
    assert cells(notebook) == cells(jupytext.read(FOLDER / f"{name}.py"))


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_notebook_was_run_and_shows_pictures(name):
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    kinds = {kind for cell in code for output in cell["outputs"] for kind in output.get("data", {})}
    assert "image/png" in kinds
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 600_000
