"""Draws `docs/zoo.png`, the picture of what the zoo makes, from the presets' own samples.

python zoo/tools/draw_overview.py           # draws it
python zoo/tools/draw_overview.py --check   # fails if samples have changed since it was drawn
"""

import argparse
import hashlib
import pathlib
import sys

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from keras_gen.files import written_aside

ZOO = pathlib.Path(__file__).resolve().parents[1]
PICTURE = ZOO.parent / "docs" / "zoo.png"
# Presets of six models, in reading order, and what the picture says of it.
PRESETS = {
    "r3gan_fashion_mnist": "R3GAN: garments",
    "cgan_fashion_mnist": "Conditional GAN: one class a row",
    "cut_fluent_flat_to_3d": "CUT, without pairs: flat, output, another",
    "pix2pix_fluent_flat_to_3d": "Pix2Pix: flat, output, as drawn in 3D",
    "super_resolution_fluent_x4_adversarial": "Super-resolution: bicubic, output, real",
    "inpainting_fluent": "Inpainting: hole, filled, as it was",
}
COLUMNS = 3
SIDE = 398  # Six emoji and their margins, pixel for pixel.
CAPTION = 30
GAP = 10
KEY = "samples"


def draw():
    """The picture: for each preset the upper left square of its samples, below its caption."""
    rows = -(-len(PRESETS) // COLUMNS)
    size = COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + CAPTION + GAP) + GAP
    picture = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    for number, (name, caption) in enumerate(PRESETS.items()):
        row, column = divmod(number, COLUMNS)
        x, y = GAP + column * (SIDE + GAP), GAP + row * (SIDE + CAPTION + GAP)
        pen.text((x + 2, y + 2), caption, fill=(60, 60, 60), font=font)
        with Image.open(ZOO / name / "samples.png") as samples:
            side = min(samples.size)
            square = samples.convert("RGB").crop((0, 0, side, side))
        picture.paste(square.resize((SIDE, SIDE), Image.Resampling.BOX), (x, y + CAPTION))
    return picture


def digest():
    """One hash of all samples that the picture shows."""
    found = hashlib.sha256()
    for name in PRESETS:
        found.update((ZOO / name / "samples.png").read_bytes())
    return found.hexdigest()


def is_current():
    """Whether the picture was drawn from the samples as they are now."""
    with Image.open(PICTURE) as picture:
        return picture.text.get(KEY) == digest()


def main():
    """Reads the command line; draws or checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="draw nothing; fail if it is stale")
    if parser.parse_args().check:
        sys.exit(None if is_current() else "docs/zoo.png is stale: zoo/tools/draw_overview.py")
    notes = PngImagePlugin.PngInfo()
    notes.add_text(KEY, digest())
    with written_aside(PICTURE) as aside:
        # 28 levels a channel are three fifths of the file; a palette of 256 colours shows in the shading.
        levels = [round(round(value / 255 * 27) / 27 * 255) for value in range(256)]
        draw().point(levels * 3).save(aside, format="PNG", compress_level=9, pnginfo=notes)


if __name__ == "__main__":
    main()
