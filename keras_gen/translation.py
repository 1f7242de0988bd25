"""Translation of a user's own picture files."""

import pathlib
import warnings

import numpy as np

from keras_gen import pictures
from keras_gen.tasks.translating import Translates

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}


def translate_files(model, source, output, direction=None, batch_size=16):
    """Translates picture files of any size and kind.

    Each picture is resized to what the model takes, translated, and brought back to its own size.
    Names and subfolders are kept; the files written are PNG. Transparency is laid on white.

    Args:
        model: One that translates, a `Pix2Pix` or `CycleGAN` say.
        source: Path of a folder, which is searched with its subfolders, or of one picture.
        output: Path of the folder to write to.
        direction: `"ab"` or `"ba"` for a `CycleGAN`, which is `"ab"` where it is None.
        batch_size: Integer, how many pictures are translated at a time.

    Returns:
        Integer, how many were written. A file that can't be read is skipped with a warning.

    Raises:
        FileNotFoundError: If `source` does not exist.
        ValueError: If it holds no picture, or `direction` does not fit the model.
    """
    if not isinstance(model, Translates):
        raise ValueError(
            f"`model` must be one that translates. Received: a {type(model).__name__}"
        )
    source, output = pathlib.Path(source), pathlib.Path(output)
    if not source.exists():
        raise FileNotFoundError(f"`images` must be a folder or a picture. Received: {source}")
    root = source if source.is_dir() else source.parent
    paths = [source] if source.is_file() else sorted(source.rglob("*"))
    paths = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise ValueError(
            f"`images` must hold pictures, PNG or JPEG say. Received: none in {source}"
        )
    targets = _distinct_targets(paths, root, output)
    chosen = model.direction(direction)
    written = 0
    for start in range(0, len(paths), batch_size):
        batch = []
        for path in paths[start : start + batch_size]:
            try:
                batch.append((path, *_read(path, chosen.takes.shape)))
            except OSError as error:
                warnings.warn(f"Skipped {path}, which can't be read: {error}", stacklevel=2)
        if not batch:
            continue
        outputs = chosen.translate(np.stack([image for _, _, image in batch]), batch_size=batch_size)
        for (path, size, _), image in zip(batch, outputs, strict=True):
            picture = _resize(pictures.to_uint8(image), size)
            pictures.save_png(targets[path], picture)
            written += 1
    return written


def _distinct_targets(paths, root, output):
    """One PNG for each picture: a.png, and a.jpg.png where a.png is taken."""
    targets, taken = {}, set()
    for path in paths:
        target = output / path.relative_to(root).with_suffix(".png")
        if target in taken:
            target = output / (str(path.relative_to(root)) + ".png")
        taken.add(target)
        targets[path] = target
    return targets


def _read(path, shape):
    """Returns a picture's own size (width, height), and the image in [-1, 1] that the model takes."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(ground, image)
        size = image.size
        image = image.convert("L" if shape[-1] == 1 else "RGB")
        image = image.resize((shape[1], shape[0]), Image.Resampling.LANCZOS)
    values = np.asarray(image, dtype="float32") / 127.5 - 1.0
    return size, values.reshape(shape)


def _resize(picture, size):
    from PIL import Image

    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
    resized = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    return resized[..., None] if resized.ndim == 2 else resized
