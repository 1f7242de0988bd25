"""From a generator to a person to a language model: candidates, verdicts on them, words for those picked.

Light: Keras is imported where candidates are made, and where a classifier's features are asked for.
"""

from typing import TYPE_CHECKING

from keras_gen.on_first_use import lazily

if TYPE_CHECKING:
    from keras_gen.studio.candidates import make_candidates as make_candidates
    from keras_gen.studio.describing import describe as describe
    from keras_gen.studio.elo import elo_ratings as elo_ratings
    from keras_gen.studio.page import create_page as create_page
    from keras_gen.studio.picks import Picks as Picks
    from keras_gen.studio.preference import Preference as Preference

__all__ = ["Picks", "Preference", "create_page", "describe", "elo_ratings", "make_candidates"]

__getattr__ = lazily(
    __name__,
    {
        "Picks": "picks",
        "Preference": "preference",
        "create_page": "page",
        "describe": "describing",
        "elo_ratings": "elo",
        "make_candidates": "candidates",
    },
)
