"""The zoo on the site: a table that can be filtered, a gallery, and every preset's card."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]

# What a model does, in a word; of other classes the metadata's own words are shown.
TASKS = {
    "GAN": "generate",
    "WGANGP": "generate",
    "R3GAN": "generate",
    "ProgressiveGAN": "generate",
    "StyleGAN2": "generate, mix, invert",
    "Diffusion": "generate",
    "PixelCNN": "generate, likelihood",
    "ConditionalGAN": "generate by class",
    "InfoGAN": "generate by code, infer codes",
    "SemiSupervisedGAN": "classify, generate",
    "VAE": "generate, encode",
    "VAEGAN": "generate, encode",
    "VQVAE": "generate, encode",
    "CVAE": "generate by class, encode",
    "SemiSupervisedVAE": "classify, generate by class, encode",
    "Pix2Pix": "translate",
    "CycleGAN": "translate",
    "CUT": "translate",
    "SuperResolution": "enlarge",
    "Inpainting": "fill holes",
    "NextFrame": "continue clips",
    "TabularVAE": "generate, encode",
    "TabularGAN": "generate",
    "Functional": "classify",
}
# These pages are as wide as the window, without a table of contents.
WIDE = "---\nhide:\n  - toc\n---\n\n"
GALLERY = (
    WIDE
    + """\
# Gallery

What every preset makes: seed 0, nothing chosen. A picture leads to its card, which says how it was trained and
what it scores. Of translators, inputs stand beside what is made of them.

<div class="gallery" markdown>

{}

</div>
"""
)


def preset_names():
    """Names of the presets, in alphabetical order."""
    return sorted(path.parent.name for path in (ROOT / "zoo").glob("*/metadata.json"))


def zoo_pages():
    """The zoo's own page, the gallery, and every preset's card with its pictures."""
    pages = {"zoo/README.md": overview(), "zoo/gallery.md": GALLERY.format(gallery())}
    for name in preset_names():
        card = (ROOT / "zoo" / name / "README.md").read_text(encoding="utf-8")
        pages[f"zoo/{name}/README.md"] = card
        for link in re.findall(r"\]\(([\w./-]+\.(?:png|csv))\)", card):
            pages[f"zoo/{name}/{link}"] = (ROOT / "zoo" / name / link).read_bytes()
    return pages


def metadata_of(name):
    """What a preset's file says of it."""
    return json.loads((ROOT / "zoo" / name / "metadata.json").read_text(encoding="utf-8"))


def overview():
    """The zoo's README, its table with the columns that `zoo.js` filters by."""
    text = (ROOT / "zoo" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    rows = [
        "| | preset | what it makes | task | model | data | parameters | in short |",
        "|---|---|---|---|---|---|---:|---|",
    ]
    for row in table[0].splitlines()[2:]:
        picture, link, makes, parameters, short = (c.strip() for c in row[1:-1].split("|"))
        picture = re.sub(r'<img src="([^"]+)"[^>]*>', r"![samples](\1){ width=120 }", picture)
        metadata = metadata_of(re.match(r"\[(\w+)\]", link)[1])
        kind = metadata["class_name"]
        model = f"[{kind}](../reference/models/{kind}.md)" if kind != "Functional" else "classifier"
        task, data = TASKS.get(kind, metadata["task"]), data_set(metadata)
        cells = (picture, link, makes, task, model, data, parameters, short)
        rows.append(f"| {' | '.join(cells)} |")
    made = "\n".join(rows)
    return WIDE + text.replace(
        table[0],
        f'Their pictures are in the [gallery](gallery.md).\n\n<div class="zoo" markdown>\n\n{made}\n\n</div>\n',
    )


def data_set(metadata):
    """The data set's name as the package knows it, of whatever size; its authors' where it has none."""
    settings = metadata.get("training", {}).get("settings", metadata)
    return (settings.get("dataset") or metadata["data"]["name"]).partition("/")[0]


def gallery():
    """A list of every preset's pictures."""
    items = []
    for name in preset_names():
        words = {
            "samples": metadata_of(name)["description"],
            "reconstructions": "Images, and below them their reconstructions",
        }
        for kind, text in words.items():
            if (ROOT / "zoo" / name / f"{kind}.png").is_file():
                picture = f"![{kind} of {name}]({name}/{kind}.png){{ .samples }}"
                link = f"({name}/README.md)"
                items.append(f"- [{picture}]{link}\n\n    [{name}]{link}: {text}")
    return "\n\n".join(items)
