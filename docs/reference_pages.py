"""The reference: a page for each public name, for each family's options, and the index from A to Z."""

import ast
import json
import os
import pathlib
import re
import subprocess
import sys

import griffe
from words import WORDS

ROOT = pathlib.Path(__file__).resolve().parents[1]

# What an index page says of its part.
PARTS = {
    "models": ("Models", "Classes that train with `fit`. Networks are passed in already built."),
    "networks": ("Networks", "Builders of the papers' networks, as functional Keras models."),
    "losses": ("Losses", "Pure functions that return float32, and the objects that files keep."),
    "layers": ("Layers", "Keras layers, one job each."),
    "metrics": ("Metrics", "How near generated images are to real ones."),
    "callbacks": ("Callbacks", "Watching a training, and keeping its best."),
    "data": ("Data", "Pipelines of images in [-1, 1] from data sets, folders and arrays."),
    "presets": ("Presets", "Saving, loading and sharing trained models."),
    "schedules": ("Schedules", "Learning rates of the papers."),
    "core": ("Core", "What models are made of, for a model of your own: `step`, phases, parts."),
    "tasks": (
        "Tasks",
        "What a model does for others: what its evaluation, pictures and cards ask.",
    ),
    "recipes": ("Recipes", "What `keras-gen train NAME` makes a model of, and is told."),
    "studio": (
        "Studio",
        "From a generator to a person to a language model: candidates, verdicts, words.",
    ),
    "engine": ("Engine", "Names of 0.1 for a model of one's own, with a schedule; new ones: core."),
}
# What a model's page shows, in this order, of what its class has: the rest is what its parts ask of each other.
FOR_USERS = [
    "compile",
    "fit",
    "set_learning_rate",
    "evaluate",
    "generate",
    "interpolate",
    "interpolate_classes",
    "mix",
    "codes",
    "translate",
    "cycle",
    "fill",
    "predict_frames",
    "encode_rows",
    "encode",
    "decode",
    "invert",
    "reconstruct",
    "importance_weighted_bound",
    "log_likelihood",
    "fit_sampler",
    "infer_codes",
    "code_accuracy",
    "classify",
    "active_units",
    "reconstruction_errors",
    "anomaly_scores",
    "discriminator_scores",
    "save",
    "export",
    "from_preset",
    "save_to_preset",
]
# What a metric has from its base and is called by its users.
OF_METRICS = [
    "update_state",
    "update_real",
    "update_generated",
    "result",
    "reset_state",
    "set_reference",
]


def public_names(part):
    """What a part of the package exports, read from its source."""
    package = ROOT / "keras_gen" / part
    source = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assigned = {n.targets[0].id: n.value for n in tree.body if isinstance(n, ast.Assign)}
    if "FAMILIES" in assigned:
        return sorted(ast.literal_eval(assigned["FAMILIES"]).values())
    if "__all__" in assigned:
        return ast.literal_eval(assigned["__all__"])
    kinds = (ast.ClassDef, ast.FunctionDef)
    return [
        node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
    ]


def families():
    """Dict from the models' folders to their classes."""
    source = (ROOT / "keras_gen" / "models" / "__init__.py").read_text(encoding="utf-8")
    return ast.literal_eval(re.search(r"^FAMILIES = (\{.*?^\})", source, re.M | re.S)[1])


def page_names(part):
    """Dict from a part's names to their pages' file names, which differ by more than capitals."""
    pages, taken = {}, {"index"}
    for name in sorted(public_names(part), key=lambda name: (name.lower(), name)):
        page = name if name.lower() not in taken else f"{name}_"
        taken.add(page.lower())
        pages[name] = page
    return pages


def navigation():
    """The reference's part of the site's navigation."""
    parts = [
        {title: [f"reference/{part}/index.md", *_pages(part)]} for part, (title, _) in PARTS.items()
    ]
    trainings = [{f"train {k}": f"reference/command_line/train_{k}.md"} for k in families()]
    command_line = {"Command line": ["reference/command_line/index.md", *trainings]}
    return ["reference/index.md", {"A to Z": "reference/a_to_z.md"}, *parts, command_line]


def _pages(part):
    return [{name: f"reference/{part}/{page}.md"} for name, page in page_names(part).items()]


def reference_pages():
    """The pages of every part, the index from A to Z, and the command line's."""
    extensions = griffe.load_extensions(str(ROOT / "docs" / "doctests.py"))
    package = griffe.load("keras_gen", search_paths=[ROOT], extensions=extensions)
    rows, pages, entries = [], {}, {}
    for part, (title, words) in PARTS.items():
        rows.append(f"- [{title}]({part}/index.md): {words}")
        listed = []
        for name, page in page_names(part).items():
            found = object_of(package, part, name)
            pages[f"reference/{part}/{page}.md"] = directive(part, name, found)
            listed.append(f"- [`{name}`]({page}.md): {summary(found)}")
            where = f"[`{part}.{name}`]({part}/{page}.md)"
            entries.setdefault((name.lower(), name), []).append(f"{where}: {summary(found)}")
        pages[f"reference/{part}/index.md"] = f"# {title}\n\n{words}\n\n" + "\n".join(listed) + "\n"
    rows.append("- [Command line](command_line/index.md): `keras-gen`, with every option.")
    a_to_z = "- [A to Z](a_to_z.md): every name, and the field's words for them: FID, EMA, critic."
    pages["reference/index.md"] = "# Reference\n\n" + "\n".join([a_to_z, *rows]) + "\n"
    pages["reference/a_to_z.md"] = index_page(entries)
    return pages | command_line_pages()


