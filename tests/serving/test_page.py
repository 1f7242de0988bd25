"""The page for browsers: asked as a browser asks it, over HTTP."""

import asyncio
import base64
import csv
import importlib.util
import io
import json
import sys
import uuid

import numpy as np
import PIL.Image
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from keras_gen import serving
from keras_gen.app import cli, opening
from keras_gen.serving import Limits, create_app
from keras_gen.serving.directions import Directions
from keras_gen.serving.served import Served
from tests.serving.conftest import LIMITS, mask, opened, pictures_in, png, post, until_ready
from tests.serving.test_hostile import refused

pytestmark = pytest.mark.one_backend

TOKEN = "a long secret ü"
PREFIX = "/page/gradio_api"
SERVED = (
    "conditional_gan",
    "style_gan2",
    "pix2pix",
    "cycle_gan",
    "inpainting",
    "next_frame",
    "tabular_gan",
    "table_vae",
)


class Browser:
    """What a browser does: one session, whose states it keeps."""

    def __init__(self, client):
        self.client = client
        self.session = uuid.uuid4().hex
        config = client.get("/page/config").json()
        self.parts = {part["id"]: part for part in config["components"]}
        self.handlers = {each["api_name"]: each for each in config["dependencies"]}

    def call(self, name, *values):
        """Outputs of a handler; what it refuses is given as a text."""
        handler = self.handlers[name]
        inputs = [self.parts[number]["type"] for number in handler["inputs"]]
        values = iter(values)
        data = [None if kind == "state" else next(values) for kind in inputs]
        body = {"data": data, "fn_index": handler["id"], "session_hash": self.session}
        assert self.client.post(f"{PREFIX}/queue/join", json=body).status_code == 200
        answer = self.client.get(f"{PREFIX}/queue/data", params={"session_hash": self.session})
        told = [json.loads(line[6:]) for line in answer.text.splitlines() if line[:5] == "data:"]
        (done,) = [each for each in told if each["msg"] == "process_completed"]
        assert "site-packages" not in answer.text and "Traceback" not in answer.text
        return done["output"]["data"] if done["success"] else done["output"]["error"]

    def pictures(self, items):
        """Arrays of a gallery's pictures, and their alternative texts."""
        items = items["value"] if isinstance(items, dict) else items
        files = [self.file(each["image"]) for each in items]
        return np.stack([opened(file) for file in files]), [each["caption"] for each in items]

    def file(self, file):
        answer = self.client.get(f"{PREFIX}/file={file['path']}")
        assert answer.status_code == 200
        return answer.content

    def upload(self, content, name="a.png"):
        (path,) = self.client.post(f"{PREFIX}/upload", files={"files": (name, content)}).json()
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def client(models):
    made = {name: models[name] for name in SERVED}
    with TestClient(create_app(made, LIMITS, page=True), base_url="http://localhost") as client:
        until_ready(client)
        yield client


@pytest.fixture
def browser(client):
    return Browser(client)


def tabs_of(models, names):
    app = create_app({name: models[name] for name in names}, LIMITS, page=True)
    config = TestClient(app, base_url="http://localhost").get("/page/config").json()
    labels = [p["props"]["label"] for p in config["components"] if p["type"] == "tabitem"]
    return [label for label in labels if label in ("Explore", "Translate", "Table")]


@pytest.mark.parametrize(
    ("names", "tabs"),
    [
        (["gan"], ["Explore"]),
        (["inpainting"], ["Translate"]),
        (["tabular_gan", "vae"], ["Explore", "Table"]),
    ],
)
def test_tabs_are_those_of_the_models_tasks(models, names, tabs):
    assert tabs_of(models, names) == tabs


def test_the_page_stands_beside_the_index_and_asks_no_other_host(client):
    page = client.get("/page")
    assert page.url.path == "/page/" and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self' ") and "http" not in policy
    for host in ("fonts.googleapis", "gstatic", "cdnjs", "huggingface.co/front"):
        assert host not in page.text
    assert 'href="/page/"' in client.get("/").text
    assert not [path for path in client.get("/openapi.json").json()["paths"] if "page" in path]


def test_everything_has_a_label(browser):
    for part in browser.parts.values():
        if part["type"] in ("state", "row", "column", "form", "tabs", "markdown", "group"):
            continue
        assert part["props"].get("label") or part["props"].get("value"), part


