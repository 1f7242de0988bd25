"""The page of `keras-gen serve`: pictures are made, varied, downloaded, drawn and translated."""

import io
import math
import urllib.request

import numpy as np
import PIL.Image
import pytest

from keras_gen.app.opening import served_models
from keras_gen.serving import create_app
from tests.browser.conftest import WIDTHS, check_width, chromium_path
from tests.serving.conftest import listening

pytestmark = [pytest.mark.slow, pytest.mark.one_backend]

# With classes, without them, and of drawings.
PRESETS = ("cgan_fashion_mnist", "gan_digits", "pix2pix_fluent_line_to_3d")


@pytest.fixture(scope="module")
def address():
    """Address of a server of presets."""
    chromium_path()  # before anything is loaded
    models, metadata, cards = served_models(PRESETS)
    app = create_app(models, metadata=metadata, cards=cards, page=True)
    with listening(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def explore(page, address):
    """The page, with its first pictures."""
    page.goto(f"{address}/page/")
    make(page)
    gallery(page).first.wait_for()
    return page


def make(page):
    page.get_by_role("button", name="Make pictures").click()


def gallery(page):
    return page.locator(".pictures .grid-container img")


def file_of(image):
    """Bytes of what an image shows."""
    with urllib.request.urlopen(image.get_attribute("src")) as answer:
        return answer.read()


def change(page, act):
    """Does something that changes the first picture, and gives the new one's bytes and words."""
    image = gallery(page).first
    before = image.get_attribute("src")
    act()
    page.wait_for_function(
        "([image, before]) => image.isConnected && image.complete && image.src !== before",
        arg=[image.element_handle(), before],
    )
    return file_of(image), image.get_attribute("alt")


def choose(page, label, name):
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


def test_pictures_change_with_the_seed_and_the_class(explore, tmp_path):
    assert gallery(explore).count() == 16
    first = file_of(gallery(explore).first)

    def by_seed(seed):
        explore.get_by_label("Seed", exact=True).fill(str(seed))
        make(explore)

    second, words = change(explore, lambda: by_seed(7))
    assert second != first and words.startswith("Picture 1, seed 7, class ")
    again, _ = change(explore, lambda: by_seed(0))
    assert again == first

    def by_class():
        choose(explore, "Class", "Trouser")
        make(explore)

    third, words = change(explore, by_class)
    assert third not in (first, second) and words == "Picture 1, seed 0, class Trouser"
    check_width(explore, tmp_path, "explore")


def test_more_like_one_is_made_and_one_is_downloaded(explore):
    explore.locator(".pictures .grid-container button").nth(2).click()
    explore.get_by_text("Chosen: Picture 3, seed 0").wait_for()
    shown = explore.get_by_test_id("detailed-image")
    with explore.expect_download() as download:
        explore.locator(".pictures").get_by_label("Download", exact=True).click()
    content = download.value.path().read_bytes()
    assert PIL.Image.open(io.BytesIO(content)).size == (28, 28)
    assert content == file_of(shown) and download.value.suggested_filename.endswith(".png")
    explore.locator(".pictures").get_by_label("Close").click()
    before = file_of(gallery(explore).nth(2))
    explore.get_by_label("number input for Amount").fill("0.1")
    like = explore.get_by_role("button", name="More like the chosen picture")
    near, _ = change(explore, like.click)
    assert near != before
    # Shades near the chosen one's, not another piece of clothing.
    first, second = (
        np.asarray(PIL.Image.open(io.BytesIO(each)), "float") for each in (near, before)
    )
    assert np.abs(first - second).mean() < 30


def test_a_model_without_classes_shows_no_choice_of_them(explore):
    choose(explore, "Model", "gan_digits")
    explore.get_by_label("Class", exact=True).wait_for(state="hidden")
    # What was chosen of the other model is no longer there.
    explore.get_by_text("Choose a picture to go on from it.").wait_for()
    make(explore)
    explore.get_by_text("Chosen: Picture 1, seed 0").wait_for()
    assert gallery(explore).count() == 16


def outline(page, sides):
    """Draws a regular polygon with the mouse."""
    canvas = page.locator("canvas:visible").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle, radius = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 80
    for corner in range(sides + 1):
        angle = math.tau * corner / sides
        page.mouse.move(
            middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle), steps=2
        )
        if corner == 0:
            page.mouse.down()
    page.mouse.up()


def test_an_outline_is_drawn_and_translated(page, address, tmp_path):
    page.goto(f"{address}/page/")
    page.get_by_role("tab", name="Translate").click()
    check_width(page, tmp_path, "translate")
    page.get_by_role("tab", name="A drawing").click()
    page.get_by_label("Brush", exact=True).first.click()
    outline(page, 12)
    page.get_by_role("button", name="Translate the drawing").click()
    result = page.get_by_alt_text("Translation 1")
    result.wait_for()
    made = np.asarray(PIL.Image.open(io.BytesIO(file_of(result))), "float")
    assert made.shape == (128, 128, 3)
    # What was drawn is filled with a colour, and what lies around it is as white as the paper.
    assert np.ptp(made[60:68, 60:68].mean((0, 1))) > 20
    assert made[60:68, 60:68].mean() < 230 < made[:12].min()
    check_width(page, tmp_path, "drawing")


@pytest.mark.parametrize("path", ["/", "/page/"])
def test_pages_fit_the_screen(page, chromium, address, tmp_path, path):
    page.goto(address + path)
    page.get_by_role("heading", name="keras_gen").wait_for()
    check_width(page, tmp_path, "page" if path == "/page/" else "index")
    size = {"width": WIDTHS["phone"], "height": 844}
    with chromium.new_context(viewport=size, is_mobile=True, has_touch=True) as context:
        phone = context.new_page()
        phone.goto(address + path)
        phone.get_by_role("heading", name="keras_gen").wait_for()
        # A phone shows 980 pixels, made narrow, of a page that does not say that it is for phones.
        assert phone.evaluate("innerWidth") == WIDTHS["phone"]
