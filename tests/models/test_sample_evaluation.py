"""`evaluate(scores=...)` of the models that generate."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.metrics import FeatureExtractor, FrechetDistance, SampleScores
from tests.cases import build_gan, compiled, images
from tests.families import CASES, families_that

FID = "FID (pixel features)"


@pytest.fixture
def pixels():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    return FeatureExtractor(model, name="pixel")


def frechet_scores(pixels, **options):
    return SampleScores(pixels, metrics=[FrechetDistance(pixels)], **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", families_that(lambda case: case.makes_images))
def test_losses_with_scores_floor_and_counts(name, pixels):
    case = CASES[name]
    model, data = compiled(case), case.data(24)
    losses = model.evaluate(data, batch_size=8, verbose=0, return_dict=True)
    report = model.evaluate(data, batch_size=8, verbose=0, scores=frechet_scores(pixels, seed=5))
    assert {*report} - {*losses} == {"extractor", "scores", "counts", "floor", "floor_counts"}
    assert {*losses} <= {*report}
    assert report["extractor"] == "pixel"
    assert report["counts"] == {"real": 24, "generated": 24}
    assert report["floor_counts"] == {"real": 12, "generated": 12}
    metric = FrechetDistance(pixels)
    if model.num_classes is None:
        generated = model.generate(24, seed=5)
    else:
        labels = data["label"]
        if labels.min() < 0:  # For those that have none, what the model takes them for.
            labels = np.where(labels < 0, model.classify(data["image"]).argmax(axis=1), labels)
        generated = model.generate(labels=labels, seed=5)
    real = case.first(24)
    metric.update_state(real, generated)
    assert report["scores"][FID] == pytest.approx(metric.result(), rel=1e-4)
    metric.reset_state()
    metric.update_state(real[::2], real[1::2])
    assert report["floor"][FID] == pytest.approx(metric.result(), rel=1e-4)


@pytest.mark.parametrize("scores", ["classifier_digits", 3])
def test_scores_of_another_kind_are_refused_before_anything_is_computed(scores):
    with pytest.raises(TypeError, match=rf"`scores` must be .*SampleScores.*scores={scores!r}"):
        compiled(CASES["gan"]).evaluate(CASES["gan"].data(4), scores=scores)


def test_without_scores_nothing_is_new():
    model = compiled(CASES["gan"])
    losses = model.evaluate(images(8), verbose=0)
    assert isinstance(losses, list) and len(losses) == 2


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return (images(20)[8 * index : 8 * index + 8],)


@pytest.mark.parametrize(
    "data",
    [
        images(20),
        keras.ops.convert_to_tensor(images(20)),
        {"image": images(20)},
        tf.data.Dataset.from_tensor_slices(images(20)).batch(8),
        tf.data.Dataset.from_tensor_slices((images(20), np.arange(20.0))).batch(8),
        Sequence(),
    ],
    ids=["array", "tensor", "dict", "dataset", "tuples", "sequence"],
)
def test_every_kind_of_data_serves(data, pixels):
    model = build_gan()
    model.set_weights([0.1 * np.ones(w.shape) for w in model.get_weights()])
    model.compile()
    batch_size = 8 if hasattr(data, "shape") or isinstance(data, dict) else None
    report = model.evaluate(data, batch_size=batch_size, verbose=0, scores=frechet_scores(pixels))
    metric = FrechetDistance(pixels)
    metric.update_state(images(20), model.generate(20, seed=0))
    assert report["counts"] == {"real": 20, "generated": 20}
    assert report["scores"][FID] == pytest.approx(metric.result(), rel=1e-4)


def test_images_and_labels_apart(pixels):
    case = CASES["conditional_gan"]
    model, data = compiled(case), case.data(12)
    options = {"batch_size": 5, "verbose": 0}
    together = model.evaluate(data, scores=frechet_scores(pixels), **options)
    apart = model.evaluate(data["image"], data["label"], scores=frechet_scores(pixels), **options)
    assert apart["scores"] == pytest.approx(together["scores"], rel=1e-5)


def test_so_many_steps(pixels):
    dataset = tf.data.Dataset.from_tensor_slices(images(20)).batch(8).repeat()
    report = compiled(CASES["gan"]).evaluate(
        dataset, steps=2, verbose=0, scores=frechet_scores(pixels)
    )
    assert report["counts"] == {"real": 16, "generated": 16}


def test_the_floor_can_be_a_holdout(pixels):
    real, holdout = images(20), images(30, seed=7)
    scores = frechet_scores(pixels, holdout=holdout)
    report = compiled(CASES["vae"]).evaluate(real, verbose=0, scores=scores)
    metric = FrechetDistance(pixels)
    metric.update_state(real, holdout[:20])
    assert report["floor_counts"] == {"real": 20, "generated": 20}
    assert report["floor"][FID] == pytest.approx(metric.result(), rel=1e-5)


def test_what_can_be_gone_through_once_is_refused(pixels):
    model = compiled(CASES["gan"])
    with pytest.raises(ValueError, match=r"gone through twice.*Received: x of type generator"):
        model.evaluate((batch for batch in [images(4)]), scores=frechet_scores(pixels), verbose=0)


SHADES = np.array([-0.8, 0.0, 0.8], "float32")


def shades_gan(shades):
    """A ConditionalGAN that paints an even shade for each class."""
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    embedding = keras.layers.Embedding(3, 64)
    noise = keras.layers.Dense(64, kernel_initializer="zeros")(latents)
    pixels = keras.layers.Add()([embedding(labels), noise])
    generator = keras.Model([latents, labels], keras.layers.Reshape((8, 8, 1))(pixels))
    embedding.set_weights([np.repeat(shades[:, None], 64, axis=1)])
    image, label = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    judged = keras.layers.Concatenate()(
        [keras.layers.Flatten()(image), keras.layers.Embedding(3, 2)(label)]
    )
    discriminator = keras.Model([image, label], keras.layers.Dense(1)(judged))
    model = keras_gen.ConditionalGAN(generator, discriminator, latent_dim=3, num_classes=3)
    model.compile()
    return model


@pytest.fixture
def shade_classifier():
    """Names the shade that is nearest to an image's mean."""
    image = keras.Input((8, 8, 1))
    features = keras.layers.GlobalAveragePooling2D(name="features")(image)
    logits = keras.layers.Dense(3)
    model = keras.Model(image, logits(features), name="shade")
    logits.set_weights([100 * 2 * SHADES[None, :], -100 * SHADES**2])
    return model


@pytest.mark.parametrize(
    ("shades", "share", "worst"), [(SHADES, 1.0, 1.0), (SHADES[[0, 1, 0]], 0.75, 0.0)]
)
def test_share_of_the_class_that_was_asked_for(shade_classifier, shades, share, worst):
    labels = np.tile(
        [0, 1, 2, 0], 10
    )  # a quarter is of class 2, which one of the models can't paint
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (40, 8, 8, 1))
    real = (SHADES[labels][:, None, None, None] + noise).astype("float32")
    scores = SampleScores(shade_classifier)
    report = shades_gan(shades).evaluate(real, labels, verbose=0, scores=scores)
    names = [
        f"share of the class asked for{which} (shade features)" for which in ("", ", worst class")
    ]
    assert [report["scores"][name] for name in names] == pytest.approx([share, worst])
    assert [report["floor"][name] for name in names] == [1.0, 1.0]
