"""Translation of a user's own picture files."""

import collections
import contextlib
import dataclasses
import itertools
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from unicodedata import normalize

import numpy as np

from keras_gen.checks import check_positive_integer
from keras_gen.files import written_aside
from keras_gen.modalities.images import decode, files, fit, show
from keras_gen.modalities.images.range import to_uint8
from keras_gen.modalities.images.reading import check_value_range, resize_for_both
from keras_gen.tasks import reporting
from keras_gen.tasks.tiles import pieces
from keras_gen.tasks.translating import Translates
from keras_gen.types import PathLike, ValueRange

# Of zlib: level 6, the usual, takes twice as long for files a few per cent smaller.
COMPRESSION = 3


def translate_files(
    model: Translates,
    source: PathLike | Sequence[PathLike],
    output: PathLike,
    direction: str | None = None,
    batch_size: int = 16,
    *,
    value_range: ValueRange | None = None,
    resize: str | Sequence[str] = "bicubic",
    own_size: bool = False,
    frames: int | None = None,
) -> int:
    """Translates picture files of any size and kind, or continues clips.

    Pictures are read as `keras_gen.data` reads them. Each is resized in proportion, as in training, until
    it lies inside what the model takes, so that a circle stays a circle; where it leaves room, it is
    mirrored. Of the translation the room is cut away again, and the rest brought back to the picture's
    own size: nothing is cut off.

    A model that takes images of any size is given each picture at its own, and so is every other whose
    networks are convolutional throughout with `own_size`: nothing is resized, and a `SuperResolution` makes
    pictures `factor` times as large. Large ones are translated in tiles, whose seams do not show, where no
    layer looks at the whole picture, as an instance normalisation does.

    Names and subfolders are kept. The files written are PNG, or where the model's images have other than 1, 3
    or 4 channels, `.npy` of uint8 arrays `(height, width, channels)`, which are read as pictures, too.
    Transparency is laid on white. What can't be read is skipped, and one warning names it and counts what is
    left out.

    A model whose input is made of several images, as `keras_gen.data.paired` makes it of `"line,flat"`, is
    given as many folders, in that order, with files of the same names and sizes.

    Of a model of clips, a `NextFrame` say, what is given are clips as `keras_gen.data.clips` takes them, a
    folder of GIFs or of numbered pictures in subfolders; and what is written are GIFs, `0.gif`, `1.gif` and so
    on, each the clip's last frames, 20 where they are all as long, and what follows them.

    Args:
        model: One that translates, a `Pix2Pix`, `CycleGAN` or `NextFrame` say.
        source: Path of a folder, which is searched with its subfolders, or of one picture; or several of
            them. For clips a folder, a `.npy` or `.npz` file, or the name of a TFDS data set; of a folder or a
            data set the split that is held out from training where there is one, `test` first.
        output: Path of the folder to write to.
        direction: `"ab"` or `"ba"` for a `CycleGAN`, which is `"ab"` where it is None.
        batch_size: Integer, how many pictures are translated at a time.
        value_range: Optional `(low, high)`, the stored values that are black and white, as in
            `keras_gen.data.images`.
        resize: `"bicubic"`, or `"nearest"` for masks, whose colours are not to be mixed; or one each of
            pictures and translations, in a tuple or with a comma between them.
        own_size: Boolean, whether a model that was made for one size is given pictures at their own, too.
        frames: Integer, by how many frames clips are continued. None is 10; of pictures it must be None.

    Returns:
        Integer, how many were written.

    Raises:
        FileNotFoundError: If `source` does not exist.
        ValueError: If it holds no picture, or none that can be read, or `direction`, `own_size` or the number
            of folders does not fit the model.
    """
    source, *beside = [source] if isinstance(source, str | os.PathLike) else source
    if not isinstance(model, Translates):
        raise ValueError(f"`model` must be one that translates. Received: a {type(model).__name__}")
    if model.direction(direction).takes.kind == "clips":
        if own_size:
            raise ValueError(
                "`own_size` is for a model of pictures. "
                f"Received: own_size=True with a {type(model).__name__}"
            )
        if beside:
            raise ValueError(f"`images` must be one of clips. Received: {1 + len(beside)}")
        reading = {"value_range": value_range, "resize": resize}
        return _continue_clips(model, source, pathlib.Path(output), batch_size, frames, reading)
    if frames is not None:
        raise ValueError(
            f"`frames` is for a model of clips. Received: frames={frames!r} with a {type(model).__name__}"
        )
    value_range, (read_by, written_by) = check_value_range(value_range), resize_for_both(resize)
    source, output = pathlib.Path(source), pathlib.Path(output)
    root, paths, others = pictures_of(source, output)
    chosen = model.direction(direction)
    suffix = ".png" if chosen.gives.shape[-1] in (1, 3, 4) else decode.ARRAYS
    targets = distinct_targets(paths, root, output, suffix)
    parts_of = _found_beside(root, [pathlib.Path(folder) for folder in beside], output)
    depths = _depths_of(paths, parts_of, chosen.takes.shape[-1], value_range) if beside else None
    errors, reports = [], []
    if own_size or chosen.takes_any_size:
        made_whole = _at_own_size(chosen, paths, parts_of, depths, value_range, reports, errors)
        for path, image in made_whole:
            write_picture(image, targets[path])
    else:

        def read(path):
            return _read(parts_of(path), chosen.takes.shape, depths, value_range, read_by)

        made = _fitted(chosen, paths, read, batch_size, reports, errors)
        in_threads((_write_resized, targets[path], *image, written_by) for path, *image in made)
    guesses = files.say_guesses(reports, len(paths) * (1 + len(beside)), False)
    return written(source, paths, errors, others, "pictures that can be read", guesses)


