"""Requests that come together are answered together, and alike as if they had come alone."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.testclient import TestClient

from keras_gen.serving import Limits, create_app
from keras_gen.serving.limits import RefusedError
from keras_gen.serving.worker import Worker
from tests.serving.conftest import pictures_in, post, until_ready
from tests.serving.test_hostile import refused


class Held:
    """A worker whose first job waits to be let go, so that others queue behind it."""

    def __init__(self, **limits):
        self.sizes = []
        self.go = threading.Event()
        self.worker = Worker(Limits(**limits))
        self.worker.start()
        self.first = self.worker.submit(None, (), lambda: self.go.wait(100), 1)
        while len(self.worker):
            time.sleep(0.001)

    def double(self, array):
        self.sizes.append(len(array))
        return (array * 2,)

    def submit(self, *values, key="a"):
        return self.worker.submit(key, (np.array(values),), self.double, len(values))


@pytest.fixture
def held():
    made = []

    def make(**limits):
        made.append(Held(**limits))
        return made[-1]

    yield make
    for each in made:
        each.go.set()
        each.worker.stop()


def results(futures):
    return [future.result(100)[0].tolist() for future in futures]


def test_jobs_of_one_key_are_one_call(held):
    here = held()
    futures = [here.submit(1), here.submit(2, 3), here.submit(4)]
    here.go.set()
    assert results(futures) == [[2], [4, 6], [8]]
    assert here.sizes == [4]


def test_sizes_are_powers_of_two(held):
    here = held()
    futures = [here.submit(*range(3)), here.submit(5, 6)]
    here.go.set()
    assert results(futures) == [[0, 2, 4], [10, 12]]
    assert here.sizes == [8]


def test_others_are_not_mixed_in_and_keep_their_order(held):
    here = held()
    futures = [here.submit(1), here.submit(2, key="b"), here.submit(3), here.submit(4, key="b")]
    here.go.set()
    assert results(futures) == [[2], [4], [6], [8]]
    assert here.sizes == [2, 2]


def test_a_batch_has_an_end(held):
    here = held(batch=4)
    futures = [here.submit(1, 2, 3), here.submit(4, 5), here.submit(6)]
    here.go.set()
    assert results(futures) == [[2, 4, 6], [8, 10], [12]]
    assert here.sizes == [4, 4]  # The last does not overtake the one before it.


def test_one_that_is_larger_than_a_batch_is_cut(held):
    here = held(batch=4)
    future = here.submit(*range(11))
    here.go.set()
    assert results([future]) == [[2 * n for n in range(11)]]
    assert here.sizes == [4, 4, 4]


def test_the_fault_of_one_is_not_the_others(held):
    here = held()

    def fussy(array):
        if (array == 3).any():
            raise ValueError("no 3")
        return (array,)

    futures = [here.worker.submit("a", (np.array([value]),), fussy, 1) for value in (1, 3, 5)]
    here.go.set()
    assert results([futures[0], futures[2]]) == [[1], [5]]
    with pytest.raises(ValueError, match="no 3"):
        futures[1].result(100)


def test_a_queue_that_is_full_refuses(held):
    here = held(queue=2)
    futures = [here.submit(1), here.submit(2)]
    with pytest.raises(RefusedError, match="2 requests wait") as error:
        here.submit(3)
    assert error.value.status == 429 and error.value.headers == {"Retry-After": "1"}
    here.go.set()
    assert results(futures) == [[2], [4]]


def test_what_nobody_waits_for_is_not_done(held):
    here = held()
    futures = [here.submit(1), here.submit(2, 3, 4)]
    assert futures[1].cancel()
    here.go.set()
    assert results(futures[:1]) == [[2]]
    assert here.sizes == [1]


def test_who_waits_at_the_end_is_told(held):
    here = held()
    future = here.submit(1)
    threading.Timer(0.1, here.go.set).start()
    here.worker.stop()
    with pytest.raises(RefusedError, match="stopped"):
        future.result(100)
    with pytest.raises(RefusedError, match="stopped"):
        here.submit(2)


@pytest.mark.parametrize("limits", [{"images": 0}, {"batch": 1.5}, {"wait_seconds": -1}])
def test_limits_are_checked(limits):
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)


# Through HTTP


def test_a_seed_s_picture_does_not_depend_on_its_company(client):
    alone = {
        seed: post(client, "conditional_gan", "generate", seed=seed, n=2) for seed in range(12)
    }
    before = measured(client, "conditional_gan")
    with ThreadPoolExecutor(12) as threads:
        found = threads.map(
            lambda seed: post(client, "conditional_gan", "generate", seed=seed, n=2), alone
        )
        together = dict(zip(alone, found, strict=True))
    calls, images = (
        b - a for a, b in zip(before, measured(client, "conditional_gan"), strict=True)
    )
    assert images == 24 and calls < 12
    for seed, answer in together.items():
        assert answer["latents"] == alone[seed]["latents"]
        assert answer["labels"] == alone[seed]["labels"]
        # Sums of another batch are rounded otherwise.
        images = pictures_in(answer).astype(int)
        assert np.abs(images - pictures_in(alone[seed])).max() <= 1


def measured(client, model):
    """Calls of a model so far, and the images that they made."""
    text = client.get("/metrics").text
    names = ("keras_gen_batch_size_count", "keras_gen_images_total")
    return [
        float(re.search(rf'^{name}{{model="{model}"}} (\S+)$', text, re.M)[1]) for name in names
    ]


def test_what_is_measured_can_be_read(client):
    post(client, "gan", "generate", n=3)
    before = measured(client, "gan")
    post(client, "gan", "generate", n=5)
    assert measured(client, "gan") == [before[0] + 1, before[1] + 5]
    client.get("/some/address")
    text = client.get("/metrics").text
    assert 'keras_gen_queue_length{model="gan"} 0.0' in text
    assert 'keras_gen_requests_total{route="none",status="404"}' in text
    assert 'keras_gen_request_seconds_count{route="/v1/models/gan/generate"}' in text
    assert "/some/address" not in text


class Slow:
    """Has a model's `generate` wait until it is let go."""

    def __init__(self, model, monkeypatch):
        self.go, self.entered = threading.Event(), threading.Event()
        generate = model.generate

        def slow(n=None, seed=None, latents=None, batch_size=128):
            if len(latents) > 1:  # no warming up
                self.entered.set()
                assert self.go.wait(100)
            return generate(latents=latents, batch_size=batch_size)

        monkeypatch.setattr(model, "generate", slow)


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"queue": 1}, "queue is full"), ({"wait_seconds": 0.1}, "within 0.1 seconds")],
)
def test_who_comes_to_a_busy_model_is_told_to_come_again(models, monkeypatch, limits, words):
    slow = Slow(models["gan"], monkeypatch)
    app = create_app({"gan": models["gan"]}, Limits(**limits))
    with TestClient(app, base_url="http://localhost") as client, ThreadPoolExecutor(3) as threads:
        until_ready(client)
        first = threads.submit(post, client, "gan", "generate", n=2)
        assert slow.entered.wait(100)
        others = []
        if "queue" in limits:
            others = [threads.submit(post, client, "gan", "generate", n=3)]
            while 'queue_length{model="gan"} 1.0' not in client.get("/metrics").text:
                time.sleep(0.01)
        answer = client.post("/v1/models/gan/generate", json={"n": 2})
        assert words in refused(answer, 429)
        assert answer.headers["retry-after"] == "1"
        slow.go.set()
        for future in (first, *others):
            assert len(future.result(100)["images"]) in (2, 3)


def test_a_model_that_fails_tells_nothing(models, monkeypatch, caplog):
    def broken(**options):
        raise RuntimeError("/home/somebody/secret.py went wrong")

    app = create_app({"gan": models["gan"]})
    with TestClient(app, base_url="http://localhost") as client:
        until_ready(client)
        monkeypatch.setattr(models["gan"], "generate", broken)
        answer = client.post("/v1/models/gan/generate", json={})
    assert answer.status_code == 500
    assert answer.json() == {"error": "The model failed at this request."}
    assert "secret.py" in caplog.text