@pytest.mark.parametrize("family", ["conditional_gan", "style_gan2"])
def test_pictures_are_those_of_the_route(browser, client, family):
    gallery, *_ = browser.call("generate", family, 5, "", 3, 1.0)
    pictures, texts = browser.pictures(gallery)
    expected = post(client, family, "generate", n=3, seed=5)
    np.testing.assert_array_equal(pictures, pictures_in(expected))
    assert texts[1].startswith("Picture 2, seed 5")


def test_what_a_model_does_not_do_is_not_shown(browser):
    parts = browser.handlers["pick_maker"]["outputs"]
    names = {number: browser.parts[number]["props"].get("label") for number in parts}
    shown = {
        family: {
            names[number]
            for number, update in zip(parts, browser.call("pick_maker", family), strict=True)
            if isinstance(update, dict) and update.get("visible")
        }
        for family in ("conditional_gan", "style_gan2")
    }
    assert {"Class", "More like this", "Directions"} <= shown["conditional_gan"]
    assert {"Truncation", "Mix styles", "Film between two seeds"} <= shown["style_gan2"]
    assert not {"Truncation", "Mix styles"} & shown["conditional_gan"]
    assert "Class" not in shown["style_gan2"]


def test_a_class_is_chosen(browser, client):
    gallery, *_ = browser.call("generate", "conditional_gan", 5, "2", 3, 1.0)
    pictures, texts = browser.pictures(gallery)
    expected = post(client, "conditional_gan", "generate", labels=[2] * 3, seed=5)
    np.testing.assert_array_equal(pictures, pictures_in(expected))
    assert texts[0] == "Picture 1, seed 5, class 2"


@pytest.mark.parametrize(
    ("values", "body"),
    [
        (("conditional_gan", -1, "", 3, 1.0), {"seed": -1, "n": 3}),
        (("conditional_gan", 2**32, "", 3, 1.0), {"seed": 2**32, "n": 3}),
        (("conditional_gan", 0, "7", 3, 1.0), {"labels": [7] * 3, "n": 3}),
        (("conditional_gan", 0, "seven", 1, 1.0), {"labels": ["seven"], "n": 1}),
    ],
)
def test_what_is_refused_is_told_as_the_route_tells_it(browser, client, values, body):
    sentence = refused(client.post("/v1/models/conditional_gan/generate", json=body), 422)
    assert browser.call("generate", *values) == sentence


def test_too_many_are_refused(browser):
    for count in (LIMITS.images + 1, 10**12):
        told = browser.call("generate", "conditional_gan", 0, "1", count, 1.0)
        assert isinstance(told, str) and str(LIMITS.images) in told


def test_more_like_one_keeps_its_class(browser):
    assert browser.call("vary", 0.3, 4) == "Make pictures first."
    first, *_ = browser.call("generate", "conditional_gan", 5, "2", 2, 1.0)
    again, *_ = browser.call("vary", 0.0, 3)
    pictures, texts = browser.pictures(again)
    close(pictures, browser.pictures(first)[0][[0, 0, 0]])
    assert all(text.endswith("class 2") for text in texts)


def close(images, expected):
    assert images.shape == expected.shape
    assert np.abs(images.astype(int) - expected.astype(int)).max() <= 1


def test_sliders_at_0_give_the_chosen_picture_and_others_another(browser):
    first, *_ = browser.call("generate", "conditional_gan", 5, "", 2, 1.0)
    chosen = browser.pictures(first)[0][:1]
    still, moved = (
        browser.pictures(browser.call("move", *amounts, *[0.0] * 7)[0])[0]
        for amounts in ([0.0], [3.0])
    )
    close(still, chosen)
    assert (moved != chosen).any()


def test_a_film_goes_there_and_back(browser, client):
    (film,) = browser.call("film", "conditional_gan", 1, 2, "0", 4, 1.0)
    gif = PIL.Image.open(io.BytesIO(browser.file(film)))
    assert gif.format == "GIF" and gif.size == (256, 256) and gif.n_frames <= 6
    gif.seek(0)
    (expected,) = pictures_in(post(client, "conditional_gan", "generate", seed=1, labels=[0]))
    found = np.array(gif.convert("L")).reshape(8, 32, 8, 32).mean((1, 3))
    assert np.abs(found - expected).max() <= 2


