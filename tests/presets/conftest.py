import json

import pytest

from keras_gen.presets import files
from tests.cases import build_gan


@pytest.fixture
def preset(tmp_path):
    """A small preset that every test may break for itself."""
    folder = tmp_path / "preset"
    build_gan().save_to_preset(folder)
    return folder


@pytest.fixture
def rewrite():
    """Changes a JSON file of a preset and, as whoever means harm would, its checksum too."""

    def rewrite(folder, change, name=files.CONFIG, sign=True):
        path = folder / name
        content = json.loads(path.read_text())
        content = change(content) or content
        path.write_text(json.dumps(content))
        if sign and name != files.METADATA:
            metadata = json.loads((folder / files.METADATA).read_text())
            metadata["files"][name] = files.describe_file(path)
            (folder / files.METADATA).write_text(json.dumps(metadata))

    return rewrite
