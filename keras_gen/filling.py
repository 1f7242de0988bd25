"""Filling the holes of a user's own picture files."""

import itertools
import pathlib

import numpy as np

from keras_gen.modalities.images import decode, fit, show
from keras_gen.modalities.images.range import to_uint8
from keras_gen.modalities.images.windows import covered, windows_around
from keras_gen.tasks.filling import Fills
from keras_gen.translation import (
    check_output,
    distinct_targets,
    in_threads,
    picture_of_name,
    pictures_of,
    read_in_batches,
    write_picture,
    written,
)
from keras_gen.types import PathLike


def fill_files(
    model: Fills,
    source: PathLike,
    output: PathLike,
    masks: PathLike | None = None,
    batch_size: int = 16,
) -> int:
    """Fills holes in picture files of any size and kind.

    A picture's mask is the picture of its name and subfolder among the masks, of its size: what is brighter
    than a middle grey is hidden. What the model is given of a large picture are windows around its holes, at
    the picture's own size where a hole is at most 0.4 of a window thick; others, and whole small pictures,
    are resized in proportion until they lie inside what the model takes, and mirrored where they leave room.
    What the model makes is brought back and laid in the holes alone: known pixels stay what they are. A
    thick hole is hence less sharp than what surrounds it.

    Names and subfolders are kept; the files written are PNG. What can't be read, has no mask, or has one of
    another size, of nothing or of all, is skipped, and one warning names it.

    Args:
        model: One that fills holes, an `Inpainting` say.
        source: Path of a folder, which is searched with its subfolders, or of one picture.
        output: Path of the folder to write to.
        masks: Path of the folder of masks, or where `source` is one picture of its mask. Where it is None,
            the hole is where a picture is wholly transparent.
        batch_size: Integer, how many pictures are filled at a time.

    Returns:
        Integer, how many were written.

    Raises:
        FileNotFoundError: If `source` or `masks` does not exist.
        ValueError: If it holds no picture, or none that can be filled.
    """
    if not isinstance(model, Fills):
        raise ValueError(
            f"`model` must be one that fills holes. Received: a {type(model).__name__}"
        )
    source, output = pathlib.Path(source), pathlib.Path(output)
    root, paths, others = pictures_of(source, output)
    find_mask = _masks(masks, source, root)
    if masks is not None and pathlib.Path(masks).is_dir():
        check_output(output, pathlib.Path(masks), "the masks")
        inside = pathlib.Path(masks).resolve()
        paths = [path for path in paths if inside not in path.resolve().parents]
    targets = distinct_targets(paths, root, output)
    errors: list[tuple[pathlib.Path, Exception]] = []

    def read(path):
        return _read(path, find_mask(path), model.gives.shape[-1])

    def filled():
        # Pictures are held as large as they are: few at a time.
        for batch in read_in_batches(paths, read, batch_size, errors, ahead=1):
            made = _made(model, [each[1:] for each in batch], batch_size)
            for (path, *_), whole in zip(batch, made, strict=True):
                yield write_picture, show.to_pillow(whole), targets[path]

    in_threads(filled())
    return written(source, paths, errors, others, "pictures with holes that can be read")


def _masks(masks, source, root):
    """Function from the path of a picture to that of its mask, or to None where it is its own."""
    if masks is None:
        return lambda path: None
    masks = pathlib.Path(masks)
    if not masks.exists():
        raise FileNotFoundError(f"`masks` must be a folder or a picture. Received: {masks}")
    if not masks.is_dir():
        if source.is_dir():
            raise ValueError(
                "`masks` must be a folder, of a mask for each picture of a folder. "
                f"Received: masks={str(masks)!r}"
            )
        return lambda path: masks

    def find(path):
        return picture_of_name(masks, path.relative_to(root), "mask")

    return find


def _read(path, mask, channels):
    """A picture, and what of it is hidden."""
    picture = decode.decode(path, channels).pixels
    if mask is None:
        hidden = decode.decode(path, 4).pixels[..., 3] == 0
    else:
        hidden = decode.decode(mask, 1).pixels[..., 0] > 127
    if hidden.shape != picture.shape[:2]:
        raise ValueError(
            f"its mask is of {hidden.shape[1]} x {hidden.shape[0]} pixels, and the picture of "
            f"{picture.shape[1]} x {picture.shape[0]}"
        )
    if not hidden.any() or hidden.all():
        what = "nothing" if not hidden.any() else "all"
        raise ValueError(f"its mask hides {what} of it" if mask else f"{what} of it is transparent")
    return picture, hidden


def _made(model, pictures, batch_size):
    """Yields each picture with its holes filled."""
    size = model.gives.shape[:2]
    windows = (
        (index, window, weights, *_as_taken(known[window], hidden[window], size))
        for index, (picture, hidden) in enumerate(pictures)
        for known in [covered(picture, hidden)]
        for window, weights in windows_around(hidden, size)
    )
    parts = itertools.groupby(_filled(model, windows, batch_size), key=lambda part: part[0])
    for (_, own), (picture, hidden) in zip(parts, pictures, strict=True):
        sums = np.zeros(picture.shape, "float32")
        weights = np.zeros((*hidden.shape, 1), "float32")
        for _, window, weight, made in own:
            sums[window] += weight * made
            weights[window] += weight
        made = np.rint(sums / np.maximum(weights, 1e-6)).astype("uint8")
        yield np.where(hidden[..., None], made, picture)


def _filled(model, windows, batch_size):
    """Yields the index of a picture, a window of it, its weights, and what the model makes of it."""
    while batch := list(itertools.islice(windows, batch_size)):
        images, holes = (np.stack([each[k] for each in batch]) for k in (3, 4))
        outputs = model.fill(images, holes, batch_size=batch_size)
        for (index, window, weights, _, _, middle), image in zip(batch, outputs, strict=True):
            made = show.to_pillow(to_uint8(image[middle]))
            made = made.resize(weights.shape[::-1], decode.Image.Resampling.BICUBIC)
            yield index, window, weights[..., None], np.asarray(made).reshape(*weights.shape, -1)


def _as_taken(picture, hidden, size):
    """A window of a picture and its holes as the model takes them, and where in that the window lies."""
    image, middle = fit.fitted(picture, size)
    return image, fit.fitted_holes(hidden, size), middle
