"""Makes the file of Fluent Emoji that comes with the package, from the archives of its data set.

    pip install -e ".[emoji]"
    python zoo/tools/pack_fluent_emoji.py ~/tensorflow_datasets/downloads/manual

The docstring of `keras_gen/data/builders/fluent_emoji.py` says what to download. It is committed once:
history keeps every version.
"""

import argparse
import dataclasses
import pathlib

import numpy as np

from keras_gen.data.builders.fluent_emoji import SHIPPED_SIZE, shipped_file
from keras_gen.data.builders.fluent_emoji_archives import STYLES, Archives
from keras_gen.data.builders.sheets import write_sheets


def pack(archives, path, size=SHIPPED_SIZE):
    """Draw all emoji of the archives, and write them to a file."""
    images = {
        style: np.stack(
            [
                archives.draw(emoji.code, style, size)
                for emoji in archives.drawings
                if style != "line" or emoji.has_line
            ]
        )
        for style in STYLES
    }
    entries = [dataclasses.asdict(emoji) for emoji in archives.drawings]
    write_sheets(path, entries, images, lossy=("3d",))


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="where the archives are")
    parser.add_argument("--output", default=shipped_file(), help="the file to write")
    options = parser.parse_args()
    pack(Archives(options.folder), options.output)


if __name__ == "__main__":
    main()
