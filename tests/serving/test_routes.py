"""Every route, on models of every task, and nobody else's."""

import csv
import io
import threading

import numpy as np
import pytest
from starlette.testclient import TestClient

from keras_gen.modalities.images.range import in_range, to_uint8
from keras_gen.serving import create_app
from keras_gen.serving.rest import _classes_of
from tests.cases import CASES, LATENT_DIM, NUM_CLASSES
from tests.serving.conftest import (
    FAMILIES,
    LIMITS,
    files,
    mask,
    opened,
    pictures_in,
    png,
    post,
    until_ready,
)

MAKERS = {"generate", "vary", "interpolate"}
ENCODERS = {"encode", "reconstruct"}
ROUTES = {
    "gan": MAKERS,
    "conditional_gan": MAKERS,
    "info_gan": MAKERS,
    "style_gan2": MAKERS | {"mix"},
    "diffusion": MAKERS,
    "vae": MAKERS | ENCODERS,
    "cvae": MAKERS | ENCODERS,
    "pix2pix": {"translate"},
    "cycle_gan": {"translate"},
    "super_resolution": {"translate"},
    "next_frame": {"translate"},
    "inpainting": {"fill"},
    "table_vae": {"sample"} | ENCODERS,
    "tabular_vae": {"sample"} | ENCODERS,
    "tabular_gan": {"sample"},
}
LABELLED = {"conditional_gan", "cvae"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_has_the_routes_of_its_tasks_alone(client, family):
    paths = client.get("/openapi.json").json()["paths"]
    start = f"/v1/models/{family}/"
    assert {path.removeprefix(start) for path in paths if path.startswith(start)} == ROUTES[family]
    for other in (MAKERS | ENCODERS | {"mix", "sample", "fill", "translate"}) - ROUTES[family]:
        assert client.post(start + other, json={}).status_code == 404


def test_the_page_lists_models_with_their_cards(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    for family in FAMILIES:
        assert f"/v1/models/{family}" in answer.text
    assert "Digits." in answer.text
    assert "# A card &lt;script&gt;" in answer.text and "<script>" not in answer.text


def test_what_is_said_of_models(client):
    listed = client.get("/v1/models").json()["models"]
    assert [each["name"] for each in listed] == list(FAMILIES)
    about = client.get("/v1/models/cvae").json()
    assert about in listed
    assert about["tasks"] == ["generates", "encodes"]
    assert about["gives"] == {"kind": "images", "shape": [8, 8, 1]}
    assert about["latent_dim"] == [LATENT_DIM] and about["num_classes"] == NUM_CLASSES
    assert about["takes"]["generate"] == {"latents": [LATENT_DIM], "labels": []}
    assert client.get("/v1/models/pix2pix").json()["latent_dim"] is None
    assert "price" in client.get("/v1/models/tabular_gan").json()["columns"]


def test_it_says_that_it_lives_and_is_ready(client):
    assert client.get("/healthz").json() == {"live": True}
    assert client.get("/readyz").json() == {"ready": True}


# Samples


@pytest.mark.parametrize("family", [name for name in ROUTES if "generate" in ROUTES[name]])
def test_generated_pictures_are_those_of_the_model_and_come_again(client, models, family):
    answer = post(client, family, "generate", n=3, seed=5)
    labels = {"labels": answer["labels"]} if family in LABELLED else {}
    expected = to_uint8(models[family].generate(3, seed=5))[..., 0]
    close(pictures_in(answer), expected)
    close(pictures_in(post(client, family, "generate", n=3, seed=5)), expected)
    again = post(client, family, "generate", latents=answer["latents"], **labels)
    close(pictures_in(again), expected)
    assert answer["seed"] == 5 and again["seed"] is None
    one = post(client, family, "generate", latents=answer["latents"][1:2], **_of(labels, 1))
    close(pictures_in(one)[0], expected[1])


def close(images, expected):
    """Networks round otherwise in batches of another size: by one of 255 at most."""
    assert np.abs(images.astype(int) - expected.astype(int)).max() <= 1
    assert np.ptp(expected) > 2


def _of(labels, number):
    return {name: values[number : number + 1] for name, values in labels.items()}


def test_codes_have_no_part_where_the_latents_are_given(client):
    sent = {"latent": [0.1] * client.get("/v1/models/info_gan").json()["latent_dim"][0]}
    assert client.post("/v1/models/info_gan/vary", json=sent).status_code == 200
    for codes in ({"category": 1}, {"category": 99}):
        answer = client.post("/v1/models/info_gan/vary", json={**sent, "codes": codes})
        assert answer.status_code == 422


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_vq_vae_encodes_to_maps_of_codes(n):
    model = CASES["vq_vae"].build()
    images = [png(model.image_shape[:2], seed=k) for k in range(n)]
    with TestClient(create_app({"vq": model}, LIMITS), base_url="http://localhost") as client:
        until_ready(client)
        answer = client.post("/v1/models/vq/encode", files=files(images=images))
        assert answer.status_code == 200, answer.text
    pixels = in_range(np.stack([opened(image) for image in images])[..., None])
    np.testing.assert_array_equal(answer.json()["codes"], model.encode(pixels))


def test_classes_whose_names_are_numbers_are_meant_by_their_names():
    assert _classes_of(["1", "2"], ("1", "2", "3")) == ["1", "2"]
    assert _classes_of(["1", "0"], ("1", "2", "3")) == [0, 0]
    assert _classes_of(["1", "0"], ("bag", "cap")) == [1, 0]
    assert _classes_of(["cap", "0"], ("bag", "cap")) == [1, 0]
    assert _classes_of(["1", "hat"], ()) == [1, "hat"]


def test_networks_run_in_the_worker_s_thread_alone(monkeypatch):
    """What draws the latents of a fitted sampler runs the encoder."""
    model = CASES["vae"].build()
    seen = []
    chosen, near = model.chosen, model.prior.near
    monkeypatch.setattr(
        model, "chosen", lambda *a, **k: seen.append(threading.current_thread()) or chosen(*a, **k)
    )
    monkeypatch.setattr(
        model.prior, "near", lambda *a: seen.append(threading.current_thread()) or near(*a)
    )
    app = create_app({"vae": model}, LIMITS)
    with TestClient(app, base_url="http://localhost") as client:
        until_ready(client)
        made = post(client, "vae", "generate", n=2, seed=0)
        post(client, "vae", "vary", latent=made["latents"][0])
    assert len(seen) == 3 and len(set(seen)) == 1  # The first of the warming up.


def test_a_seed_that_was_drawn_makes_the_same_picture(client):
    answer = post(client, "gan", "generate")
    again = post(client, "gan", "generate", seed=answer["seed"])
    assert answer["latents"] == again["latents"] and answer["images"] == again["images"]
    assert post(client, "gan", "generate")["seed"] != answer["seed"]


def test_labels_are_numbers_and_make_a_difference(client):
    latents = post(client, "conditional_gan", "generate", n=1, seed=1)["latents"] * 2
    made = post(client, "conditional_gan", "generate", latents=latents, labels=[0, 2])
    assert made["labels"] == [0, 2]
    first, second = pictures_in(made)
    assert (first != second).any()


def test_options_of_a_model_reach_it(client, models):
    answer = post(client, "diffusion", "generate", seed=2, steps=3, solver="euler")
    expected = models["diffusion"].generate(1, seed=2, steps=3, solver="euler")
    close(pictures_in(answer), to_uint8(expected)[..., 0])
    answer = post(client, "info_gan", "generate", n=2, seed=2, codes={"category": 1})
    model = models["info_gan"]
    expected = model.generate(2, seed=2, codes={"category": 1})
    close(pictures_in(answer), to_uint8(expected)[..., 0])
    _, one_hot, _ = model.prior.parts(np.array(answer["latents"]))
    assert one_hot[:, 1].tolist() == [1.0, 1.0]


def test_pictures_come_as_png(client):
    headers = {"Accept": "image/png"}
    path = "/v1/models/gan/generate"
    one = client.post(path, json={"seed": 3}, headers=headers)
    assert one.headers["content-type"] == "image/png" and one.headers["x-seed"] == "3"
    (expected,) = pictures_in(post(client, "gan", "generate", seed=3))
    np.testing.assert_array_equal(opened(one.content), expected)
    grid = opened(client.post(path, json={"n": 4, "seed": 3}, headers=headers).content)
    assert grid.shape == (22, 22)  # 2 x 2 of 8 pixels, 2 between and around
    close(grid[2:10, 2:10], expected)


def test_styles_are_mixed(client, models):
    body = {"seeds_a": [0, 1], "seeds_b": [3, 4, 5], "levels": [0], "truncation": 0.7}
    answer = post(client, "style_gan2", "mix", **body)
    expected = to_uint8(models["style_gan2"].mix([0, 1], [3, 4, 5], [0], truncation=0.7))
    assert answer["columns"] == 3
    close(pictures_in(answer), expected.reshape(6, 8, 8))
    path, headers = "/v1/models/style_gan2/mix", {"Accept": "image/png"}
    assert opened(client.post(path, json=body, headers=headers).content).shape == (22, 32)


def test_variations_are_near_by_their_amount(client):
    latents = post(client, "gan", "generate", seed=4)["latents"]
    same = post(client, "gan", "vary", latent=latents[0], amount=0, n=2)
    assert same["latents"] == latents * 2
    near = post(client, "gan", "vary", latent=latents[0], amount=0.1, n=4, seed=1)
    far = post(client, "gan", "vary", latent=latents[0], amount=1.0, n=4, seed=1)
    distance, other = (np.abs(np.array(each["latents"]) - latents).mean() for each in (near, far))
    assert 0 < distance < 0.3 * other
    again = post(client, "gan", "vary", latent=latents[0], amount=0.1, n=4, seed=near["seed"])
    assert again["images"] == near["images"]


def test_variations_keep_the_class_and_the_codes(client, models):
    latents = post(client, "conditional_gan", "generate", seed=4)["latents"]
    made = post(client, "conditional_gan", "vary", latent=latents[0], label=2, n=3)
    assert made["labels"] == [2, 2, 2]
    (latent,) = post(client, "info_gan", "generate", seed=4)["latents"]
    made = post(client, "info_gan", "vary", latent=latent, amount=1.0, n=3)
    noise_dim = models["info_gan"].noise_dim
    for each in made["latents"]:
        assert each[noise_dim:] == latent[noise_dim:] and each[0] != latent[0]


def test_a_walk_goes_from_one_latent_to_the_other(client):
    ends = post(client, "vae", "generate", n=2, seed=1)["latents"]
    walk = post(client, "vae", "interpolate", latents=ends, steps=5)
    np.testing.assert_allclose(np.array(walk["latents"])[[0, -1]], ends, atol=1e-5)
    assert len(walk["images"]) == 5 and walk["seed"] is None
    drawn = post(client, "cvae", "interpolate", steps=3, seed=1, label=1)
    np.testing.assert_allclose(np.array(drawn["latents"])[[0, -1]], ends, atol=1e-5)
    assert drawn["labels"] == [1, 1, 1]


# Tables


def test_rows_come_as_json_and_as_csv(client, models):
    answer = post(client, "table_vae", "sample", n=4, seed=1)
    expected = models["table_vae"].generate(4, seed=1)
    np.testing.assert_allclose(answer["rows"], expected, rtol=1e-4)
    headers = {"Accept": "text/csv"}
    path = "/v1/models/tabular_vae/sample"
    file = client.post(path, json={"n": 4, "seed": 1}, headers=headers)
    assert file.headers["content-type"].startswith("text/csv") and file.headers["x-seed"] == "1"
    names, *rows = csv.reader(io.StringIO(file.text))
    answer = post(client, "tabular_vae", "sample", n=4, seed=1)
    assert names == answer["columns"] and len(rows) == len(answer["rows"]) == 4
    place = names.index("product")
    assert [row[place] for row in rows] == [row[place] or "" for row in answer["rows"]]


@pytest.mark.parametrize("family", ["tabular_vae", "tabular_gan"])
def test_rows_meet_conditions(client, family):
    answer = post(client, family, "sample", n=6, seed=1, conditions={"rating": 4})
    place = answer["columns"].index("rating")
    assert [row[place] for row in answer["rows"]] == [4] * 6


def test_rows_are_encoded_and_come_back(client, models):
    rows = post(client, "table_vae", "sample", n=2, seed=1)["rows"]
    answer = post(client, "table_vae", "encode", rows=rows)
    means, _ = models["table_vae"].encode(np.array(rows, "float32"))
    np.testing.assert_allclose(answer["latents"], means, atol=1e-4)
    assert len(post(client, "table_vae", "reconstruct", rows=rows)["rows"]) == 2
    sample = post(client, "tabular_vae", "sample", n=2, seed=1)
    rows = [dict(zip(sample["columns"], row, strict=True)) for row in sample["rows"]]
    assert np.shape(post(client, "tabular_vae", "encode", rows=rows)["latents"]) == (2, LATENT_DIM)
    assert len(post(client, "tabular_vae", "reconstruct", rows=rows)["rows"]) == 2


# Pictures of pictures


def send(client, model, method, data=None, headers=None, **named):
    answer = client.post(
        f"/v1/models/{model}/{method}", files=files(**named), data=data, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer


def test_pictures_are_encoded_and_come_back(client, models):
    image = png()
    taken = in_range(opened(image))[None, ..., None]
    answer = send(client, "vae", "encode", images=[image]).json()
    mean, log_variance = models["vae"].encode(taken)
    np.testing.assert_allclose(answer["latents"], mean, atol=1e-4)
    np.testing.assert_allclose(answer["log_variances"], log_variance, atol=1e-4)
    made = pictures_in(send(client, "vae", "reconstruct", images=[image]).json())
    close(made, to_uint8(models["vae"].reconstruct(taken))[..., 0])
    labels = {"labels": ["0", "2"]}
    answer = send(client, "cvae", "encode", labels, images=[image, image]).json()
    mean, _ = models["cvae"].encode(taken.repeat(2, axis=0), [0, 2])
    np.testing.assert_allclose(answer["latents"], mean, atol=1e-4)


def test_a_picture_of_another_size_comes_back_in_its_proportions(client):
    made = pictures_in(send(client, "vae", "reconstruct", images=[png((40, 20))]).json())
    assert made.shape == (1, 8, 4)
    grid = send(
        client, "vae", "reconstruct", None, {"Accept": "image/png"}, images=[png((40, 20)), png()]
    )
    assert opened(grid.content).shape == (12, 22)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_pictures_of_known_formats_are_translated(client, models, format):
    image = png((8, 8, 3), format=format)
    assert len(send(client, "pix2pix", "translate", images=[image]).json()["images"]) == 1


def test_translations_are_the_model_s(client, models):
    direction = models["pix2pix"].direction()
    depth = direction.takes.shape[-1]
    image = png((*direction.takes.shape[:2], 3))
    taken = opened(image) if depth == 3 else opened(image).mean(-1, keepdims=True)
    made = pictures_in(send(client, "pix2pix", "translate", images=[image]).json())
    if depth == 3:
        expected = to_uint8(direction.translate(in_range(taken)[None]))
        close(made.reshape(expected.shape), expected)
    assert made.shape[1:3] == direction.gives.shape[:2]


def test_a_direction_is_chosen(client, models):
    image = png((8, 8, 3))
    made = {
        name: send(client, "cycle_gan", "translate", {"direction": name}, images=[image]).json()
        for name in ("ab", "ba")
    }
    first = send(client, "cycle_gan", "translate", images=[image]).json()
    assert made["ab"]["images"] == first["images"] != made["ba"]["images"]


def test_a_model_of_any_size_enlarges(client, models):
    factor = models["super_resolution"].enlarges
    images = [png((6, 10, 3)), png((6, 10, 3), seed=1)]
    made = pictures_in(send(client, "super_resolution", "translate", images=images).json())
    assert made.shape[:3] == (2, 6 * factor, 10 * factor)


def test_frames_are_continued(client, models):
    frames = [png(seed=0), png(seed=1), png(seed=2)]
    answer = send(client, "next_frame", "translate", {"frames": "3"}, images=frames).json()
    clip = np.stack([in_range(opened(frame))[..., None] for frame in frames[1:]])
    expected = models["next_frame"].predict_frames(clip[None], 3)[0]
    close(pictures_in(answer), to_uint8(expected)[..., 0])


def test_holes_are_filled_and_the_rest_stays(client, models):
    shape = models["inpainting"].image_shape
    image = png(shape if shape[-1] == 3 else shape[:2])
    answer = send(client, "inpainting", "fill", images=[image], masks=[mask(shape[:2])]).json()
    (made,) = pictures_in(answer)
    np.testing.assert_array_equal(made[3:], opened(image)[3:])
    assert (made[:3] != opened(image)[:3]).any()