def test_styles_are_mixed_as_the_model_mixes_them(browser, client):
    browser.call("pick_maker", "style_gan2")
    values = ("style_gan2", "0 1", "3, 4, 5", [0], 0.7)
    (gallery,) = browser.call("mix", *values)
    pictures, texts = browser.pictures(gallery)
    body = {"seeds_a": [0, 1], "seeds_b": [3, 4, 5], "levels": [0], "truncation": 0.7}
    answer = post(client, "style_gan2", "mix", **body)
    np.testing.assert_array_equal(pictures, pictures_in(answer))
    assert texts[1] == "Seed 0 with 4" and gallery["columns"] == answer["columns"] == 3
    assert "whole numbers" in browser.call("mix", "style_gan2", "a", "1", [0], 1.0)


def test_a_picture_is_translated(browser, client):
    file = png((20, 12, 3))
    browser.call("pick_translator", "cycle_gan")
    (gallery,) = browser.call("translate", "cycle_gan", "ba", browser.upload(file))
    (picture,), _ = browser.pictures(gallery)
    sent = {"files": {"images": ("a.png", file)}, "data": {"direction": "ba"}}
    answer = client.post("/v1/models/cycle_gan/translate", **sent).json()
    np.testing.assert_array_equal(picture, opened(base64.b64decode(answer["images"][0])))
    assert browser.call("translate", "pix2pix", None, None) == "Give a picture first."


@pytest.mark.parametrize("content", [b"hello", png()[:60], b"<svg></svg>"])
def test_what_is_no_picture_is_told_by_the_route_s_sentence(browser, content):
    told = browser.call("translate", "pix2pix", None, browser.upload(content))
    assert told.startswith("File 0 must be a whole picture")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(browser):
    file = browser.upload(png((257, 256)))
    assert f"{LIMITS.pixels:,} pixels" in browser.call("translate", "pix2pix", None, file)
    drawing = {"background": browser.upload(png()), "layers": [file], "composite": None}
    assert f"{LIMITS.pixels:,} pixels" in browser.call("fill", "inpainting", drawing)


def test_files_of_the_machine_are_not_read(browser, client):
    file = {"path": __file__, "orig_name": "a.png", "meta": {"_type": "gradio.FileData"}}
    assert not isinstance(browser.call("translate", "pix2pix", None, file), list)
    assert client.get(f"{PREFIX}/file={__file__}").status_code in (403, 404)


def drawn():
    """A layer whose upper three rows are drawn on, red."""
    values = np.zeros((8, 8, 4), "uint8")
    values[:3] = (255, 0, 0, 255)
    file = io.BytesIO()
    PIL.Image.fromarray(values).save(file, format="PNG")
    return file.getvalue()


def test_what_is_drawn_on_is_filled(browser, client, models):
    shape = models["inpainting"].image_shape
    image = png(shape if shape[-1] == 3 else shape[:2])
    layer = browser.upload(drawn())
    drawing = {"background": browser.upload(image), "layers": [layer], "composite": layer}
    (gallery,) = browser.call("fill", "inpainting", drawing)
    (picture,), _ = browser.pictures(gallery)
    files = {"images": ("a.png", image), "masks": ("b.png", mask(shape[:2]))}
    answer = client.post("/v1/models/inpainting/fill", files=files).json()
    np.testing.assert_array_equal(picture, opened(base64.b64decode(answer["images"][0])))
    assert "Draw on" in browser.call("fill", "inpainting", drawing | {"layers": []})


def test_frames_go_on(browser):
    frames = [browser.upload(png(seed=seed)) for seed in range(3)]
    (gallery,) = browser.call("go_on", "next_frame", frames, 3)
    assert browser.pictures(gallery)[0].shape == (3, 8, 8)


def test_rows_meet_conditions_and_are_a_file(browser, client):
    table, download = browser.call("sample", "tabular_gan", 150, 1, ["rating=4"])
    headers = {"Accept": "text/csv"}
    body = {"n": 150, "seed": 1, "conditions": {"rating": 4}}
    expected = client.post("/v1/models/tabular_gan/sample", json=body, headers=headers).content
    assert browser.file(download["value"]) == expected
    names, *rows = csv.reader(io.StringIO(expected.decode()))
    assert table["value"]["headers"] == names and len(table["value"]["data"]) == 100
    assert {row[names.index("rating")] for row in rows} == {"4"}
    assert "rating" in browser.call("sample", "tabular_gan", 5, 1, ["rating=99"])
    assert "must be a column and a value" in browser.call("sample", "tabular_gan", 5, 1, ["r"])


# Directions


