"""The pages of `keras-gen pick` and of `keras-gen studio`'s reviewer: verdicts by keys, and what is written."""

import re

import pytest

from keras_gen.studio import Picks, Reviews, create_page, create_review_page
from tests.browser.conftest import check_width
from tests.serving.conftest import listening
from tests.studio.conftest import WORDS, candidates_in, lines_of

pytestmark = [pytest.mark.slow, pytest.mark.one_backend]


@pytest.fixture
def picks(tmp_path):
    """`Picks` of 12 candidates."""
    return candidates_in(tmp_path / "picks", 12)


@pytest.fixture
def picking(page, picks):
    """The page, opened."""
    with listening(create_page(picks, "ann")) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        until(page, "0 of 12 judged, 0 picked, 0 pairs compared")
        yield page


def until(page, words):
    """Waits until the page says how far it is."""
    page.get_by_role("status").filter(has_text=re.compile(f"^{words}$")).wait_for()


def progress(page):
    return page.get_by_role("progressbar").evaluate("bar => [bar.value, bar.max]")


def shown(page):
    """File of the candidate that is shown; it has been loaded."""
    picture = page.locator("#picture")
    page.wait_for_function("() => document.querySelector('#picture').naturalWidth > 0")
    return picture.get_attribute("src").removeprefix("pictures/")


def test_ten_are_judged_by_keys_and_one_is_undone(picking, picks, tmp_path):
    keys = ["y", "y", "ArrowRight", "n", "y", "ArrowLeft", "y", "y", "n", "y"]
    yes, seen, count = ("y", "ArrowRight"), [], 0
    for number, key in enumerate(keys, start=1):
        seen.append(shown(picking))
        count += key in yes
        picking.keyboard.press(key)
        until(picking, f"{number} of 12 judged, {count} picked, 0 pairs compared")
        assert progress(picking) == [number, 12]
    assert seen == list(picks.candidates)[:10] and count == 7
    check_width(picking, tmp_path, "one")
    picking.keyboard.press("u")
    until(picking, "9 of 12 judged, 6 picked, 0 pairs compared")
    assert progress(picking) == [9, 12] and shown(picking) == seen[-1]
    lines = lines_of(picks.folder / "verdicts.jsonl")
    verdicts = [(line["file"], line["verdict"]) for line in lines if line["kind"] == "judge"]
    assert verdicts == [
        (file, "yes" if key in yes else "no") for file, key in zip(seen, keys, strict=True)
    ]
    assert [line["kind"] for line in lines] == ["judge"] * 10 + ["undo"]
    assert {line["reviewer"] for line in lines} == {"ann"}
    wanted = [file for file, key in zip(seen[:9], keys, strict=False) if key in yes]
    assert Picks(picks.folder).picked() == wanted


def test_the_grid_and_the_pairs_take_keys(picking, picks, tmp_path):
    picking.get_by_role("button", name="Grid").click()
    files = list(picks.candidates)
    for number, key in enumerate("yynn", start=1):
        picking.keyboard.press("ArrowRight")
        picking.keyboard.press(key)
        until(picking, f"{number} of 12 judged, {min(number, 2)} picked, 0 pairs compared")
    assert picks.picked() == files[:2]
    check_width(picking, tmp_path, "grid")
    picking.get_by_role("button", name="Which is better").click()
    left = picking.locator("#pair img").first.get_attribute("alt")
    picking.keyboard.press("ArrowLeft")
    until(picking, "4 of 12 judged, 2 picked, 1 pairs compared")
    best = picks.elo()[0]["file"]
    assert f"Candidate {best.removesuffix('.png')}," in left
    check_width(picking, tmp_path, "pair")


def test_words_are_approved_edited_and_rejected_by_keys(page, picks, tmp_path):
    answers = dict.fromkeys(list(picks.candidates)[:3], WORDS)
    with listening(create_review_page(Reviews(picks), answers, "bob", lambda: "A line.")) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        until(page, "0 of 3 decided, 0 approved")
        check_width(page, tmp_path, "review")
        page.keyboard.press("a")
        until(page, "1 of 3 decided, 1 approved")
        page.get_by_label("Title").fill("Another title")
        page.keyboard.press("Control+Enter")
        until(page, "2 of 3 decided, 2 approved")
        page.locator("h1").click()  # out of the field
        page.keyboard.press("r")
        until(page, "3 of 3 decided, 2 approved")
    lines = lines_of(picks.folder / "reviews.jsonl")
    assert [line["verdict"] for line in lines] == ["approve", "approve", "reject"]
    assert [line["words"] and line["words"]["title"] for line in lines] == [
        "A square",
        "Another title",
        None,
    ]