def written(
    source: pathlib.Path,
    paths: Sequence[pathlib.Path],
    errors: Sequence[tuple[pathlib.Path, Exception]],
    others: Mapping[str, int],
    wanted: str,
    guesses: Iterable[str] = (),
) -> int:
    """How many pictures were written; one warning says what was left out, skipped and guessed.

    Args:
        source: What the pictures were read from.
        paths: All of them.
        errors: Those that were skipped, each with the reason.
        others: Counts of other files by their suffixes.
        wanted: String, what the source must hold.
        guesses: Sentences on what was guessed.

    Raises:
        ValueError: If all were skipped.
    """
    parts = [files.say_skipped(errors, len(paths)), files.say_left_out(others), *guesses]
    said = " ".join(filter(None, parts))
    if len(errors) == len(paths):
        raise ValueError(f"`images` must hold {wanted}. Received: {said}")
    if said:
        warnings.warn(f"{source}: {said}", stacklevel=3)
    return len(paths) - len(errors)


def read_in_batches(
    paths: Sequence[pathlib.Path],
    read: Callable[[pathlib.Path], tuple[Any, ...]],
    batch_size: int,
    errors: list[tuple[pathlib.Path, Exception]],
    ahead: int | None = None,
) -> Iterator[list[tuple[Any, ...]]]:
    """Yields lists of pictures that were read, some ahead, in threads; what can't be is skipped.

    Args:
        paths: Pictures.
        read: Function from a picture's path to what is known of it, a tuple.
        batch_size: Integer, the pictures of a list, but for the last.
        errors: List to which what is skipped is added, with the reason.
        ahead: Integer, how many pictures are read beyond a list. Defaults to `batch_size`.

    Yields:
        Non-empty lists of tuples of the path and what `read` gave.
    """
    ahead = batch_size if ahead is None else ahead
    batch, left = [], iter(paths)
    with decode.silent_about_size(), ThreadPoolExecutor(os.cpu_count()) as pool:
        begun = collections.deque((p, pool.submit(read, p)) for p in itertools.islice(left, ahead))
        while begun or batch:
            for path in itertools.islice(left, 1):
                begun.append((path, pool.submit(read, path)))
            if begun:
                path, reading = begun.popleft()
                try:
                    batch.append((path, *reading.result()))
                except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
                    errors.append((path, error))
            if batch and (len(batch) == batch_size or not begun):
                yield batch
                batch = []


def in_threads(calls: Iterable[tuple[Any, ...]]) -> None:
    """Makes calls in threads, while what they are made of is worked out; few are ever waiting.

    Args:
        calls: Iterable of tuples of a function and its arguments.

    Raises:
        Exception: What a call raised.
    """
    workers = os.cpu_count() or 1
    begun: collections.deque[Future[None]] = collections.deque()
    with ThreadPoolExecutor(workers) as pool:
        for function, *arguments in calls:
            begun.append(pool.submit(function, *arguments))
            while len(begun) > 2 * workers:
                begun.popleft().result()
        for call in begun:
            call.result()


