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
    "on_first_use": set(),
    "schedules": set(),
    "pixels": set(),
    "presets": {"version"},
    "engine": {"presets"},
    "layers": {"engine"},
    "losses": {"engine"},
    "networks": {"engine", "layers", "losses"},
    "models": {"engine", "layers", "losses", "networks", "on_first_use", "pixels"},
    "pictures": {"files"},
    "distribution": set(),
}
# These may import all of the above, and one another, but for data pipelines.
ABOVE_MODELS = {"data", "metrics", "callbacks"}


def part_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path):
    """Dotted names that a file imports, wherever in it, those under `keras_gen` in full."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            if node.module == "keras_gen":
                yield from (f"keras_gen.{alias.name}" for alias in node.names)
            else:
                yield node.module


FILES = sorted(ROOT.rglob("*.py"))


def parts_imported_by(path):
    names = (name.split(".") for name in imports_of(path))
    return {name[1] for name in names if name[0] == "keras_gen" and len(name) > 1}


def test_the_package_is_found():
    assert {"engine", "models", "data", "cli"} <= {part_of(path) for path in FILES}
    assert "engine" in parts_imported_by(ROOT / "models" / "gan" / "model.py")
    assert "tensorflow" in imports_of(ROOT / "engine" / "tensorflow_engine.py")


@pytest.mark.parametrize("part", [*BELOW, *sorted(ABOVE_MODELS)])
def test_nothing_imports_upwards(part):
    allowed = BELOW.get(part, {*BELOW}) | {part}
    if part in ABOVE_MODELS:
        allowed |= ABOVE_MODELS - {"data"}
    for path in FILES:
        if part_of(path) == part:
            upwards = parts_imported_by(path) - allowed
            assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"


def test_nothing_imports_the_command_line_but_its_entry():
    importers = {path.name for path in FILES if "cli" in parts_imported_by(path)}
    assert importers <= {"__main__.py"}


def test_only_the_engine_and_the_pipelines_import_a_backend():
    importers = {
        (part_of(path), path.name)
        for path in FILES
        if BACKENDS & {name.split(".")[0] for name in imports_of(path)}
    }
    assert {part for part, _ in importers} == {"engine", "distribution", "data"}
    for part, kind in (("engine", "engine"), ("distribution", "devices")):
        files = {name for importer, name in importers if importer == part}
        assert files == {f"{backend}_{kind}.py" for backend in BACKENDS}


def test_only_the_engine_branches_on_the_backend():
    asking = {part_of(path) for path in FILES if "backend.backend()" in path.read_text()}
    assert "engine" in asking
    # Pipelines leave accelerators to another backend; the command line says which one runs.
    assert asking <= {"engine", "distribution", "data", "cli"}


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