def object_of(package, part, name):
    """What a public name stands for: the function, where a module beside it has its name."""
    found = package[f"{part}.{name}"]
    if found.is_module and name in found.members:
        found = found[name]
    return found.final_target if found.is_alias else found


def summary(found):
    """The first sentence of a docstring, on one line."""
    if found.docstring is None:
        return ""
    paragraph = " ".join(found.docstring.value.split("\n\n")[0].split())
    return re.split(r"(?<=[.:]) (?=[A-Z`])", paragraph)[0].rstrip(":")


def directive(part, name, found):
    """What mkdocstrings replaces by the documentation of a name."""
    path = f"keras_gen.{part}.{name}"
    if found.is_function and found.path.endswith(f".{part}.{name}.{name}"):
        path = found.path
    options = ["heading_level: 1"]
    if part == "models":
        options += ["inherited_members: true", f"members: [{', '.join(FOR_USERS)}]"]
    elif part == "metrics":
        options += [f"inherited_members: [{', '.join(OF_METRICS)}]", "show_bases: true"]
    elif found.is_class:
        options += ["show_bases: true"]
    lines = "".join(f"      {option}\n" for option in options)
    page = f"::: {path}\n    options:\n{lines}"
    family = {model: folder for folder, model in families().items()}.get(name)
    if part == "models" and family:
        page += (
            f"\n## On the command line\n\n`keras-gen train {family}`: "
            f"[every option](../command_line/train_{family}.md).\n"
        )
    return page


def index_page(entries):
    """Every public name and every word of the field, by letter.

    Args:
        entries: Dict from `(key, name)` to the lines of that name.
    """
    lines = [(key, line) for (key, _), found in entries.items() for line in found]
    for word, (meaning, page) in WORDS.items():
        target = page.removeprefix("reference/") if page.startswith("reference/") else f"../{page}"
        lines.append((word.lower(), f"[**{word}**]({target}): {meaning}"))
    letters = {}
    for key, line in sorted(lines):
        letters.setdefault(key[0].upper(), []).append(f"- {line}")
    jumps = " ".join(f"[{letter}](#{letter.lower()})" for letter in letters)
    parts = [f"## {letter}\n\n" + "\n".join(found) for letter, found in letters.items()]
    words = "Words of the field in bold, names of the package in their own letters."
    return f"# A to Z\n\n{words}\n\n{jumps}\n\n" + "\n\n".join(parts) + "\n"


# The command line


def command_line_pages():
    """The help of `keras-gen` and of each of its commands, and a page of options for each family."""
    script = (
        "import json, typer.main; from keras_gen.app.cli import app\n"
        "from keras_gen.app.execution import Execution\n"
        "from keras_gen.recipes.options import options_of\n"
        "from keras_gen.recipes.registry import own_families\n"
        "def helps(c, n):\n"
        "    t = c.context_class(c, info_name=n, terminal_width=96)\n"
        "    return c.get_help(t)\n"
        "def rows(options):\n"
        "    return [(o.flag, o.default_in_words, o.help) for o in options]\n"
        "c = typer.main.get_command(app)\n"
        "found = {'keras-gen': helps(c, 'keras-gen')}\n"
        "found |= {k: helps(v, f'keras-gen {k}') for k, v in c.commands.items()}\n"
        "recipes = {k: f.load() for k, f in own_families().items()}\n"
        "tables = {k: (r.title, rows(r.options())) for k, r in recipes.items()}\n"
        "print(json.dumps([found, tables, rows(options_of(Execution))]))\n"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "96", "PYTHONPATH": "."}
    command = [sys.executable, "-c", script]
    result = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    helps, tables, running = json.loads(result.stdout.splitlines()[-1])
    pages, parts = {}, ["# Command line\n"]
    for name, text in helps.items():
        heading = "" if name == "keras-gen" else f"## {name}\n\n"
        parts.append(f"{heading}```text\n{text.strip()}\n```\n")
        if name == "train":
            links = [f"- [train {k}](train_{k}.md): {title}" for k, (title, _) in tables.items()]
            parts.append("Every family's options:\n\n" + "\n".join(links) + "\n")
    for family, (title, options) in tables.items():
        model = families()[family]
        pages[f"reference/command_line/train_{family}.md"] = (
            f"# keras-gen train {family}\n\n{title} Makes a [`{model}`](../models/{model}.md).\n\n"
            f"## The model and its training\n\n{table(options)}\n"
            "## How it is run\n\nThese may change whenever a training is resumed.\n\n"
            f"{table(running)}"
        )
    return {"reference/command_line/index.md": "\n".join(parts), **pages}


def table(options):
    """A table of options: rows of what is typed, the default, and words; on a phone one below the other."""
    rows = ["| option | default | |", "|---|---|---|"]
    rows += [f"| `{flag}` | {default} | {words} |" for flag, default, words in options]
    return '<div class="options" markdown>\n\n' + "\n".join(rows) + "\n\n</div>\n"
