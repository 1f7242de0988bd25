"""Reviews of women's clothing, without their texts."""

import collections
import re

import numpy as np

from keras_gen.data.builders.shipped_tables import read_shipped
from keras_gen.modalities.tables.raw_column import RawColumn, objects_of

PARQUET = "WomensClothingE-CommerceReviews.parquet.brotli"
NUMBERS = ("age", "rating", "helpful")
HELD_OUT = 4_686
LEAST_REVIEWS = 50  # of a product that has a name of its own
OTHER = "other"
_POSITIVE = """
adorable adore amazing awesome beautiful beautifully best charming classy comfortable comfy compliment
compliments cute delighted elegant excellent fabulous fantastic favorite flattering fun glad good gorgeous
great happy impressed like liked love loved lovely loves nice nicely perfect perfectly pleased pretty
recommend soft stunning stylish superb versatile well wonderful
"""
_NEGATIVE = """
annoying awful awkward bad beware boxy bummed cheap cheaply complaint complaints disappoint disappointed
disappointing disappointment flimsy frumpy hate hated horrible itchy mess odd oddly poor poorly problem
problems return returned returning ridiculous ripped sad sadly scratchy shapeless shame shrank shrunk sloppy
stiff strange terrible ugly uncomfortable unflattering unfortunately unwearable weird worse worst wrong
"""
POSITIVE, NEGATIVE = frozenset(_POSITIVE.split()), frozenset(_NEGATIVE.split())
NEGATIONS = frozenset(("no", "not", "never", "without", "hardly", "cannot", "nothing"))


class ClothingReviews:
    """23,486 reviews of women's clothing in a shop, nine columns, their texts left out.

    `product` is its number in the shop, of the 100 products that have 50 reviews or more, and `other`;
    `age` is the reviewer's, `rating` is 1 to 5, `recommended` a boolean, `helpful` how many others found the
    review so; `division`, `department` and `class` say what the product is. `sentiment` is made here, of the
    text, which is not kept: see `sentiment_of`; it is missing where there is no text. The order is that of
    `numpy.random.default_rng(0).permutation(23486)`: the first 18,800 rows are to train on, the other 4,686
    are held out.

    They come with the package; `zoo/tools/pack_tables.py` made them of the reviews with their texts.

    Licence: CC0, by its page on Kaggle.

    Example:

    >>> from keras_gen.data import open_mixed_table
    >>> table = open_mixed_table("clothing_reviews", columns=["age", "rating", "recommended", "sentiment"])
    >>> table.count, [column.kind for column in table.columns]
    (18800, ['integer', 'integer', 'boolean', 'categorical'])

    Reference: Brooks, 2018, https://www.kaggle.com/datasets/nicapotato/womens-ecommerce-clothing-reviews
    """

    splits = ("train", "test")

    def columns(self, name, split, folder):
        """The columns of a split.

        Args:
            name: String, `"clothing_reviews"`.
            split: String, one of `splits`.
            folder: Not used: the rows come with the package.

        Returns:
            List of `RawColumn`.
        """
        fields = read_shipped(name, split)
        return [
            _column(column, [text or None for text in texts]) for column, texts in fields.items()
        ]


def columns_of(fields):
    """The nine columns of what stands in the file.

    Args:
        fields: Dict from the file's columns to lists, with None where there is nothing.

    Returns:
        List of `RawColumn`.
    """
    products = collections.Counter(fields["Clothing ID"])
    named = [str(p) if products[p] >= LEAST_REVIEWS else OTHER for p in fields["Clothing ID"]]
    found = {
        "product": named,
        "age": fields["Age"],
        "rating": fields["Rating"],
        "recommended": [bool(value) for value in fields["Recommended IND"]],
        "helpful": fields["Positive Feedback Count"],
        "division": fields["Division Name"],
        "department": fields["Department Name"],
        "class": fields["Class Name"],
        "sentiment": map(sentiment_of, fields["Review Text"]),
    }
    return [_column(column, values) for column, values in found.items()]


def _column(name, values):
    """A column of numbers, booleans or texts, or of the text that stands for them."""
    if name in NUMBERS:
        return RawColumn(name, np.array(values, "float64"), "int64")
    if name == "recommended":
        return RawColumn(name, objects_of([str(value) == "True" for value in values]), "bool")
    return RawColumn(name, objects_of(values), "str")


def sentiment_of(text):
    """Whether a text speaks well of a thing, by the words of two short lists.

    Each word of `POSITIVE` counts 1, each of `NEGATIVE` -1; the other way round where the word before it is
    one of `NEGATIONS` or ends in `n't`. The sum decides.

    Args:
        text: String, or None.

    Returns:
        `"positive"`, `"negative"`, `"neutral"` where the sum is zero, or None where there is no text.

    Example:

    >>> sentiment_of("I love it"), sentiment_of("Not flattering, and cheap."), sentiment_of("It isn't bad")
    ('positive', 'negative', 'positive')
    """
    if text is None or not text.strip():
        return None
    words = re.findall("[a-z']+", text.lower().replace("\u2019", "'"))
    score = 0
    for before, word in zip(["", *words], words, strict=False):
        value = (word in POSITIVE) - (word in NEGATIVE)
        score += -value if before in NEGATIONS or before.endswith("n't") else value
    return "positive" if score > 0 else "negative" if score < 0 else "neutral"
