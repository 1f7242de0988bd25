"""Which part imports which, read from the source; and what `import keras_gen` loads."""

import ast
import configparser
import pathlib
import subprocess
import sys

import pytest

import keras_gen

ROOT = pathlib.Path(keras_gen.__file__).parent
BACKENDS = {"tensorflow", "jax", "torch"}

# What each part may import from the package, beside itself; the rest is above it.
BELOW = {
    "version": set(),
    "files": set(),
    "lazy": set(),
    "schedules": set(),
    "pixels": set(),
    "checks": set(),
    "pictures": {"files"},
    "backend": set(),
    "modalities": {"files", "pixels"},
    "presets": {"version"},
    "layers": {"backend"},
    "losses": {"backend"},
    "networks": {"layers"},
    "core": {"backend", "checks", "layers", "losses", "modalities", "presets"},
    "engine": {"backend", "core"},
    "tasks": {"backend", "core", "modalities", "pictures"},
    "models": {
        "backend",
        "checks",
        "core",
        "layers",
        "lazy",
        "losses",
        "modalities",
        "pixels",
        "tasks",
    },
    "distribution": set(),
}
# What functions may import when they are called, so that `import keras_gen` stays light.
WHEN_CALLED = {
    "modalities": {"data", "metrics", "pictures"},
    "tasks": {"data", "metrics", "presets"},
}
# These may import all of the above, and one another, but for data pipelines.
ABOVE_MODELS = {"data", "metrics", "callbacks"}


def part_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def nodes_of(tree, at_once):
    """Nodes of a file's tree: all, or those that run when it is imported."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not at_once or not isinstance(node, ast.FunctionDef):
            yield from nodes_of(node, at_once)


def imports_of(path, at_once=False):
    """Dotted names that a file imports, those under `keras_gen` in full.

    Args:
        path: The file.
        at_once: Whether to leave out what functions import when they are called.
    """
    for node in nodes_of(ast.parse(path.read_text()), at_once):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            if node.module == "keras_gen":
                yield from (f"keras_gen.{alias.name}" for alias in node.names)
            else:
                yield node.module


FILES = sorted(ROOT.rglob("*.py"))


def parts_imported_by(path, at_once=False):
    names = (name.split(".") for name in imports_of(path, at_once))
    return {name[1] for name in names if name[0] == "keras_gen" and len(name) > 1}


def test_the_package_is_found():
    assert {"engine", "models", "data", "cli"} <= {part_of(path) for path in FILES}
    assert "core" in parts_imported_by(ROOT / "models" / "gan" / "model.py")
    assert "tensorflow" in imports_of(ROOT / "backend" / "tensorflow.py")
    spec = ROOT / "modalities" / "spec.py"
    assert "data" in parts_imported_by(spec) - parts_imported_by(spec, at_once=True)


@pytest.mark.parametrize("part", [*BELOW, *sorted(ABOVE_MODELS)])
def test_nothing_imports_upwards(part):
    allowed = BELOW.get(part, {*BELOW}) | {part}
    if part in ABOVE_MODELS:
        allowed |= ABOVE_MODELS - {"data"}
    for path in FILES:
        if part_of(path) == part:
            upwards = parts_imported_by(path, at_once=True) - allowed
            upwards |= parts_imported_by(path) - allowed - WHEN_CALLED.get(part, set())
            assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"


def test_nothing_imports_the_command_line_but_its_entry():
    importers = {path.name for path in FILES if "cli" in parts_imported_by(path)}
    assert importers <= {"__main__.py"}


def test_only_its_room_and_the_pipelines_import_a_backend():
    importers = {
        (part_of(path), path.name)
        for path in FILES
        if BACKENDS & {name.split(".")[0] for name in imports_of(path)}
    }
    assert {part for part, _ in importers} == {"backend", "distribution", "data"}
    for part, kind in (("backend", ""), ("distribution", "_devices")):
        files = {name for importer, name in importers if importer == part}
        assert files == {f"{backend}{kind}.py" for backend in BACKENDS}


def test_only_its_room_branches_on_the_backend():
    asking = {part_of(path) for path in FILES if "backend.backend()" in path.read_text()}
    assert "backend" in asking
    # Pipelines leave accelerators to another backend; the command line says which one runs.
    assert asking <= {"backend", "distribution", "data", "cli"}


def test_keras_is_used_through_its_public_face():
    for path in FILES:
        private = [name for name in imports_of(path) if name.startswith("keras.src")]
        assert not private, f"{path.relative_to(ROOT)} imports {private}"


def test_importing_the_package_loads_little():
    """Not what data, metrics, callbacks and the command line need."""
    script = (
        "import sys, keras; before = set(sys.modules); import keras_gen;"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before});"
        "print(*(name for name in sys.modules if name.startswith('keras_gen.')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    packages, parts = (set(line.split()) for line in result.stdout.splitlines()[-2:])
    heavy = {"tensorflow_datasets", "matplotlib", "PIL", "typer", "rich", "sklearn", "tensorboard"}
    assert "keras_gen" in packages
    assert not packages & heavy
    third_party = {name for name in packages if name not in sys.stdlib_module_names}
    assert third_party <= {"keras_gen", *BACKENDS}
    assert not {part.split(".")[1] for part in parts} & {"data", "metrics", "callbacks", "cli"}


def test_every_package_and_the_zoo_are_in_the_wheel():
    config = configparser.ConfigParser()
    config.read(ROOT.parent / "setup.cfg")
    listed = config["options"]["packages"].split()
    found = {".".join(path.parent.relative_to(ROOT.parent).parts) for path in FILES}
    assert sorted(listed) == sorted(found | {"keras_gen.zoo"})
