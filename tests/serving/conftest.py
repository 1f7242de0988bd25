"""Tiny models of every task, served."""

import asyncio
import base64
import contextlib
import io
import socket
import threading
import time

import keras
import numpy as np
import PIL.Image
import pytest
import uvicorn
from starlette.testclient import TestClient

import keras_gen
from keras_gen.serving import Limits, create_app
from tests import families

FAMILIES = (
    "gan",
    "conditional_gan",
    "info_gan",
    "style_gan2",
    "vae",
    "cvae",
    "diffusion",
    "pix2pix",
    "cycle_gan",
    "super_resolution",
    "inpainting",
    "next_frame",
    "table_vae",
    "tabular_vae",
    "tabular_gan",
)
LIMITS = Limits(images=16, rows=200, pixels=2**16, body_bytes=2**18, batch=8)


@pytest.fixture(scope="session")
def models():
    keras.utils.set_random_seed(0)
    made = {family: families.CASES[family].build() for family in FAMILIES}
    generator = keras_gen.networks.edsr_generator((None, None, 3), 2, base_filters=4, blocks=1)
    made["super_resolution"] = keras_gen.SuperResolution(generator)
    for family, model in made.items():
        # What is freshly drawn makes nothing but grey.
        scale = 16.0 if family in ("gan", "info_gan") else 4.0
        for weight in [] if model.gives.kind == "tables" else model.variables:
            if len(weight.shape) > 1:
                weight.assign(weight * scale)
    return made


@pytest.fixture(scope="session")
def client(models):
    """A client of all models, once they are warm."""
    cards = {"gan": "# A card <script>"}
    app = create_app(models, LIMITS, metadata={"gan": {"description": "Digits."}}, cards=cards)
    with TestClient(app, base_url="http://localhost") as client:
        until_ready(client)
        yield client


def until_ready(client):
    deadline = time.monotonic() + 300
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def listening(app):
    """Port of a real server of an application."""
    options = {"log_config": None, "log_level": "error", "timeout_graceful_shutdown": 10}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    with socket.create_server(("127.0.0.1", 0)) as found:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([found])), daemon=True)
        thread.start()
        try:
            yield found.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)


def post(client, model, method, **body):
    """What a method answers, of a request that it takes."""
    answer = client.post(f"/v1/models/{model}/{method}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def opened(png):
    return np.asarray(PIL.Image.open(io.BytesIO(png)))


def pictures_in(answer):
    """uint8 array `(n, height, width)`, or with channels, of an answer in JSON."""
    return np.stack([opened(base64.b64decode(each)) for each in answer["images"]])


def png(shape=(8, 8), seed=0, format="PNG"):
    """Bytes of a picture of noise."""
    values = np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")
    file = io.BytesIO()
    PIL.Image.fromarray(values).save(file, format=format)
    return file.getvalue()


def mask(shape=(8, 8), rows=3):
    """Bytes of a mask whose upper rows are white."""
    values = np.zeros(shape, "uint8")
    values[:rows] = 255
    file = io.BytesIO()
    PIL.Image.fromarray(values).save(file, format="PNG")
    return file.getvalue()


def files(**named):
    """What httpx sends as files: lists of bytes by name."""
    return [(name, (f"{name}.png", each)) for name, many in named.items() for each in many]
