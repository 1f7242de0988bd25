"""The Open Inference Protocol, held against the other routes."""

import numpy as np
import pytest

from keras_gen.modalities.images.range import in_range, to_uint8
from tests.cases import LATENT_DIM
from tests.serving.conftest import FAMILIES, LIMITS, files, opened, pictures_in, png, post
from tests.serving.test_hostile import refused


def tensor(name, values, datatype="FP32", shape=None):
    values = np.asarray(values)
    shape = list(values.shape) if shape is None else shape
    return {"name": name, "shape": shape, "datatype": datatype, "data": values.ravel().tolist()}


def infer(client, model, *inputs, **more):
    answer = client.post(f"/v2/models/{model}/infer", json={"inputs": inputs, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def array_of(output):
    return np.array(output["data"]).reshape(output["shape"])


def test_the_server_and_its_models_are_described(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2").json()["name"] == "keras_gen"
    about = client.get("/v2/models/conditional_gan").json()
    assert about["name"] == "conditional_gan" and about["platform"] == "keras"
    assert about["inputs"] == [
        {"name": "latents", "datatype": "FP32", "shape": [-1, LATENT_DIM]},
        {"name": "labels", "datatype": "INT32", "shape": [-1]},
    ]
    assert about["outputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 8, 8, 1]}]
    for family in FAMILIES:
        assert client.get(f"/v2/models/{family}/ready").status_code == 200


@pytest.mark.parametrize("family", ["gan", "conditional_gan", "diffusion", "vae"])
def test_latents_make_the_same_pixels_as_generate(client, family):
    made = post(client, family, "generate", n=2, seed=1)
    inputs = [tensor("latents", made["latents"])]
    if "labels" in made:
        inputs.append(tensor("labels", made["labels"], "INT32"))
    answer = infer(client, family, *inputs, id="7")
    assert answer["model_name"] == family and answer["id"] == "7"
    (output,) = answer["outputs"]
    assert output["name"] == "images" and output["datatype"] == "UINT8"
    np.testing.assert_array_equal(array_of(output)[..., 0], pictures_in(made))


def test_numbers_may_be_nested(client):
    latents = [[0.5] * LATENT_DIM, [0.1] * LATENT_DIM]
    nested = {"name": "latents", "shape": [2, LATENT_DIM], "datatype": "FP32", "data": latents}
    flat = tensor("latents", latents)
    assert infer(client, "gan", nested)["outputs"] == infer(client, "gan", flat)["outputs"]


def test_pictures_are_translated_as_bytes_and_as_floats(client, models):
    taken = models["pix2pix"].direction().takes
    images = np.random.default_rng(0).integers(0, 256, (2, *taken.shape)).astype("uint8")
    (output,) = infer(client, "pix2pix", tensor("images", images, "UINT8"))["outputs"]
    (other,) = infer(client, "pix2pix", tensor("images", in_range(images)))["outputs"]
    assert output == other
    expected = to_uint8(models["pix2pix"].translate(in_range(images)))
    assert np.abs(array_of(output) - expected.astype(int)).max() <= 1


def test_holes_are_filled(client, models):
    shape = models["inpainting"].image_shape
    images = np.random.default_rng(0).integers(0, 256, (1, *shape)).astype("uint8")
    masks = np.zeros((1, *shape[:2], 1))
    masks[:, :3] = 1
    inputs = tensor("images", images, "UINT8"), tensor("masks", masks)
    (output,) = infer(client, "inpainting", *inputs)["outputs"]
    np.testing.assert_array_equal(array_of(output)[:, 3:], images[:, 3:])
    assert (array_of(output)[:, :3] != images[:, :3]).any()


def test_a_method_is_chosen(client):
    image = png()
    images = tensor("images", opened(image)[None, ..., None], "UINT8")
    answer = infer(client, "vae", images, parameters={"method": "encode"})
    means, log_variances = answer["outputs"]
    sent = client.post("/v1/models/vae/encode", files=files(images=[image])).json()
    np.testing.assert_allclose(array_of(means), sent["latents"], atol=1e-4)
    np.testing.assert_allclose(array_of(log_variances), sent["log_variances"], atol=1e-4)
    only = infer(
        client, "vae", images, parameters={"method": "encode"}, outputs=[{"name": "means"}]
    )
    assert only["outputs"] == [means]
    (made,) = infer(client, "vae", images, parameters={"method": "reconstruct"})["outputs"]
    sent = client.post("/v1/models/vae/reconstruct", files=files(images=[image])).json()
    np.testing.assert_array_equal(array_of(made)[..., 0], pictures_in(sent))


def test_clips_and_rows_are_numbers(client, models):
    model = models["next_frame"]
    clips = np.zeros((1, model.context, *model.image_shape))
    (output,) = infer(client, "next_frame", tensor("clips", clips))["outputs"]
    expected = model.predict_frames(clips.astype("float32"))
    np.testing.assert_allclose(array_of(output), expected, atol=1e-4)
    (rows,) = infer(client, "table_vae", tensor("latents", [[0.0] * LATENT_DIM]))["outputs"]
    assert rows["name"] == "rows" and len(rows["data"]) == len(models["table_vae"].columns)


GOOD = tensor("latents", [[0.1] * LATENT_DIM])
REFUSED = {
    "no inputs": ("gan", {"inputs": []}),
    "no tensor": ("gan", {}),
    "another name": ("gan", {"inputs": [GOOD | {"name": "images"}]}),
    "twice": ("gan", {"inputs": [GOOD, GOOD]}),
    "one too few": ("conditional_gan", {"inputs": [GOOD]}),
    "another shape": ("gan", {"inputs": [GOOD | {"shape": [LATENT_DIM]}]}),
    "a longer shape": ("gan", {"inputs": [GOOD | {"shape": [2, LATENT_DIM]}]}),
    "a shape below 0": ("gan", {"inputs": [GOOD | {"shape": [-1, LATENT_DIM]}]}),
    "a huge shape": ("gan", {"inputs": [GOOD | {"shape": [2**31, LATENT_DIM]}]}),
    "many axes": ("gan", {"inputs": [GOOD | {"shape": [1] * 100}]}),
    "no examples": ("gan", {"inputs": [GOOD | {"shape": [0, LATENT_DIM], "data": []}]}),
    "text": ("gan", {"inputs": [GOOD | {"data": ["a"] * LATENT_DIM}]}),
    "booleans": ("gan", {"inputs": [GOOD | {"data": [True] * LATENT_DIM}]}),
    "objects": ("gan", {"inputs": [GOOD | {"data": [{}] * LATENT_DIM}]}),
    "integers without end": ("gan", {"inputs": [GOOD | {"data": [10**400] * LATENT_DIM}]}),
    "huge numbers": ("gan", {"inputs": [GOOD | {"data": [1e300] * LATENT_DIM}]}),
    "lists of two lengths": ("gan", {"inputs": [GOOD | {"data": [[0.1], [0.1, 0.2]]}]}),
    "another datatype": ("gan", {"inputs": [GOOD | {"datatype": "BYTES"}]}),
    "an unknown field": ("gan", {"inputs": [GOOD], "path": "/etc/passwd"}),
    "an unknown method": ("gan", {"inputs": [GOOD], "parameters": {"method": "fit"}}),
    "a method of a class": ("gan", {"inputs": [GOOD], "parameters": {"method": "__init__"}}),
    "an unknown output": ("gan", {"inputs": [GOOD], "outputs": [{"name": "weights"}]}),
    "too many": (
        "gan",
        {"inputs": [tensor("latents", [[0.1] * LATENT_DIM] * (LIMITS.images + 1))]},
    ),
    "pictures of no size": (
        "super_resolution",
        {"inputs": [tensor("images", np.zeros((1, 0, 0, 3)), "UINT8")]},
    ),
    "a size that wraps to 0": (
        "super_resolution",
        {
            "inputs": [
                {"name": "images", "datatype": "UINT8", "shape": [2**31] * 3 + [3], "data": []}
            ]
        },
    ),
    "a label too high": ("conditional_gan", {"inputs": [GOOD, tensor("labels", [3], "INT32")]}),
    "a label as a float": ("conditional_gan", {"inputs": [GOOD, tensor("labels", [1.0])]}),
    "two labels": ("conditional_gan", {"inputs": [GOOD, tensor("labels", [1, 1], "INT32")]}),
    "bytes beyond 255": (
        "vae",
        {"inputs": [tensor("images", np.full((1, 8, 8, 1), 256), "UINT8")]},
    ),
    "pictures of 0 to 255": ("vae", {"inputs": [tensor("images", np.full((1, 8, 8, 1), 9.0))]}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_protocol_does_not_say_is_refused(client, what):
    model, body = REFUSED[what]
    refused(client.post(f"/v2/models/{model}/infer", json=body), 422)


def test_pictures_of_any_size_have_a_limit(client):
    images = tensor("images", np.zeros((1, 300, 300, 3), "uint8"), "UINT8")
    images["data"] = [0] * 270_000
    assert len(str(images)) > LIMITS.body_bytes
    refused(client.post("/v2/models/super_resolution/infer", json={"inputs": [images]}), 413)


def test_nan_is_refused(client):
    content = b'{"inputs": [{"name": "latents", "shape": [1, 3], "datatype": "FP32", "data": [NaN, 0, 0]}]}'
    headers = {"Content-Type": "application/json"}
    refused(client.post("/v2/models/gan/infer", content=content, headers=headers), 422)