def test_directions_are_those_of_most_change(models):
    served = Served("gan", models["gan"], LIMITS)
    dim = served.model.prior.shape[0]
    weights = np.arange(1, dim + 1) ** 2.0

    async def run(name, arrays):
        (latents,) = arrays
        made = np.zeros((len(latents), 8, 8, 1))
        made.reshape(len(latents), -1)[:, :dim] = latents * weights
        return (made,)

    served.run = run
    served.worker.start()
    found = asyncio.run(Directions(served, 2).find())
    served.worker.stop()
    assert found.shape == (2, dim)
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-5)
    assert abs(found[0, dim - 1]) > 0.95 and abs(found[1, dim - 2]) > 0.9


def test_codes_and_latents_that_are_no_vectors_have_no_directions(models):
    assert Directions(Served("a", models["diffusion"], LIMITS)).count == 0
    assert Directions(Served("a", models["info_gan"], LIMITS), 99).count == (
        models["info_gan"].noise_dim
    )
    assert Directions(Served("a", models["tabular_gan"], LIMITS)).count == 0


# Who may see it


@pytest.fixture(scope="module")
def guarded(models):
    app = create_app({"gan": models["gan"]}, Limits(images=4), TOKEN, page=True)
    with TestClient(app, base_url="http://somewhere.example") as client:
        until_ready(client)
        yield client


def password(token):
    encoded = base64.b64encode(b"anybody:" + token.encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


@pytest.mark.parametrize("path", ["/page", "/page/", "/page/config", "/page/assets/x.js"])
def test_the_page_needs_the_token_as_a_password(guarded, path):
    for headers in ({}, password(""), password("a"), password(TOKEN + "x")):
        answer = guarded.get(path, headers=headers)
        refused(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Basic ")
    refused(guarded.get(path, headers={"Authorization": "Basic %%%"}), 401)
    assert guarded.get(path, headers=password(TOKEN)).status_code in (200, 404)
    bearer = {"Authorization": b"Bearer " + TOKEN.encode()}
    assert guarded.get(path, headers=bearer).status_code in (200, 404)


def test_a_password_is_for_the_page_alone(guarded):
    for path in ("/", "/v1/models", "/pages"):
        refused(guarded.get(path, headers=password(TOKEN)), 401)


def test_another_page_can_t_ask_it(guarded):
    for origin in ("http://evil.example", "null", "http://somewhere.example.evil.example"):
        headers = password(TOKEN) | {"Origin": origin}
        refused(guarded.post(f"{PREFIX}/queue/join", json={}, headers=headers), 403)
        refused(guarded.options("/page/config", headers=headers), 403)
    headers = password(TOKEN) | {"Origin": "https://somewhere.example"}
    assert guarded.get("/page/config", headers=headers).status_code == 200


def test_the_page_has_the_token_for_what_it_asks(guarded):
    guarded.headers.update(password(TOKEN))
    try:
        browser = Browser(guarded)
        gallery, *_ = browser.call("generate", "gan", 1, "", 2, 1.0)
        assert browser.pictures(gallery)[0].shape == (2, 8, 8)
    finally:
        del guarded.headers["Authorization"]


# Where it is not


def test_without_it_there_is_none(models):
    client = TestClient(create_app({"gan": models["gan"]}), base_url="http://localhost")
    refused(client.get("/page"), 404)
    assert "/page" not in client.get("/").text


@pytest.fixture
def served_with(models, monkeypatch):
    """Runs `keras-gen serve` but for the server: whether it has a page, and how it ended."""
    found = []
    monkeypatch.setattr(opening, "served_models", lambda *_: ({"gan": models["gan"]}, {}, {}))
    monkeypatch.setattr(serving, "serve", lambda app, *_: found.append(has_page(app)))

    def run(*options):
        result = CliRunner().invoke(cli.app, ["serve", "gan", *options])
        return (found.pop() if found else None), result.exception

    return run


def has_page(app):
    return TestClient(app, base_url="http://localhost").get("/page/").status_code == 200


def test_the_command_serves_it_unless_it_is_told_not_to(served_with):
    assert served_with() == (True, None)
    assert served_with("--page") == (True, None)
    assert served_with("--no-page") == (False, None)


def test_without_gradio_it_is_left_out_or_said_how_to_install_it(served_with, monkeypatch):
    find_spec = importlib.util.find_spec
    for name in [name for name in sys.modules if "serving.gradio_page." in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "gradio" else find_spec(name, *more),
    )
    assert served_with() == (False, None)
    _, error = served_with("--page")
    assert str(error) == "The page needs Gradio: pip install 'keras_gen[serve]'"
