"""Reading CSV files as people have them: separators, decimal commas, blank lines, with a header or without."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import IO

SEPARATORS = ("\t", ";", ",")
MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "nat", "<na>", "?", "-"))
LOOKED_AT = 50  # lines, to find the separator
# Numbers with a decimal sign, and with groups of three by the other one. 1,234 is a number with either.
_NUMBERS = {
    ".": re.compile(r"[+-]?(\d+|[1-9]\d{0,2}(,\d{3})+|(?=\.\d))(\.\d*)?([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+|(?=,\d))(,\d*)?([eE][+-]?\d+)?"),
}
_THOUSANDS = {
    ",": re.compile(r"(?<=\d)\.(?=\d{3}(\D|$))"),
    ".": re.compile(r"(?<=\d),(?=\d{3}(\D|$))"),
}


def read_fields(path, separator=None):
    """The fields of a CSV file.

    Args:
        path: `pathlib.Path`.
        separator: String of one character, or None to find it: a tab, a semicolon or a comma.

    Returns:
        Triple: list of rows, each a list of strings; list of the rows' line numbers; the separator.

    Raises:
        ValueError: If the file is empty, or rows differ in their number of fields.
    """
    content = path.read_bytes()
    encoding = encoding_of(io.BytesIO(content))

    def opened():
        return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")

    separator = separator or find_separator(first_lines(opened()))
    rows, numbers = [], []
    for fields, number in rows_of(opened(), separator):
        rows.append(fields)
        numbers.append(number)
    if not rows:
        raise ValueError(f"`source` must hold rows. Received: {path}, which is empty")
    if all(len(row) == len(rows[0]) and not row[-1] for row in rows) and len(rows[0]) > 1:
        rows = [row[:-1] for row in rows]  # A separator at the end of every line
    for row, number in zip(rows, numbers, strict=True):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"`source` must have as many fields in every row, {len(rows[0])} as in its first one, "
                f"separated by {separator!r}. Received: {len(row)} in line {number} of {path}"
            )
    return rows, numbers, separator


def first_lines(file: IO[str]) -> list[str]:
    """The first lines of a file that are not blank, by which its separator is found."""
    there = (line.rstrip("\r\n") for line in file if line.strip())
    return list(itertools.islice(there, LOOKED_AT))


def rows_of(file: IO[str], separator: str) -> Iterator[tuple[list[str], int]]:
    """The rows of a CSV file, each with the number of its last line.

    A blank line is a row without a value in a table of one column, and none in others. Rows without any value
    are left out before the first row and after the last one, and where they have fewer fields than the first or
    more.

    Args:
        file: Text file that leaves ends of lines as they are.
        separator: String of one character.
    """
    width, empty = 0, []
    reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
    for row in reader:
        fields = [field.strip() for field in row] or [""]
        if any(fields):
            width = width or len(fields)
            yield from empty
            yield fields, reader.line_num
            empty = []
        elif len(fields) == width:
            empty.append((fields, reader.line_num))


def encoding_of(file):
    """UTF-8 or UTF-16 where all of a binary file is, else Windows-1252, or Latin-1 where it is not that."""
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while block := file.read(2**20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def find_separator(lines):
    """The separator that parts all lines alike; else the first that parts the first line."""
    parted = {}
    for separator in SEPARATORS:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
        parted[separator] = [len(row) for row in rows]
    for separator, counts in parted.items():
        if counts and counts[0] > 1 and len(set(counts)) == 1:
            return separator
    for separator, counts in parted.items():
        if counts and counts[0] > 1:
            return separator
    return "," if all(max(counts, default=1) == 1 for counts in parted.values()) else ";"


def is_value(text):
    """Whether a field is a number, or stands for one that is missing: it is no column's name."""
    if text.lower() in MISSING:
        return True
    for decimal in ".,":
        try:
            to_number(text, decimal)
        except ValueError:
            continue
        return True
    return False


def may_be_number(text: str) -> bool:
    """Whether a field is a number with one decimal sign or the other.

    >>> [may_be_number(text) for text in ("6,697,133", "1.234,5", "24.12.2025", "1,2,4")]
    [True, True, False, False]
    """
    return bool(_NUMBERS["."].fullmatch(text) or _NUMBERS[","].fullmatch(text))


def check_signs(separator: str | None, decimal: str | None) -> None:
    """Checks a separator and a decimal sign that were given, or None.

    Raises:
        ValueError: If the one is no character, or the other another one.
    """
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1):
        raise ValueError(f"`separator` must be one character. Received: separator={separator!r}")
    if decimal not in (None, ".", ","):
        raise ValueError(f"`decimal` must be '.' or ','. Received: decimal={decimal!r}")


def find_decimal(fields: Iterable[str], separator: str) -> str | None:
    """The decimal sign of numbers: `"."` or `","`, or None where no field tells, and both read the same.

    Args:
        fields: Iterable of strings. Those that are no numbers are not looked at.
        separator: String, what parts them.

    Raises:
        ValueError: If it can't be told: `1,234` alone is two numbers, and `0.5` beside `1,5` has another sign.

    Example:

    >>> find_decimal(["6,697,133", "1,234", "3"], ","), find_decimal(["1.234", "1,5"], ";")
    ('.', ',')
    """
    surely: dict[str, str] = {}
    unsure = None
    for field in fields:
        comma = "," in field
        if not comma and ("." not in field or "." in surely):
            continue
        if "," in surely and field.count(",") == 1 and "." not in field:
            continue  # One comma alone is never a sure sign of the other.
        signs = [sign for sign, number in _NUMBERS.items() if number.fullmatch(field)]
        if len(signs) == 1:
            surely.setdefault(signs[0], field)
        elif signs and comma:
            unsure = field
    if len(surely) == 2:
        raise ValueError(
            f"`decimal` must be given, since {surely[',']!r} is a number with ',' alone and "
            f"{surely['.']!r} with '.' alone; or the column that holds no numbers must be left out, or said "
            "to be categorical. Received: decimal=None"
        )
    if surely:
        return next(iter(surely))
    if unsure is not None and separator != ";":
        raise ValueError(
            f"`decimal` must be given, since {unsure!r} could be a number above a thousand or one with "
            "decimals: ',' where the comma stands before decimals, else '.'. Received: decimal=None"
        )
    return None if unsure is None else ","


def to_number(text, decimal):
    """A field as a float.

    Raises:
        ValueError: If it is no number.
    """
    if "_" in text:  # Python's own, as in 1_000.
        raise ValueError(text)
    if decimal == "," and ("," in text or "." in text):
        text = _THOUSANDS[","].sub("", text)
        if "." in text:
            raise ValueError(text)
        return float(text.replace(",", "."))
    return float(_THOUSANDS["."].sub("", text) if "," in text else text)
