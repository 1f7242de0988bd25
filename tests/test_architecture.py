"""Which room imports which, read from the source; and what `import keras_gen` loads."""

import ast
import graphlib
import pathlib
import re
import subprocess
import sys

import pytest

import keras_gen
from keras_gen import backend
from keras_gen.models import FAMILIES

ROOT = pathlib.Path(keras_gen.__file__).parent
BACKENDS = {"tensorflow", "jax", "torch"}

# What stands on the ground: everybody may import it, and it imports nothing of the package but `types`.
GROUND = {
    "checks",
    "files",
    "frozen",
    "lazy",
    "lock",
    "on_first_use",
    "schedules",
    "types",
    "version",
}
# What each room may import, beside itself and the ground, when it is imported.
BELOW = {
    "backend": set(),
    "modalities": set(),
    "presets": set(),
    "layers": {"backend"},
    "losses": {"backend", "modalities"},
    "core": {"backend", "layers", "losses", "modalities", "presets"},
    "engine": {"backend", "core"},  # the names of 0.1
    "networks": {"layers"},
    "pictures": {"modalities"},
    "tasks": {"backend", "core", "modalities", "pictures"},
    "models": {"backend", "core", "layers", "losses", "modalities", "networks", "tasks"},
    "recipes": {"models"},  # the names of the families; `recipe.py` beside a model is of this room
    "distribution": set(),
    "data": {"modalities"},
    "metrics": {"losses", "modalities", "presets"},
    "callbacks": {"metrics", "modalities", "pictures", "tasks"},
    "evaluation": {"tasks"},
    "translation": {"modalities", "tasks"},
    "filling": {"modalities", "tasks", "translation"},
    "serving": {"core", "modalities", "presets", "tasks"},
    "studio": {"modalities", "presets", "serving", "tasks"},
    "app": {
        "callbacks",
        "distribution",
        "evaluation",
        "pictures",
        "presets",
        "recipes",
        "studio",
        "tasks",
    },
    "cli": {"app"},
    "__main__": {"app"},
}
# What their functions may import, too, when they are called.
WHEN_CALLED = {
    "modalities": {"data", "metrics", "pictures"},
    "tasks": {"data", "metrics", "presets"},
    "recipes": {"data", "layers", "metrics", "networks"},
    "app": {"data", "filling", "metrics", "serving", "translation"},
    "studio": {"metrics"},
}
# May be imported at the top of a recipe's file: the standard library, and what is as light.
LIGHT = {"recipes", "models", "on_first_use", "checks"}


def part_of(path):
    if path.name == "recipe.py":  # beside its model
        return "recipes"
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def names_in(node, path):
    """Dotted names that a statement imports, those under `keras_gen` in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0, f"{path} has a relative import"
    if node.module == "keras_gen":
        return [f"keras_gen.{alias.name}" for alias in node.names]
    return [node.module]


def is_for_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports_of(path, when_called=None):
    """Names that a file imports: when it is imported, when its functions are called, or either way.

    What stands under `if TYPE_CHECKING` is imported by nobody.
    """
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if not is_for_checkers(node)]
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    return [
        name
        for node in ast.walk(tree)
        if when_called is None or (id(node) in inside) == when_called
        for name in names_in(node, path)
    ]


FILES = sorted(ROOT.rglob("*.py"))


def parts_imported_by(path, when_called=None):
    names = (name.split(".") for name in imports_of(path, when_called))
    return {name[1] for name in names if name[0] == "keras_gen" and len(name) > 1}


def test_the_package_is_found():
    assert {"backend", "core", "models", "data", "app", "recipes"} <= {part_of(p) for p in FILES}
    assert "core" in parts_imported_by(ROOT / "models" / "pix2pix" / "model.py")
    assert "networks" in parts_imported_by(ROOT / "models" / "gan" / "recipe.py", True)
    assert "networks" not in parts_imported_by(ROOT / "models" / "gan" / "recipe.py", False)
    assert "tensorflow" in imports_of(ROOT / "backend" / "tensorflow.py")


def test_every_part_of_the_package_has_its_place():
    parts = {part_of(path) for path in FILES} - {"__init__"}
    assert parts == GROUND | {*BELOW}
    # Nothing stands above itself.
    graphlib.TopologicalSorter(BELOW).prepare()


@pytest.mark.parametrize("part", [*sorted(GROUND), *BELOW])
def test_nothing_imports_upwards(part):
    allowed = (BELOW[part] | GROUND if part in BELOW else {"types"}) | {part}
    called = allowed | WHEN_CALLED.get(part, set())
    for path in FILES:
        if part_of(path) == part:
            upwards = parts_imported_by(path, False) - allowed
            assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"
            upwards = parts_imported_by(path, True) - called
            assert not upwards, f"{path.relative_to(ROOT)} imports {upwards} when it is called"


def test_recipes_import_nothing_heavy_at_the_top():
    """What their functions import is asked for when they are called."""
    recipes = [*(ROOT / "recipes").glob("*.py"), *(ROOT / "models").glob("*/recipe.py")]
    assert len(recipes) > len(FAMILIES)
    names = ["__init__.py", "on_first_use.py", "version.py", "models/__init__.py"]
    for path in [*recipes, *(ROOT / name for name in names)]:
        packages = {name.split(".")[0] for name in imports_of(path, False)}
        assert packages <= {"keras_gen", *sys.stdlib_module_names}, path.relative_to(ROOT)
        if path in recipes:
            assert parts_imported_by(path, False) <= LIGHT, path.relative_to(ROOT)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_imports_no_other_family(family):
    """What families share stands in a room below, or in an abstract base beside their folders."""
    for path in (ROOT / "models" / family).rglob("*.py"):
        names = [name.split(".") for name in imports_of(path)]
        families = {name[2] for name in names if name[:2] == ["keras_gen", "models"] and name[2:]}
        others = families & {*FAMILIES, *FAMILIES.values()} - {family}
        assert not others, f"{path.relative_to(ROOT)} imports {others}"


# Backends


def test_each_backend_has_one_file_and_pipelines_are_tensorflows():
    importers = {}
    for path in FILES:
        for name in {name.split(".")[0] for name in imports_of(path)} & BACKENDS:
            importers.setdefault(name, set()).add(str(path.relative_to(ROOT)))
        stand_ins = re.findall(r"LazyModule\(\s*['\"](\w+)", path.read_text())
        if BACKENDS & {*stand_ins}:
            assert str(path.relative_to(ROOT)) == "data/lazy.py"
    assert importers.pop("tensorflow") == {
        "backend/tensorflow.py",
        # Of data sets and exported graphs, which are TensorFlow's whatever the running backend.
        "backend/datasets.py",
        "backend/exporting.py",
        "distribution/tensorflow_devices.py",
        "data/lazy.py",
    }
    for name in BACKENDS - {"tensorflow"}:
        assert importers[name] == {f"backend/{name}.py", f"distribution/{name}_devices.py"}


def test_only_their_rooms_branch_on_the_backend():
    asking = {part_of(path) for path in FILES if "backend.backend()" in path.read_text()}
    assert "backend" in asking
    # Pipelines leave accelerators to another backend; the command line says which one runs.
    assert asking <= {"backend", "distribution", "data", "app"}


def defined_in(path):
    """Dict from the names that a file defines at its top to their arguments, None where there are none."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.unparse(node.args)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = None
        elif isinstance(node, ast.Assign):
            found |= {target.id: None for target in node.targets if isinstance(target, ast.Name)}
    return found


