"""Tables that come with the package, a CSV file for each split."""

import csv
import gzip
import importlib.resources


def shipped_file(name, split):
    """Where the rows of a split lie that come with the package."""
    return importlib.resources.files(__package__) / "shipped" / f"{name}_{split}.csv.gz"


def read_shipped(name, split):
    """Rows that come with the package: a dict from the columns' names to tuples of the fields' text.

    Args:
        name: String, the table's.
        split: String.
    """
    with shipped_file(name, split).open("rb") as file, gzip.open(file, "rt", newline="") as text:
        names, *rows = csv.reader(text)
    return dict(zip(names, zip(*rows, strict=True), strict=True))
