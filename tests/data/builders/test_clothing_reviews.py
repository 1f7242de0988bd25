import pytest

from keras_gen.data.builders import clothing_reviews
from keras_gen.data.builders.clothing_reviews import sentiment_of

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
