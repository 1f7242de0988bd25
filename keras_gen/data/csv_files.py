"""Reading CSV files as people have them: separators, decimal commas, blank lines, with a header or without."""

import codecs
import csv
import io
import re

SEPARATORS = ("\t", ";", ",")
MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "nat", "<na>", "?", "-"))
LOOKED_AT = 50  # lines, to find the separator
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")  # 1,234: a thousand or so, or one and a bit
_THOUSANDS = {
    ",": re.compile(r"(?<=\d)\.(?=\d{3}(\D|$))"),
    ".": re.compile(r"(?<=\d),(?=\d{3}(\D|$))"),
}


def read_fields(path, separator=None):
    """The fields of a CSV file, blank lines left out.

    Args:
        path: `pathlib.Path`.
        separator: String of one character, or None to find it: a tab, a semicolon or a comma.

    Returns:
        Triple: list of rows, each a list of strings; list of the rows' line numbers; the separator.

    Raises:
        ValueError: If the file is empty, or rows differ in their number of fields.
    """
    content = path.read_bytes()
    lines = content.decode(encoding_of(io.BytesIO(content))).splitlines()
    if separator is None:
        separator = find_separator([line for line in lines if line.strip()][:LOOKED_AT])
    rows, numbers = [], []
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    for row in reader:
        fields = [field.strip() for field in row]
        if any(fields):
            rows.append(fields)
            numbers.append(reader.line_num)
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


def encoding_of(file):
    """UTF-8 or UTF-16 where all of a binary file is, else Latin-1."""
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while block := file.read(2**20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:  # Only names of columns can be affected.
        return "latin-1"
    return "utf-8-sig"


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


def check_decimal(decimal):
    """Checks a decimal sign that was given, or None.

    Raises:
        ValueError: If it is another one.
    """
    if decimal not in (None, ".", ","):
        raise ValueError(f"`decimal` must be '.' or ','. Received: decimal={decimal!r}")


def find_decimal(fields, separator):
    """The decimal sign of numbers: `"."` or `","`.

    Args:
        fields: Iterable of strings.
        separator: String, what parts them.

    Raises:
        ValueError: If it can't be told: `1,234` alone is two numbers.
    """
    unsure = None
    for field in fields:
        if "," not in field:
            continue
        if "." in field:
            return "," if field.rindex(",") > field.rindex(".") else "."
        if not _GROUPED.fullmatch(field):
            return ","
        unsure = field
    if unsure is not None and separator != ";":
        raise ValueError(
            f"`decimal` must be given, since {unsure!r} could be a number above a thousand or one with "
            "decimals: ',' where the comma stands before decimals, else '.'. Received: decimal=None"
        )
    return "." if unsure is None else ","


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
