"""The pages of the site that are made from the repository: tutorials, zoo, reference, command line.

A hook of MkDocs: see `mkdocs.yml`. Nothing is written beside the site itself.
"""

import ast
import base64
import json
import os
import pathlib
import re
import subprocess
import sys

import latex2mathml.converter
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[1]

# What a reference page says of its part, above the docstrings.
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
    "engine": ("Engine", "Names of 0.1 for a model of one's own, with a schedule; new ones: core."),
}
PAGE_FOR_EACH_NAME = ("models",)
# A model's page is for its users: what its parts ask of each other is left out.
MODEL_OPTIONS = """\
    options:
      heading_level: 1
      filters:
        - "!^_"
        - "!^(call|get_config|from_config|get_compile_config|compile_from_config)$"
        - "!^(save|load)_own_variables$"
        - "!^(phases|schedule|after_phase|images_and_labels|sample_posterior|sampler)$"
        - "!^(run_train_step|run_test_step|compile_phases|compile_adversarial|metrics)$"
        - "!^(evaluation_names|evaluation_terms|set_penalties|penalties|penalty_names)$"
        - "!_loss$|^negative_elbo$|^sample_latents$"
"""


def on_files(files, config):
    """Adds the made pages to those in `docs/`."""
    pages = {
        **tutorial_pages(),
        **zoo_pages(),
        **reference_pages(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_config(config):
    """Writes the navigation: everything there is, in reading order."""
    tutorials = [{title_of(path): f"tutorials/{path.stem}.md"} for path in notebooks()]
    cards = [{name: f"zoo/{name}/README.md"} for name in preset_names()]
    reference = []
    for part, (title, _) in PARTS.items():
        if part in PAGE_FOR_EACH_NAME:
            pages = [{name: f"reference/{part}/{name}.md"} for name in public_names(part)]
            reference.append({title: [f"reference/{part}/index.md", *pages]})
        else:
            reference.append({title: f"reference/{part}.md"})
    reference.append({"Command line": "reference/command_line.md"})
    config.nav = [
        {"Home": "index.md"},
        {"Tutorials": ["tutorials/index.md", *tutorials]},
        {"Zoo": ["zoo/README.md", *cards]},
        {"Reference": ["reference/index.md", *reference]},
        {"Project": [{"Contributing": "contributing.md"}, {"Changelog": "changelog.md"}]},
    ]
    return config


# Tutorials


def notebooks():
    """The tutorials' notebooks, in order."""
    return sorted((ROOT / "tutorials").glob("[0-9]*.ipynb"))


def title_of(path):
    """A notebook's first heading."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    return text.splitlines()[0].removeprefix("# ")


def tutorial_pages():
    """Every notebook as a page with its pictures, and the page that lists them."""
    rows = [f"1. [{title_of(path)}]({path.stem}.md)" for path in notebooks()]
    intro = (
        "# Tutorials\n\nEach is a notebook that was run from top to bottom on a CPU; what it printed "
        "and drew is on its page. `python tutorials/run.py` runs them all again.\n\n"
    )
    pages = {"tutorials/index.md": intro + "\n".join(rows) + "\n"}
    for path in notebooks():
        text, pictures = render_notebook(json.loads(path.read_text(encoding="utf-8")), path.stem)
        pages[f"tutorials/{path.stem}.md"] = text
        pages |= {f"tutorials/{name}": content for name, content in pictures.items()}
    return pages


def render_notebook(notebook, stem):
    """A notebook as Markdown, and its pictures as bytes by file name."""
    parts, pictures = [], {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(render_formulas(source))
            continue
        if source.strip():
            parts.append(fence(source, "python"))
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}_{len(pictures)}.png"
                encoded = data["image/png"]
                pictures[name] = base64.b64decode("".join(encoded))
                parts.append(f"![output {len(pictures)}]({name}){{ .output }}")
            else:
                text = "".join(output.get("text", data.get("text/plain", "")))
                if text.strip():
                    parts.append(fence(text.rstrip(), "text"))
    return "\n\n".join(parts) + "\n", pictures


def fence(text, language):
    """A fenced block that its text can't end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def render_formulas(markdown):
    """Replaces LaTeX between dollars, outside code, by MathML, which browsers draw themselves."""
    pieces = re.split(r"(```.*?```|`[^`\n]*`)", markdown, flags=re.DOTALL)
    for number in range(0, len(pieces), 2):
        text = re.sub(r"\$\$(.+?)\$\$", _displayed, pieces[number], flags=re.DOTALL)
        pieces[number] = re.sub(r"(?<![\\\w$])\$([^$\n]+?)\$(?!\w)", _inline, text)
    return "".join(pieces)


def _displayed(match):
    return f"\n\n{latex2mathml.converter.convert(match[1].strip(), display='block')}\n\n"


def _inline(match):
    # In a span, since Markdown takes a line that begins with <math> for a block.
    return f"<span>{latex2mathml.converter.convert(match[1].strip())}</span>"


# The zoo


def preset_names():
    """Names of the presets, in alphabetical order."""
    return sorted(path.parent.name for path in (ROOT / "zoo").glob("*/metadata.json"))


def zoo_pages():
    """The zoo's own page, and every preset's card with its picture."""
    table = (ROOT / "zoo" / "README.md").read_text(encoding="utf-8")
    picture = r"![samples](\1){ width=120 }"
    pages = {"zoo/README.md": re.sub(r'<img src="([^"]+)"[^>]*>', picture, table)}
    for name in preset_names():
        folder = ROOT / "zoo" / name
        card = (folder / "README.md").read_text(encoding="utf-8")
        pages[f"zoo/{name}/README.md"] = card
        for link in re.findall(r"\]\(([\w./-]+\.(?:png|csv))\)", card):
            pages[f"zoo/{name}/{link}"] = (folder / link).read_bytes()
    return pages


# The reference


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


def reference_pages():
    """A page for each part of the package, one for each model, and the command line's."""
    rows, pages = [], {}
    for part, (title, words) in PARTS.items():
        names = public_names(part)
        if part in PAGE_FOR_EACH_NAME:
            page = f"{part}/index.md"
            links = "\n".join(f"- [`{name}`]({name}.md)" for name in names)
            pages[f"reference/{page}"] = f"# {title}\n\n{words}\n\n{links}\n"
            for name in names:
                pages[f"reference/{part}/{name}.md"] = directive(part, name, MODEL_OPTIONS)
        else:
            page = f"{part}.md"
            blocks = "\n".join(directive(part, name) for name in names)
            pages[f"reference/{page}"] = f"# {title}\n\n{words}\n\n{blocks}"
        rows.append(f"- [{title}]({page}): {words}")
    rows.append("- [Command line](command_line.md): `keras-gen`, with every option.")
    pages["reference/index.md"] = "# Reference\n\n" + "\n".join(rows) + "\n"
    pages["reference/command_line.md"] = command_line_page()
    return pages


def directive(part, name, options=""):
    """What mkdocstrings replaces by the documentation of a name."""
    return f"::: keras_gen.{part}.{name}\n{options}"


def command_line_page():
    """The help of `keras-gen` and of each of its commands, and a table of options for each family."""
    script = (
        "import json, typer.main; from keras_gen.app.cli import app\n"
        "from keras_gen.app.execution import Execution\n"
        "from keras_gen.recipes import families\n"
        "from keras_gen.recipes.options import options_of\n"
        "def helps(c, n):\n"
        "    t = c.context_class(c, info_name=n, terminal_width=96)\n"
        "    return c.get_help(t)\n"
        "def rows(options):\n"
        "    return [(o.flag, o.default_in_words, o.help) for o in options]\n"
        "c = typer.main.get_command(app)\n"
        "found = {'keras-gen': helps(c, 'keras-gen')}\n"
        "found |= {k: helps(v, f'keras-gen {k}') for k, v in c.commands.items()}\n"
        "recipes = {k: f.load() for k, f in families().items()}\n"
        "tables = {k: (r.title, rows(r.options())) for k, r in recipes.items()}\n"
        "print(json.dumps([found, tables, rows(options_of(Execution))]))\n"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "96", "PYTHONPATH": "."}
    command = [sys.executable, "-c", script]
    result = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    helps, tables, running = json.loads(result.stdout.splitlines()[-1])
    parts = ["# Command line\n"]
    for name, text in helps.items():
        heading = "" if name == "keras-gen" else f"## {name}\n\n"
        parts.append(heading + fence(text.strip(), "text") + "\n")
        if name == "train":
            parts += [f"### train {k}\n\n{t}\n\n{table(rows)}" for k, (t, rows) in tables.items()]
            words = "How a training is run, which may change whenever it is resumed."
            parts.append(f"### train, every model\n\n{words}\n\n{table(running)}")
    return "\n".join(parts)


def table(options):
    """A table of options: rows of what is typed, the default, and words."""
    rows = ["| option | default | |", "|---|---|---|"]
    rows += [f"| `{flag}` | {default} | {words} |" for flag, default, words in options]
    return "\n".join(rows) + "\n"
