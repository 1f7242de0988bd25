"""The tutorials' notebooks as pages of the site."""

import base64
import json
import pathlib
import re

import latex2mathml.converter

ROOT = pathlib.Path(__file__).resolve().parents[1]


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
