"""Many small images of one size in one file: a zip of sheets in WebP, and a list of what they show."""

import io
import json
import zipfile

import numpy as np
from PIL import Image

# A sheet is so many images wide and high.
SIDE = 16
# Of a sheet's luminance and of its two differences of colour, where it may lose something.
LOSSY_QUALITIES = (95, 90, 90)


def write_sheets(path, entries, images, lossy=()):
    """Write images to a file; the same ones give the same file.

    Args:
        path: Path of the file.
        entries: What the images show, for `json`.
        images: Dictionary of uint8 arrays `(n, size, size, channels)` of 1 or 3 channels.
        lossy: Names of those that may be stored nearly, each plane apart and none at half the size, as
            WebP by itself has colours: some two thirds less. Of photographs and the like a pixel is one
            off, in the mean.
    """
    with zipfile.ZipFile(path, "w") as file:
        _write(file, "entries.json", json.dumps(entries, ensure_ascii=False, indent=0).encode())
        for name, stack in images.items():
            info = {"shape": stack.shape, "planes": name in lossy and stack.shape[-1] == 3}
            _write(file, f"{name}.json", json.dumps(info).encode())
            for number, start in enumerate(range(0, len(stack), SIDE**2)):
                sheet = _laid_out(stack[start : start + SIDE**2])
                for plane, data in enumerate(_encoded(sheet, info["planes"])):
                    _write(file, f"{name}-{number}-{plane}.webp", data)


def read_sheets(path):
    """What `write_sheets` wrote.

    Args:
        path: Path, or a binary file.

    Returns:
        `(entries, images)`, as it was given.
    """
    with zipfile.ZipFile(path) as file:
        images = {}
        for member in file.namelist():
            if member.endswith(".json") and member != "entries.json":
                name = member.removesuffix(".json")
                images[name] = _read_stack(file, name, **json.loads(file.read(member)))
        return json.loads(file.read("entries.json")), images


def _read_stack(file, name, shape, planes):
    count, size, _, channels = shape
    stack = np.empty(shape, "uint8")
    for number, start in enumerate(range(0, count, SIDE**2)):
        parts = [
            Image.open(io.BytesIO(file.read(f"{name}-{number}-{plane}.webp"))).convert("RGB")
            for plane in range(3 if planes else 1)
        ]
        if planes:
            # Their luminance is all that WebP has of a grey picture.
            sheet = Image.merge("YCbCr", [part.convert("L") for part in parts]).convert("RGB")
        else:
            sheet = parts[0]
        pixels = np.asarray(sheet)[..., :channels]
        cells = pixels.reshape(-1, size, SIDE, size, channels).swapaxes(1, 2)
        part = stack[start : start + SIDE**2]
        part[:] = cells.reshape(-1, size, size, channels)[: len(part)]
    return stack


def _laid_out(stack):
    """Images in rows of `SIDE`, the last one filled up with white."""
    count, size, _, channels = stack.shape
    rows = -(-count // SIDE)
    cells = np.full((rows * SIDE, size, size, channels), 255, "uint8")
    cells[:count] = stack
    cells = cells.reshape(rows, SIDE, size, size, channels).swapaxes(1, 2)
    return cells.reshape(rows * size, SIDE * size, channels)


def _encoded(sheet, planes):
    if not planes:
        picture = Image.fromarray(np.broadcast_to(sheet, (*sheet.shape[:2], 3)))
        return [_webp(picture, lossless=True, quality=100)]
    parts = Image.fromarray(sheet).convert("YCbCr").split()
    return [
        _webp(part.convert("RGB"), quality=quality)
        for part, quality in zip(parts, LOSSY_QUALITIES, strict=True)
    ]


def _webp(picture, **options):
    data = io.BytesIO()
    picture.save(data, "WEBP", method=6, **options)
    return data.getvalue()


def _write(file, name, data):
    """Stored as it is, without the hour: WebP can't be made smaller."""
    method = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
    file.writestr(zipfile.ZipInfo(name), data, method)
