"""From a generator to a person to a language model: candidates, verdicts on them, words for those picked.

Light: Keras is imported where candidates are made, and where a classifier's features are asked for.
"""

from typing import TYPE_CHECKING

from keras_gen.on_first_use import lazily

if TYPE_CHECKING:
    from keras_gen.studio.campaign import Campaign as Campaign
    from keras_gen.studio.candidates import make_candidates as make_candidates
    from keras_gen.studio.describing import describe as describe
    from keras_gen.studio.elo import elo_ratings as elo_ratings
    from keras_gen.studio.page import create_page as create_page
    from keras_gen.studio.picks import Picks as Picks
    from keras_gen.studio.preference import Preference as Preference
    from keras_gen.studio.review_page import create_review_page as create_review_page
    from keras_gen.studio.reviews import Reviews as Reviews

__all__ = [
    "Campaign",
    "Picks",
    "Preference",
    "Reviews",
    "create_page",
    "create_review_page",
    "describe",
    "elo_ratings",
    "make_candidates",
]

__getattr__ = lazily(
    __name__,
    {
        "Campaign": "campaign",
        "Picks": "picks",
        "Preference": "preference",
        "Reviews": "reviews",
        "create_page": "page",
        "create_review_page": "review_page",
        "describe": "describing",
        "elo_ratings": "elo",
        "make_candidates": "candidates",
    },
)
