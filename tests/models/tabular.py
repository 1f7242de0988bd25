"""Toy tables of mixed types: a small one that a model learns in seconds, and random ones."""

import numpy as np
import pandas as pd

from keras_gen.data import open_mixed_table


def orders(n=600, seed=0):
    """Orders of a shop: the price depends on the product, the rating is missing at times."""
    random = np.random.default_rng(seed)
    product = random.choice(["cup", "lamp", "table"], n, p=[0.5, 0.3, 0.2])
    means = pd.Series({"cup": 9.0, "lamp": 50.0, "table": 240.0})
    price = (means[product].to_numpy() * random.normal(1.0, 0.1, n)).round(2)
    rating = random.integers(1, 6, n).astype("float64")
    rating[random.random(n) < 0.15] = np.nan
    return pd.DataFrame(
        {
            "product": product,
            "price": price,
            "rating": pd.array(rating, dtype="Int64"),
            "returned": random.random(n) < 0.1,
            "day": np.datetime64("2025-01-01")
            + random.integers(0, 365, n).astype("timedelta64[D]"),
            "shop": "Uppsala",
        }
    )


def codes(n, seed=0):
    """Codes of orders, as models take them."""
    return OPENED.rows[seed : seed + n].astype("float32")


OPENED = open_mixed_table(orders(64))
