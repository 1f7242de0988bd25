"""Completing a preset's folder: further files beside the model's, further metadata."""

import json

from keras_gen.files import written_aside
from keras_gen.presets.files import METADATA, describe_file, to_json


def complete(folder, metadata):
    """Adds what `metadata` holds to a preset's own, and the checksums of all files in its folder.

    Args:
        folder: `pathlib.Path` that `save_to_preset` wrote, and where files have been added since.
        metadata: Dict, ready for JSON.

    Returns:
        All of the metadata, a dict.
    """
    whole = json.loads((folder / METADATA).read_text(encoding="utf-8")) | metadata
    names = sorted(path.name for path in folder.iterdir())
    whole["files"] = {
        name: describe_file(folder / name) for name in names if name not in (METADATA, "README.md")
    }
    with written_aside(folder / METADATA) as aside:
        aside.write_text(to_json(whole), encoding="utf-8")
    return whole