def write_picture(image: Any, target: pathlib.Path) -> None:
    """Writes a Pillow image as PNG, or a uint8 array as `.npy`, aside first."""
    with written_aside(target) as aside:
        if isinstance(image, np.ndarray):
            with open(aside, "wb") as file:
                np.save(file, image, allow_pickle=False)
        else:
            image.save(aside, format="PNG", compress_level=COMPRESSION)


def pictures_of(
    source: pathlib.Path, output: pathlib.Path
) -> tuple[pathlib.Path, list[pathlib.Path], Mapping[str, int]]:
    """The pictures that a command is to make others of.

    Args:
        source: Path of a folder, or of one picture.
        output: Path of the folder to write to, of which none is taken.

    Returns:
        Triple of the folder, the list of pictures in it, and counts of other files by their suffixes.

    Raises:
        FileNotFoundError: If `source` does not exist.
        ValueError: If it holds no picture, or is written to.
    """
    if not source.exists():
        raise FileNotFoundError(f"`images` must be a folder or a picture. Received: {source}")
    root = source if source.is_dir() else source.parent
    paths, others = files.find_pictures(source) if source.is_dir() else ([source], {})
    check_output(output, root)
    if root.resolve() in output.resolve().parents:
        paths = [path for path in paths if output.resolve() not in path.resolve().parents]
    if not paths:
        raise ValueError(
            f"`images` must hold pictures, PNG or JPEG say. Received: none in {source}"
        )
    return root, paths, others


def check_output(output: pathlib.Path, folder: pathlib.Path, what: str = "the pictures") -> None:
    """Raises a ValueError where files would be written among those that are read.

    Args:
        output: Path of the folder to write to.
        folder: Path of a folder that is read.
        what: String, what lies there.
    """
    if output.resolve() == folder.resolve():
        raise ValueError(
            f"`output` must be another folder than that of {what}. Received: output={str(output)!r}"
        )


def _continue_clips(model, source, output, batch_size, frames, reading):
    """Writes clips and what follows them as GIFs, and gives their number."""
    frames = 10 if frames is None else frames
    check_positive_integer("frames", frames)
    direction = model.direction()
    if os.path.isdir(source):
        check_output(output, pathlib.Path(source), "the clips")
    opened = direction.takes.open(source, **reading)
    split = reporting.split_held_out(opened)
    if split is not None:
        opened = opened.at_split(split)
    elif pathlib.Path(source).resolve() in output.resolve().parents and any(output.glob("*.gif")):
        raise ValueError(
            "`output` must be empty where it lies in the clips' folder, whose clips are looked for in "
            f"subfolders, too. Received: output={str(output)!r}"
        )
    ends = opened.ends().with_frames(opened.longest)
    batches = ends.batches(
        direction.takes.shape[-3:-1], batch_size, shuffle=False, drop_remainder=False
    )
    number = 0
    for clips in batches.as_numpy_iterator():
        made = direction.translate(clips, frames, batch_size)
        for clip in np.concatenate([clips, made], axis=1):
            model.gives.show(clip[np.newaxis], output / f"{number}.gif")
            number += 1
    return number


def picture_of_name(folder: pathlib.Path, name: pathlib.Path, what: str) -> pathlib.Path:
    """The picture in a folder that has another one's name, of its own suffix or of any.

    Args:
        folder: The folder.
        name: Path of the other, relative to its own folder.
        what: String, what to call it in an error.

    Raises:
        ValueError: If there is none.
    """
    names = [name, *(name.with_suffix(suffix) for suffix in files.SUFFIXES)]
    # Systems write accents in one character or two.
    forms = [pathlib.Path(normalize(form, str(each))) for form in ("NFC", "NFD") for each in names]
    found = [folder / each for each in (*names, *forms) if (folder / each).is_file()]
    if not found:
        raise ValueError(f"there is no {what} of its name in {folder}")
    return found[0]


def distinct_targets(
    paths: Iterable[pathlib.Path], root: pathlib.Path, output: pathlib.Path, suffix: str = ".png"
) -> dict[pathlib.Path, pathlib.Path]:
    """One file for each picture: a.png, and a.jpg.png where a.png is taken.

    Args:
        paths: Pictures.
        root: The folder that they are in.
        output: The folder to write to.
        suffix: String, that of the files.

    Returns:
        Dict from pictures to the paths of what is written.
    """
    targets: dict[pathlib.Path, pathlib.Path] = {}
    taken: set[pathlib.Path] = set()
    for path in paths:
        target = output / path.relative_to(root).with_suffix(suffix)
        if target in taken:
            target = output / (str(path.relative_to(root)) + suffix)
        taken.add(target)
        targets[path] = target
    return targets


