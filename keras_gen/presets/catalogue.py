"""The presets that come with the package."""

import json
import pathlib

from keras_gen.types import Config

# Presets of former releases, whose weights are in none of today's, and what took their place.
RETIRED = {
    "cyclegan_emoji_noto_twemoji": "cut_fluent_flat_to_3d",
    "pix2pix_emoji_edges_to_noto": "pix2pix_fluent_line_to_3d",
    "pix2pix_emoji_noto_to_twemoji": "pix2pix_fluent_flat_to_3d",
}

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]


def zoo_folder() -> pathlib.Path:
    """The folder of the zoo: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "zoo"
    return inside if inside.is_dir() else _PACKAGE.parent / "zoo"


def list_presets() -> dict[str, Config]:
    """Lists the presets that come with the package.

    Returns:
        Dict from names, in alphabetical order, to what each preset's `metadata.json` says: its
        class, description, data, training and scores.

    Example:

    >>> "classifier_digits" in list_presets()
    True
    """
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(zoo_folder().glob("*/metadata.json"))
    }
