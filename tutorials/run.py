"""Runs the tutorials from top to bottom and writes their notebooks anew, pictures and all.

    python tutorials/run.py                  # all of them
    python tutorials/run.py 01_quickstart    # one
    python tutorials/run.py --short          # few steps, nothing written: as the tests do

A tutorial is a script of cells (`# %%`), which is what is edited; the notebook beside it is made here. A
cell marked `short={...}` assigns step counts, each on a line of its own, and says their short values.
"""

import argparse
import base64
import io
import os
import pathlib
import sys
import tempfile
import time

import jupytext
import nbclient
from PIL import Image

from keras_gen.files import written_aside

FOLDER = pathlib.Path(__file__).resolve().parent
TUTORIALS = sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))


def read_tutorial(name, short=False):
    """The notebook of a tutorial, not yet run."""
    notebook = jupytext.read(FOLDER / f"{name}.py")
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        for variable, value in (cell.metadata.get("short", {}) if short else {}).items():
            cell.source = _assign(cell.source, variable, value)
    return notebook


def _assign(source, variable, value):
    lines = source.splitlines()
    (number,) = (i for i, line in enumerate(lines) if line.startswith(f"{variable} = "))
    lines[number] = f"{variable} = {value!r}"
    return "\n".join(lines)


def run_tutorial(name, short=False):
    """Runs a tutorial in an empty folder of its own; an error in a cell is raised.

    Returns:
        The notebook with its outputs. What libraries say to the error stream is left out.
    """
    notebook = read_tutorial(name, short)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        nbclient.NotebookClient(notebook, timeout=7200, resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_log(output)]
            for output in cell.outputs:
                # Pillow gives every picture twice; one is enough.
                output.get("data", {}).pop("image/jpeg", None)
                if "image/png" in output.get("data", {}):
                    output["data"]["image/png"] = _smaller(output["data"]["image/png"])
    return notebook


def _smaller(encoded):
    """The same pixels in a PNG that took longer to compress."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        picture.save(file, format="PNG", optimize=True)
    return min(encoded, base64.b64encode(file.getvalue()).decode("ascii"), key=len)


def _is_log(output):
    # In a notebook TensorFlow logs to the standard output.
    return output.get("name") == "stderr" or output.get("text", "").startswith("WARNING:tensorflow")


def main():
    """Reads the command line, runs and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(TUTORIALS)}")
    parser.add_argument("--short", action="store_true", help="few steps, and write nothing")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in TUTORIALS:
            parser.error(f"a tutorial must be one of {', '.join(TUTORIALS)}. Received: {name!r}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in arguments.names or TUTORIALS:
        start = time.monotonic()
        notebook = run_tutorial(name, arguments.short)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
        if not arguments.short:
            with written_aside(FOLDER / f"{name}.ipynb") as aside:
                aside.write_text(jupytext.writes(notebook, fmt="ipynb") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
