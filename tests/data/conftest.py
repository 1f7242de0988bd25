import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from keras_gen.data.builders import emoji as emoji_module


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A TFDS folder of the tests' own, so that nothing of the user's is read or written."""
    return str(tmp_path_factory.mktemp("tensorflow_datasets"))


@pytest.fixture
def write_pictures():
    """Writes random pictures by path below a folder, and returns what was written."""

    def write(folder, shapes, seed=0):
        rng, written = np.random.default_rng(seed), {}
        for path, shape in shapes.items():
            pixels = rng.integers(0, 256, shape, dtype="uint8")
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(file)
            written[path] = pixels
        return written

    return write


# Base emoji, what a variant of it is called, and codes of the variants: untoned first.
EMOJI = {
    "astronaut": ["1F9D1-200D-1F680", "1F468-200D-1F680", "1F469-200D-1F680"],
    # By their hashes, farmers and officers are held out.
    "farmer": ["1F9D1-200D-1F33E", "1F468-200D-1F33E", "1F469-200D-1F33E"],
    "officer": ["1F46E", "1F46E-200D-2642-FE0F", "1F46E-200D-2640-FE0F"],
    "cook": ["1F9D1-200D-1F373", "1F468-200D-1F373", "1F469-200D-1F373"],
    "runner": ["1F3C3", "1F3C3-200D-2642-FE0F", "1F3C3-200D-2640-FE0F-200D-27A1-FE0F"],
    "detective": ["1F575-FE0F", "1F575-FE0F-200D-2642-FE0F", "1F575-FE0F-200D-2640-FE0F"],
    "surfer": ["1F3C4", "1F3C4-200D-2642-FE0F"],
    "mage": ["1F9D9", "1F9D9-200D-2640-FE0F"],
    "kiss": ["1F48F", "1F469-200D-2764-FE0F-200D-1F48B-200D-1F468"],
    "cat": ["1F408", "1F408-200D-2B1B"],
}
TONELESS = ("cat",)
TONES = ("1F3FB", "1F3FD", "1F3FF")


def emoji_entries():
    """An `emoji.json` in small; every variant's name ends with its base emoji's."""
    singles = {f"thing {k}": [f"{0x1F950 + k:X}"] for k in range(24)}
    for base, codes in {**EMOJI, **singles}.items():
        for number, code in enumerate(codes):
            skins = {} if base in TONELESS or base in singles else dict.fromkeys(TONES)
            yield {
                "name": f"VARIANT {number} OF {base.upper()}",
                "unified": code,
                "image": f"{code.lower()}.png",
                "category": "Objects" if base in singles else "People & Body",
                "skin_variations": {
                    tone: {"unified": f"{code}-{tone}", "image": f"{code}-{tone}.png".lower()}
                    for tone in skins
                },
            }


@pytest.fixture(scope="session")
def emoji_dir(tmp_path_factory):
    """A TFDS folder with small archives of made-up emoji in its manual folder."""
    root = tmp_path_factory.mktemp("emoji")
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    scratch = tmp_path_factory.mktemp("scratch")
    entries = list(emoji_entries())
    (scratch / "emoji.json").write_text(json.dumps(entries))
    variants = [v for e in entries for v in (e, *e["skin_variations"].values())]
    for style, (archive, folder) in emoji_module.ARCHIVES.items():
        with tarfile.open(manual / archive, "w:gz") as tar:
            tar.add(scratch / "emoji.json", "package/emoji.json")
            for number, variant in enumerate(variants):
                red = 200 if style == "noto" else 50
                pixels = np.full((64, 64, 4), (red, number, 0, 255), "uint8")
                pixels[:8] = 0  # Transparent.
                Image.fromarray(pixels).save(scratch / "picture.png")
                tar.add(scratch / "picture.png", folder + variant["image"])
            tar.add(scratch / "emoji.json", "package/img/other.json")
    return str(root)
