import sys

import numpy as np
import PIL.Image
import pytest

from keras_gen.metrics import draw_table_report

pytestmark = pytest.mark.one_backend
NAMES, KINDS = ["size", "word", "day", "none", "few"], [True, False, True, True, True]


def table(n):
    random = np.random.default_rng(n)
    days = np.datetime64("2025-01-01") + random.integers(0, 90, n).astype("timedelta64[D]")
    words = random.choice([*"abcdefghijk", None], n).astype(object)
    sizes = np.where(random.random(n) < 0.8, 0.0, random.gamma(2.0, 3e4, n))
    sizes[:3] = np.nan
    return [sizes, words, days, np.full(n, np.nan), random.integers(0, 4, n).astype(float)]


def test_a_picture_is_drawn_with_all_kinds_of_columns(tmp_path):
    path = draw_table_report(table(60), table(40), NAMES, KINDS, tmp_path / "a.png", {"quality": 1})
    picture = np.asarray(PIL.Image.open(path).convert("RGB")).astype(int)
    assert path == tmp_path / "a.png" and picture.shape[1] > 900 and picture.shape[0] > 500
    # Grey and red, real and made, both of which are there; all else would be white.
    red = (np.abs(picture - [228, 87, 46]).sum(axis=-1) < 20).sum()
    assert red > 2000 and (picture.sum(axis=-1) == 765).mean() < 0.95


def test_one_column_has_no_pairs(tmp_path):
    assert draw_table_report([np.arange(5.0)], [np.arange(5.0)], ["x"], [True], tmp_path / "a.svg")


def test_what_can_not_be_drawn_is_refused(tmp_path, monkeypatch):
    rows = table(20)
    with pytest.raises(ValueError, match="`picture` must be a picture's file"):
        draw_table_report(rows, rows, NAMES, KINDS, tmp_path / "a.html")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"keras_gen\[tutorials\]"):
        draw_table_report(rows, rows, NAMES, KINDS, tmp_path / "a.png")
