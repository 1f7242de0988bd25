"""Fluent Emoji as the npm registry has them: which belong together, and each as pixels of any size."""

import dataclasses
import io
import json
import pathlib

import numpy as np
from PIL import Image

from keras_gen.data.builders.archives import manual_archive, read_archive
from keras_gen.data.builders.emoji import SKIN_TONES

ARCHIVES = {
    "flat": "iconify-json-fluent-emoji-flat-1.2.6.tgz",
    "line": "iconify-json-fluent-emoji-high-contrast-1.2.6.tgz",
    "3d": "lobehub-fluent-emoji-3d-1.1.0.tgz",
}
STYLES = ("flat", "3d", "line")
HOW_TO_DOWNLOAD = (
    "In TFDS's manual folder run `npm pack @iconify-json/fluent-emoji-flat@1.2.6 "
    "@iconify-json/fluent-emoji-high-contrast@1.2.6 @lobehub/fluent-emoji-3d@1.1.0`; it leaves "
    f"{', '.join(ARCHIVES.values())} there."
)
# What all pictures are drawn at before they are made smaller: the size of the 3D ones.
FULL_SIZE = 256
_PICTURES = "package/assets/"
# Pairs that show different things: flags of other shapes; in 3D a medium-dark pregnant person under the
# dark one's code, and mountain bikers with their tones in reverse; in flat a bather without its tone.
_MISMATCHED = {"1f3c1", "1f3f3", "1fac4-1f3ff", "1f6c0-1f3fe"} | {
    f"1f6b5-{tone.lower()}" for tone in SKIN_TONES
}
# Names of icons have lost letters that are not ASCII.
_SPELLINGS = {"piata": "piñata"}


@dataclasses.dataclass(frozen=True)
class Drawing:
    """An emoji in the archives.

    Args:
        code: String, its code points in hexadecimal joined by `-`, without variation selectors.
        name: String, what it is called, in lower case.
        category: String, Unicode's.
        has_line: Boolean, whether there is a line drawing of it.
    """

    code: str
    name: str
    category: str
    has_line: bool


class Archives:
    """The archives of the three styles in a folder.

    Args:
        folder: Path, with the files of `ARCHIVES`.

    Attributes:
        drawings: List of `Drawing`, all that there are flat and in 3D, sorted by code.

    Raises:
        FileNotFoundError: If one is missing.
    """

    def __init__(self, folder):
        contents = {}
        for style, name in ARCHIVES.items():
            contents[style] = read_archive(manual_archive(folder, name, HOW_TO_DOWNLOAD))
        self._icons = {style: _Icons(contents[style]) for style in ("flat", "line")}
        self._pictures = _pictures(contents["3d"])
        flat, line = self._icons["flat"], self._icons["line"]
        codes = (flat.bodies.keys() & self._pictures.keys()) - _MISMATCHED
        self.drawings = [
            Drawing(code, _name(flat.names[code], code), flat.category(code), code in line.bodies)
            for code in sorted(codes)
        ]

    def draw(self, code, style, size):
        """A drawing on white.

        Args:
            code: String, of a `Drawing`.
            style: One of `STYLES`.
            size: Integer, a divisor of 256.

        Returns:
            Uint8 array `(size, size, 3)`, or `(size, size, 1)` of line drawings.
        """
        if style == "3d":
            picture = Image.open(io.BytesIO(self._pictures[code]))
        else:
            picture = Image.open(io.BytesIO(_rasterised(self._icons[style].bodies[code])))
        # Laid on white first, where the colours of what is transparent have no part in the means.
        on_white = Image.new("RGBA", picture.size, "white")
        on_white.alpha_composite(picture.convert("RGBA"))
        pixels = on_white.convert("L" if style == "line" else "RGB").reduce(FULL_SIZE // size)
        return np.asarray(pixels).reshape(size, size, -1)


class _Icons:
    """A set of icons: `bodies` and `names` by code, of those that are square."""

    def __init__(self, files):
        icons = json.loads(files["package/icons.json"])
        side = icons.get("width", 16)
        self.names, self.bodies = {}, {}
        for code, name in json.loads(files["package/chars.json"]).items():
            icon = icons["icons"].get(name)
            # An alias mirrors another icon: none of them has a code of its own.
            if icon and (icon.get("width", side), icon.get("height", side)) == (side, side):
                code = plain_code(code)
                self.names[code], self.bodies[code] = name, (icon["body"], side)
        categories = json.loads(files["package/metadata.json"])["categories"]
        self._categories = {name: key for key, names in categories.items() for name in names}

    def category(self, code):
        return self._categories[self.names[code]]


def plain_code(code):
    """A code in lower case without variation selectors: `"2764-FE0F"` is `"2764"`."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def picture_code(code):
    """The code of what a picture of the 3D archive shows, of the code that it is filed under.

    Medium and medium-light skin are filed under each other's code, but for people with a computer; and
    deaf men and women.
    """
    parts = plain_code(code).split("-")
    swaps = {} if "1f4bb" in parts else {"1f3fc": "1f3fd", "1f3fd": "1f3fc"}
    if parts[0] == "1f9cf":
        swaps |= {"2640": "2642", "2642": "2640"}
    return "-".join(swaps.get(part, part) for part in parts)


def _name(icon, code):
    tones = [SKIN_TONES[part.upper()] for part in code.split("-") if part.upper() in SKIN_TONES]
    for tone in tones:
        icon = icon.removesuffix(f"-{tone}")
    name = _SPELLINGS.get(icon, icon).replace("-", " ")
    return f"{name}, {tones[0]} skin tone" if tones else name


def _pictures(files):
    """The 3D pictures that are square, as files, by code."""
    pictures = {}
    for path in sorted(files):
        if path.startswith(_PICTURES) and _size(files[path]) == (FULL_SIZE, FULL_SIZE):
            pictures[picture_code(pathlib.PurePosixPath(path).stem)] = files[path]
    return pictures


def _size(picture):
    return Image.open(io.BytesIO(picture)).size


def _rasterised(icon):
    """A PNG of an icon's body at the full size."""
    try:
        import resvg_py
    except ImportError as error:
        raise ImportError(
            "Drawing Fluent Emoji needs resvg_py: `pip install keras_gen[emoji]`. At 64 pixels, "
            "'fluent_emoji', they come with the package and need nothing."
        ) from error
    body, side = icon
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {side} {side}" width="{side}" height="{side}" color="#000">{body}</svg>'
    )
    return resvg_py.svg_to_bytes(
        svg_string=svg, width=FULL_SIZE, height=FULL_SIZE, skip_system_fonts=True
    )
