"""Everything from outside works for a model that the package has never heard of."""

import json
import warnings

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import metrics
from keras_gen.callbacks import CollapseMonitor, EvaluateSamples, SampleImages
from keras_gen.evaluation import evaluate
from tests.cases import images
from tests.tasks.foreign import PACKAGE, Painter, painter

FID = "FID (digits classifier features)"


def test_evaluate():
    model = painter()
    report = evaluate(model, "digits", n=40, seed=2)
    assert json.loads(json.dumps(report)) == report
    assert (report["model"], report["split"]) == ("Painter", "test")
    assert report["counts"] == report["floor_counts"] == {"real": 40, "generated": 40}
    batches = keras_gen.data.images("digits", split="test", batch_size=300, shuffle=False)
    (real,) = batches.as_numpy_iterator()
    chosen = real[[i for i in range(300) if (i + 1) * 40 // 300 > i * 40 // 300]]
    metric = metrics.FrechetDistance("classifier_digits")
    metric.update_state(chosen, model.generate(40, seed=2))
    assert report["scores"][FID] == pytest.approx(metric.result(), rel=1e-3)
    assert report["losses"].keys() == {"loss"}
    with pytest.raises(ValueError, match="`iwae` is no option for a Painter"):
        evaluate(model, "digits", iwae=3)


def test_callbacks(tmp_path):
    model, real = painter(), images(20, seed=5)
    model.compile()
    extractor = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixel")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = model.fit(
            images(8),
            batch_size=4,
            epochs=2,
            verbose=0,
            callbacks=[
                SampleImages(tmp_path, n=4, seed=3),
                CollapseMonitor(real, n=8),
                EvaluateSamples(real, extractor, [metrics.FrechetDistance(extractor)], n=10),
                keras.callbacks.EarlyStopping(monitor="frechet_distance", mode="min"),
            ],
        ).history
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["epoch_0001.png", "epoch_0002.png", "training.gif"]
    metric = metrics.FrechetDistance(extractor)
    metric.update_state(real, model.generate(10, seed=0))
    assert history["frechet_distance"][-1] == pytest.approx(metric.result(), rel=1e-4)
    assert history["sample_diversity"][0] > 0 and "discriminator_accuracy" not in history


def test_a_preset(tmp_path):
    model = painter()
    custom = {f"{PACKAGE}>Painter": Painter}
    model.save_to_preset(tmp_path / "painter", custom_objects=custom)
    loaded = keras_gen.from_preset(tmp_path / "painter", custom_objects=custom)
    np.testing.assert_array_equal(loaded.generate(3, seed=1), model.generate(3, seed=1))
    assert Painter.usage("mine").splitlines()[0] == 'model = Painter.from_preset("mine")'
    inputs = model.golden_inputs(dataset="digits", split="test")
    np.testing.assert_array_equal(model.golden_outputs(inputs), model.generate(3, seed=0))


def test_points_have_losses_alone(tmp_path):
    model = painter((2,))
    points = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    report = evaluate(model, points, n=20)
    assert report["losses"].keys() == {"loss"} and "scores" not in report
    assert (report["dataset"], report["split"]) == ("arrays", "train")
    assert report["counts"] == {"examples": 20}
    assert report["notes"] == ["There are no scores for data of shape (2,): losses alone."]
    model.fit(
        points,
        verbose=0,
        callbacks=[
            SampleImages(tmp_path, n=5, seed=1),
            CollapseMonitor(points, n=16),
        ],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["epoch_0001.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "epoch_0001.npy"), model.generate(5, seed=1))
    np.save(tmp_path / "points.npy", points)
    from_file = evaluate(model, tmp_path / "points.npy")
    assert from_file["losses"] and from_file["counts"] == {"examples": 30}
    with pytest.raises(ValueError, match="`features` are for scores, of which there are none"):
        evaluate(model, points, features="classifier_digits")
    with pytest.raises(ValueError, match=r"`dataset` must have the shape .*\(batch, 2\)"):
        evaluate(model, points[:, :1])
