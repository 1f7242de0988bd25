"""The README's sections as pages of the site, so that what they say is said once."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What the site has elsewhere, or has no use for.
LEFT_OUT = ("Tutorials", "Citation", "Licence")
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def sections():
    """Dict from headings of the README to their text, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    return {heading: body for heading, body in found.items() if heading not in LEFT_OUT}


def slug(heading):
    """A heading as the README's links name it."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def guide_pages(families):
    """A page for each section.

    Args:
        families: Dict from the models' folders to their classes.
    """
    return {
        f"guide/{slug(heading)}.md": f"# {heading}\n{relink(body, families)}"
        for heading, body in sections().items()
    }


def relink(text, families):
    """Text whose links lead to the site's pages, not to the repository's files."""

    def moved(match):
        return f"]({place_of(match[1], families)})"

    pieces = FENCED.split(text)
    pieces[::2] = [re.sub(r"\]\(([^)\s]+)\)", moved, piece) for piece in pieces[::2]]
    return "".join(pieces)


def place_of(link, families):
    """Where a link of the README leads from a page of the guide."""
    if link.startswith("https://"):
        return link
    if link.startswith("#"):
        heading = link[1:]
        return "../tutorials/index.md" if heading == "tutorials" else f"{heading}.md"
    if link.startswith("docs/"):
        return f"../{link.removeprefix('docs/')}"
    model = re.fullmatch(r"keras_gen/models/(\w+)/model\.py", link)
    if model:
        return f"../reference/models/{families[model[1]]}.md"
    if link.isupper() or link.removesuffix(".md").isupper():
        return f"../{link.lower()}"
    return "../" + link.replace(".ipynb", ".md")