def _found_beside(root, folders, output):
    """Function from a picture to all that are one input: itself, and one of its name in each folder."""
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(
                f"`images` must be folders where there are several. Received: {folder}"
            )
        check_output(output, folder)

    def parts_of(path):
        name = path.relative_to(root)
        return [path, *(picture_of_name(folder, name, "picture") for folder in folders)]

    return parts_of


def _depths_of(paths, parts_of, channels, value_range):
    """The channels of each part of an input: the most of its pictures, as in training; None if unfit."""
    most = None
    with decode.silent_about_size():
        for path in paths:
            with contextlib.suppress(Exception):  # It will be skipped, with the reason.
                shapes = [decode.picture_shape(p, value_range=value_range) for p in parts_of(path)]
                own = [shape[-1] for shape in shapes]
                most = own if most is None else list(map(max, most, own))
    return most if most is not None and sum(most) == channels else None


def _fitted(direction, paths, read, batch_size, reports, errors):
    """Yields each path with its translation at the model's size, and the picture's own size."""
    for batch in read_in_batches(paths, read, batch_size, errors):
        images = np.stack([image for _, image, *_ in batch])
        outputs = direction.translate(images, batch_size=batch_size)
        for (path, _, middle, size, report), image in zip(batch, outputs, strict=True):
            reports += report
            yield path, to_uint8(image[middle]), size


def _at_own_size(direction, paths, parts_of, depths, value_range, reports, errors):
    """Yields each path with its translation, made at the picture's own size."""
    anywhere = direction.at_any_size()
    for path in paths:
        try:
            with decode.silent_about_size():
                parts = parts_of(path)
                own, _ = _depths_and_size(parts, direction.takes.shape[-1], depths, value_range)
                decoded = [
                    decode.decode(part, depth, value_range)
                    for part, depth in zip(parts, own, strict=True)
                ]
        except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
            errors.append((path, error))
            continue
        reports += [dataclasses.replace(part, pixels=None) for part in decoded]
        pixels = np.concatenate([part.pixels for part in decoded], axis=-1)
        image = None
        for size, top, left, piece in pieces(anywhere, pixels, direction.multiple):
            image = show.blank(size, piece) if image is None else image
            show.lay(image, piece, top, left)
        yield path, image


def _depths_and_size(parts, channels, depths, value_range):
    """The channels that each picture of an input has in it, those of its folder if known, and their size.

    Raises:
        ValueError: If they have not as many together as the model takes, or not one size.
    """
    shapes = [decode.picture_shape(part, value_range=value_range) for part in parts]
    if len(parts) == 1:
        return [channels], shapes[0][:2]
    depths = depths or [shape[-1] for shape in shapes]
    if sum(depths) != channels:
        raise ValueError(
            f"it and those of its name have {' + '.join(map(str, depths))} channels, and the model takes "
            f"{channels}"
        )
    if len({shape[:2] for shape in shapes}) > 1:
        raise ValueError(f"it and those of its name are of different sizes, {shapes}")
    return depths, shapes[0][:2]


def _read(parts, shape, depths, value_range, resize):
    """The image in [-1, 1] that the model takes, where in it the picture is, its size, and reports."""
    depths, size = _depths_and_size(parts, shape[-1], depths, value_range)
    least = fit.inside(shape[:2], size)
    reports, columns = [], []
    for part, depth in zip(parts, depths, strict=True):
        picture = decode.decode(
            part, depth, value_range, least, whole=True, nearest=resize == "nearest"
        )
        column, middle = fit.fitted(picture.pixels, shape[:2], least, resize)
        columns.append(column)
        reports.append(dataclasses.replace(picture, pixels=None))
    return np.concatenate(columns, axis=-1), middle, size, reports


def _write_resized(target, picture, size, resize):
    """Writes a picture at a size `(height, width)`; a large one is never an array where Pillow holds it."""
    if target.suffix == decode.ARRAYS:
        image = fit.resize_bytes(picture, size, resize)
    else:
        how = getattr(decode.Image.Resampling, resize.upper())
        image = show.to_pillow(picture).resize(size[::-1], how)
    write_picture(image, target)
