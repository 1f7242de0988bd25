"""The pages of the site that are made from the repository: guide, tutorials, zoo, reference.

A hook of MkDocs: see `mkdocs.yml`. Nothing is written beside the site itself.
"""

import pathlib
import re

import guide_pages
import reference_pages
import tutorial_pages
import zoo_pages
from mkdocs.structure.files import File
from words import WORDS

ROOT = pathlib.Path(__file__).resolve().parents[1]


def on_config(config):
    """Names the version, and writes the navigation: everything there is, in reading order."""
    source = (ROOT / "keras_gen" / "version.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "(.+)"', source)[1]
    config.site_name = f"keras_gen {version}"
    config.copyright = f"{config.site_name}, Apache License 2.0"
    guide = [{h: f"guide/{guide_pages.slug(h)}.md"} for h in guide_pages.sections()]
    notebooks = tutorial_pages.notebooks()
    tutorials = [{tutorial_pages.title_of(p): f"tutorials/{p.stem}.md"} for p in notebooks]
    cards = [{name: f"zoo/{name}/README.md"} for name in zoo_pages.preset_names()]
    config.nav = [
        {"Home": "index.md"},
        {
            "Guide": [
                *guide,
                {"Serving": "serving.md"},
                {"Deployment": "deployment.md"},
                {"Picking and describing": "studio.md"},
                {"Pix2Pix's options": "ablation.md"},
                {"Autoencoders beside each other": "reproductions.md"},
                {"Samples beside their time": "sampling.md"},
            ]
        },
        {"Tutorials": ["tutorials/index.md", *tutorials]},
        {"Zoo": ["zoo/README.md", {"Gallery": "zoo/gallery.md"}, *cards]},
        {"Reference": reference_pages.navigation()},
        {"Project": [{"Contributing": "contributing.md"}, {"Changelog": "changelog.md"}]},
    ]
    return config


def on_files(files, config):
    """Adds the made pages to those in `docs/`."""
    pages = {
        **guide_pages.guide_pages(reference_pages.families()),
        **tutorial_pages.tutorial_pages(),
        **zoo_pages.zoo_pages(),
        **reference_pages.reference_pages(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    """Gives the search, as a page's tags, the words that lead to it from the index."""
    words = [word for word, (_, place) in WORDS.items() if place == page.file.src_uri]
    if words:
        page.meta["tags"] = [one for word in words for one in word.split(", ")]
    return markdown