# A kernel where there is one, else None: what it takes is its own backend's.
MAY_BE_NONE = {"fused_batch_normalization"}


def test_every_backend_keeps_the_contract():
    files = {name: defined_in(ROOT / "backend" / f"{name}.py") for name in BACKENDS}
    for name, defined in files.items():
        missing = {*backend.CONTRACT} - {*defined}
        assert not missing, f"backend/{name}.py has no {missing}"
    for what in {*backend.CONTRACT} - MAY_BE_NONE:
        arguments = {name: defined[what] for name, defined in files.items()}
        assert len({*arguments.values()}) == 1, f"{what} takes other arguments: {arguments}"


def test_the_contract_is_what_the_room_gives_and_describes():
    for name in backend.CONTRACT:
        assert hasattr(backend, name)
        assert re.search(rf"^- .*`{name}\b.*`: ", backend.__doc__, re.M), f"{name} has no line"
    made_of_it = {"input_gradient"}
    assert {*backend.__all__} == {*backend.CONTRACT, *made_of_it, "CONTRACT", "Recorded"}


def test_nobody_imports_a_backend_s_file_but_its_room():
    for path in FILES:
        if part_of(path) != "backend":
            files = {name for name in imports_of(path) if name.startswith("keras_gen.backend.")}
            assert not files & {f"keras_gen.backend.{name}" for name in BACKENDS}, path


# What asks a model, whichever it is


TOOLS = ROOT.parent / "zoo" / "tools"
OUTSIDE = (
    "evaluation",
    "filling",
    "translation",
    "callbacks",
    "app",
    "presets",
    "metrics",
    "serving",
    "studio",
)
ASKING = [path for path in FILES if part_of(path) in OUTSIDE] + sorted(TOOLS.glob("*.py"))
CLASSES = re.compile(rf"\b({'|'.join(FAMILIES.values())})\b")
BY_NAME = re.compile(r"\b(?:getattr|hasattr)\((?:self\.)?model, ")


def code_of(path):
    """A file's source without docstrings and comments; of the zoo's tools, without prose either."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                body[0] = ast.Pass()
        if TOOLS in path.parents and isinstance(node, ast.Constant) and " " in str(node.value):
            node.value = ""  # what a card says of a preset
    return ast.unparse(tree)


def test_there_is_something_that_asks():
    assert len(ASKING) > 20
    assert CLASSES.search("isinstance(model, models.WGANGP)") and not CLASSES.search("GANs, WGAN")
    assert BY_NAME.search("getattr(self.model, 'latent_dim')")


@pytest.mark.parametrize("path", ASKING, ids=lambda path: "/".join(path.parts[-2:]))
def test_the_outside_asks_the_task_and_never_a_class(path):
    """Neither a family's class, nor an attribute by its name: a model says what it takes, gives and does."""
    # What metrics call a model is a classifier.
    forbidden = [CLASSES] if ROOT / "metrics" in path.parents else [CLASSES, BY_NAME]
    lines = code_of(path).splitlines()
    found = [line.strip() for line in lines if any(each.search(line) for each in forbidden)]
    assert not found


# The package as a whole


def test_keras_is_used_through_its_public_face():
    for path in FILES:
        private = [name for name in imports_of(path) if name.startswith("keras.src")]
        assert not private, f"{path.relative_to(ROOT)} imports {private}"


@pytest.mark.slow
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
    assert not {part.split(".")[1] for part in parts} & {
        "data",
        "metrics",
        "callbacks",
        "app",
        "cli",
    }


def test_every_package_and_the_zoo_are_in_the_wheel():
    script = (
        "import setuptools; setuptools.setup = lambda packages: print(*packages);"
        "exec(open('setup.py').read())"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    found = {".".join(path.parent.relative_to(ROOT.parent).parts) for path in FILES}
    assert sorted(result.stdout.split()) == sorted(found | {"keras_gen.zoo"})
