"""The batches of version 0.1, by their hashes: order, augmentation and values, bit for bit."""

import hashlib

import numpy as np
import pytest

from keras_gen import data


def two_passes(dataset):
    """SHA-256 of the elements of two passes, shortened."""
    digest = hashlib.sha256()
    for _ in range(2):
        for element in dataset.as_numpy_iterator():
            for part in element if isinstance(element, tuple) else (element,):
                digest.update(f"{part.dtype}{part.shape}".encode())
                digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def random_bytes(shape, seed):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")


COLOURS = random_bytes((10, 8, 6, 3), 0)
GREYS = random_bytes((7, 8, 6, 1), 1)
SHAPES = {f"{k % 3}/{k}.png": (8, 6, 3) for k in range(10)}
MIXED = {f"{k % 3}/{k}.png": (8 + k, 9 + k % 4, 3) for k in range(10)}
OPTIONS = {"batch_size": 3, "seed": 5}


@pytest.fixture
def folder(tmp_path, write_pictures):
    write_pictures(tmp_path / "same", SHAPES)
    write_pictures(tmp_path / "mixed", MIXED)
    for number, name in enumerate(("A", "B")):
        paths = {f"{name}/{k}.png": (8, 6, 3) for k in range(6 + 2 * number)}
        write_pictures(tmp_path / "two", paths, seed=number)
    return tmp_path


CASES = {
    "arrays": lambda _: data.images(COLOURS, augment=("flip",), **OPTIONS),
    "arrays_labels": lambda _: data.images((COLOURS, np.arange(10) % 4), labels=True, **OPTIONS),
    "arrays_last_batch": lambda _: data.images(GREYS, drop_remainder=False, **OPTIONS),
    "arrays_shard": lambda _: data.images(GREYS, batch_size=4, shard=(1, 2), cache=False),
    "folder": lambda f: data.images(f / "same", labels=True, augment="flip", **OPTIONS),
    "folder_streamed": lambda f: data.images(f / "same", cache=False, first_epoch=3, **OPTIONS),
    "folder_fitted": lambda f: data.images(
        f / "mixed", 7, augment=("crop", "flip"), dtype="uint8", **OPTIONS
    ),
    "folder_grey": lambda f: data.images(f / "mixed", (4, 9), channels=1, dtype="uint8", **OPTIONS),
    "paired": lambda f: data.paired(
        f / "two", "A", "B", channels=(1, 3), augment="flip", batch_size=2, strict=False
    ),
    "paired_edges": lambda f: data.paired(f / "same", "edges", dtype="uint8", **OPTIONS),
    "paired_halves": lambda f: data.paired(f / "same", side_by_side=True, **OPTIONS),
    "unpaired": lambda f: data.unpaired(f / "two", augment="flip", **OPTIONS),
    "unpaired_arrays": lambda _: data.unpaired((COLOURS, GREYS), cache=False, **OPTIONS),
    "records": lambda d: data.images("digits", 16, 64, labels=True, augment="crop", data_dir=d),
    "records_streamed": lambda d: data.images("digits", batch_size=64, cache=False, data_dir=d),
    "records_unpaired": lambda d: data.unpaired(("digits", "digits"), data_dir=d, batch_size=99),
}
HASHES = {
    "arrays": "c6d5170f5ac40211",
    "arrays_labels": "f09c2f6c01b0c54e",
    "arrays_last_batch": "ff3b821eb1297b5e",
    "arrays_shard": "0837c366f5d6904e",
    "folder": "3276e5c0ccef24aa",
    "folder_streamed": "118e8528087990b0",
    "folder_fitted": "c191749b650b9cda",
    "folder_grey": "4b47313610cfe90c",
    "paired": "9026772fc3630c08",
    "paired_edges": "ae9a071fdc2a7ce9",
    "paired_halves": "86835b9d0282a5bd",
    "unpaired": "f45731f02f12fa38",
    "unpaired_arrays": "520510571dc29739",
    "records": "387a88adad8fac46",
    "records_streamed": "ac818577a04ce111",
    "records_unpaired": "cf78ca5377eb56a0",
}


@pytest.mark.filterwarnings("ignore:Skipped 2 files without a counterpart")
@pytest.mark.parametrize("case", CASES)
def test_batches_are_those_of_version_0_1(case, folder, data_dir):
    place = data_dir if case.startswith("records") else folder
    assert two_passes(CASES[case](place)) == HASHES[case]
