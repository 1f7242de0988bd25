import json

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import keras_gen
from keras_gen.evaluation import evaluate
from keras_gen.metrics import SampleScores
from keras_gen.recipes import find_family
from tests.cases import IMAGE_SHAPE, NUM_CLASSES, images
from tests.models.helpers import array, first_logs
from tests.models.semi_supervised_gan.case import some_labels
from tests.models.semi_supervised_vae.case import build

SHAPE = (2, 2, 1)
LOGITS = np.array([0.5, -1.0, 2.0], "float32")


def fixed_by_class(seed=0):
    """An encoder and a decoder that look at the label alone, and a classifier that looks at nothing."""

    def of_label(inputs, outputs, seed):
        x = keras.Input(inputs)
        label = keras.Input((), dtype="int32")
        table = keras.layers.Embedding(
            3, outputs, embeddings_initializer=keras.initializers.RandomNormal(0.0, 0.5, seed=seed)
        )(label)
        nothing = keras.layers.Dense(outputs, kernel_initializer="zeros")
        found = keras.layers.Add()([table, nothing(keras.layers.Flatten()(x))])
        return [x, label], found

    inputs, mean = of_label(SHAPE, 2, seed)
    log_variance = keras.layers.Dense(2, kernel_initializer="identity", use_bias=False)(mean)
    encoder = keras.Model(inputs, [mean, log_variance])
    inputs, pixels = of_label((2,), 4, seed + 1)
    decoder = keras.Model(inputs, keras.layers.Reshape(SHAPE)(pixels))
    image = keras.Input(SHAPE)
    dense = keras.layers.Dense(3, kernel_initializer="zeros")
    classifier = keras.Model(image, dense(keras.layers.Flatten()(image)))
    dense.bias.assign(LOGITS)
    return encoder, decoder, classifier


def known(**options):
    return keras_gen.SemiSupervisedVAE(
        *fixed_by_class(), latent_dim=2, num_classes=3, likelihood="gaussian", **options
    )


def costs(model, x):
    """By hand, of each image and class: minus the log likelihood, and the KL divergence."""
    latents, every = np.zeros((3, 2)), np.arange(3)
    means = array(model.decoder([latents, every])).reshape(3, 4)
    squares = np.square(x.reshape(-1, 1, 4) - means)
    surprise = 0.5 * (squares + np.log(2 * np.pi)).sum(axis=-1)
    mean, log_variance = (array(part) for part in model.encoder([np.zeros((3, *SHAPE)), every]))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=-1)
    return surprise, np.broadcast_to(kl, surprise.shape)


# The paper's details


@pytest.mark.parametrize("run_eagerly", [True, False])
@pytest.mark.parametrize("labels", [[2, 0, 1, 2], [-1, -1, -1, 0], [2, -1, -1, 0]])
def test_the_loss_is_the_papers(labels, run_eagerly):
    model = known(alpha=0.3, beta=0.5)
    x, labels = images(4, SHAPE), np.array(labels)
    surprise, kl = costs(model, x)
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=run_eagerly)
    logs = first_logs(model.fit(x, labels, batch_size=4, shuffle=False, verbose=0))

    bound = surprise + 0.5 * kl + np.log(3)  # of image and label
    q, has = softmax(LOGITS), labels >= 0
    entropy = -(q * np.log(q)).sum()
    of_images = np.where(has, bound[np.arange(4), labels], bound @ q - entropy)
    supervised = -log_softmax(LOGITS)[labels[has]].mean()
    assert logs["loss"] == pytest.approx(of_images.mean() + 0.3 * supervised, rel=1e-4)
    assert logs["supervised_loss"] == pytest.approx(supervised, rel=1e-5)
    assert logs["classification_error"] == pytest.approx(np.mean(labels[has] != 2))


def test_batches_without_a_label_say_nothing_of_the_classifier():
    model = known(alpha=0.3)
    x, labels = images(8, SHAPE), np.array([2, 0, 1, -1, -1, -1, -1, 2])
    model.compile(keras.optimizers.SGD(0.0))
    options = {"batch_size": 2, "verbose": 0}
    logs = first_logs(model.fit(x, labels, shuffle=False, **options))
    found = model.evaluate(x, labels, **options, return_dict=True)
    for scores in (logs, found):
        assert scores["classification_error"] == pytest.approx(0.5)
        expected = -log_softmax(LOGITS)[[2, 0, 1, 2]].mean()
        assert scores["supervised_loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int64", "float32"])
def test_labels_of_any_dtype_are_the_same(dtype):
    x, labels = images(6, SHAPE), np.arange(6) % NUM_CLASSES
    found = []
    for given in (labels.astype("int32"), labels.astype(dtype)):
        keras.utils.set_random_seed(0)
        model = known()
        model.compile(keras.optimizers.SGD(0.0))
        found.append(first_logs(model.fit(x, given, batch_size=6, verbose=0)))
    assert found[0]["reconstruction_loss"] > 0.0
    assert found[1] == pytest.approx(found[0], rel=1e-5)


@pytest.mark.parametrize("likelihood", ["learned_gaussian", "discretized_logistic"])
def test_the_scale_of_a_likelihood_is_learnt(likelihood):
    model = build(likelihood=likelihood)
    model.compile(keras.optimizers.SGD(0.1))
    (scale,) = model.likelihood.trainable_variables
    before = array(scale)
    model.fit(images(4), some_labels(4), batch_size=4, verbose=0)
    assert array(scale) != before
    phases = model.phases().values()
    learnt = {id(variable) for phase in phases for variable in phase.variables}
    assert learnt == {id(variable) for variable in model.trainable_variables}


def test_evaluate_gives_the_bound():
    model = known(beta=3.0)
    x, labels = images(4, SHAPE), np.array([0, -1, 2, -1])
    surprise, kl = costs(model, x)
    model.compile()
    found = model.evaluate(x, labels, batch_size=4, verbose=0, return_dict=True)
    q = softmax(LOGITS)
    bound = surprise + kl + np.log(3)
    alone = bound @ q + (q * np.log(q)).sum()
    expected = -np.where(labels >= 0, bound[np.arange(4), labels], alone).mean()
    assert found["elbo"] == pytest.approx(expected, rel=1e-4)


def test_the_bound_of_an_image_alone_is_highest_where_the_classifier_is_right():
    """Its best classifier is the softmax of the classes' own bounds, and then the bound is their sum's log."""
    model = known()
    x = images(1, SHAPE)
    surprise, kl = costs(model, x)
    bounds = -(surprise + kl)[0]
    bias = model.classifier.layers[-1].bias

    def elbo(logits):
        bias.assign(logits)
        model.compile()
        data = np.repeat(x, 2, axis=0), np.array([-1, 0])
        found = model.evaluate(*data, batch_size=2, verbose=0, return_dict=True)
        return 2 * found["elbo"] - (bounds[0] - np.log(3))

    best = elbo(bounds)
    assert best == pytest.approx(np.log(np.exp(bounds).sum()) - np.log(3), rel=1e-4)
    for change in ([1.0, 0.0, 0.0], [0.0, -0.5, 0.0], -bounds):
        assert elbo(bounds + np.array(change)) < best


def test_all_classes_are_looked_at_in_one_pass_each_with_its_own_image():
    model = build()
    x = images(5)
    surprise, divergence = (array(part) for part in model.costs_by_class(x, training=False))
    assert surprise.shape == divergence.shape == (5, NUM_CLASSES)
    for label in range(NUM_CLASSES):
        mean, log_variance = model.encode(x, [label] * 5)
        kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=-1)
        np.testing.assert_allclose(divergence[:, label], kl, rtol=1e-4, atol=1e-6)


def test_images_without_a_label_teach_the_classifier_and_those_with_one_only_their_own():
    kernels = []
    for labels in ([0, -1], [0, 1]):
        model = known(alpha=0.0)
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(images(2, SHAPE), np.array(labels), batch_size=2, verbose=0)
        kernels.append(array(model.classifier.layers[-1].bias))
    assert np.abs(kernels[0] - LOGITS).max() > 1e-4
    np.testing.assert_array_equal(kernels[1], LOGITS)  # with alpha 0 labels say nothing to it


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_only_the_classifier_sees_changed_images_and_only_in_training(run_eagerly):
    model = known(alpha=0.3)
    # Logits: the sum of the pixels for the first class, 0 for the others.
    dense = model.classifier.layers[-1]
    dense.set_weights([np.eye(4, 3, dtype="float32")[[0, 0, 0, 0]], np.zeros(3, "float32")])
    x, labels = images(4, SHAPE), np.array([0, -1, 2, -1])
    surprise, kl = costs(model, x)
    model.compile(keras.optimizers.SGD(0.0), lambda seen: 2.0 * seen, run_eagerly=run_eagerly)
    found = model.evaluate(x, labels, batch_size=4, verbose=0, return_dict=True)
    logs = first_logs(model.fit(x, labels, batch_size=4, shuffle=False, verbose=0))
    for factor, got in ((1.0, found), (2.0, logs)):
        logits = factor * np.eye(3)[0] * x.sum(axis=(1, 2, 3))[:, None]
        expected = -log_softmax(logits, axis=1)[[0, 2], [0, 2]].mean()
        assert got["supervised_loss"] == pytest.approx(expected, rel=1e-5)
        q, has = softmax(logits, axis=1), labels >= 0
        weights = np.where(has[:, None], np.eye(3)[labels], q)
        for name, cost in (("reconstruction_loss", surprise), ("kl_loss", kl)):
            assert got[name] == pytest.approx((weights * cost).sum(axis=1).mean(), rel=1e-4)


def test_an_augmentation_goes_by_its_schedule_and_a_file_keeps_it(tmp_path):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.0, 0.75])
    model = build()
    model.compile(augmentation=keras_gen.layers.DiffAugment("translation", schedule, seed=0))
    x, labels = images(12), some_labels(12)
    model.fit(x, labels, batch_size=4, verbose=0)
    assert array(model.augmentation.probability) == 0.75
    model.save(tmp_path / "model.keras")
    other = keras.saving.load_model(tmp_path / "model.keras")
    assert array(other.augmentation.probability) == 0.75
    logs = [
        first_logs(m.fit(x, labels, batch_size=4, shuffle=False, verbose=0)) for m in (model, other)
    ]
    assert logs[0] == pytest.approx(logs[1], rel=1e-5)


# What is asked of it


def test_classes_that_nobody_told_are_those_that_are_likeliest():
    model = build()
    x = images(6)
    told = model.classify(x)
    np.testing.assert_allclose(told.sum(axis=1), 1.0, rtol=1e-6)
    assert told.shape == (6, NUM_CLASSES) and told.dtype == "float32"
    labels = told.argmax(axis=1)
    np.testing.assert_array_equal(model.likeliest(x), labels)
    for method in (model.encode, model.reconstruct):
        np.testing.assert_array_equal(method(x), method(x, labels))
        assert np.abs(np.subtract(method(x), method(x, (labels + 1) % NUM_CLASSES))).max() > 1e-4


def test_generate_makes_images_of_classes():
    model = build(class_names=["a", "b", "c"])
    assert model.generate(2, per_class=True, seed=0).shape == (6, *IMAGE_SHAPE)
    by_name, by_number = model.generate(labels=["c"], seed=0), model.generate(labels=[2], seed=0)
    np.testing.assert_array_equal(by_name, by_number)
    assert np.abs(by_name - model.generate(labels=[0], seed=0)).max() > 1e-4


def test_samples_are_scored_beside_images_without_a_label():
    model = build()
    model.compile()
    x, labels = images(24), some_labels(24)
    report = model.evaluate(
        x, labels, batch_size=8, verbose=0, scores=SampleScores("classifier_digits")
    )
    assert report["counts"] == {"real": 24, "generated": 24}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": -1}, "`alpha` must be a number >= 0"),
        ({"num_classes": 0}, "`num_classes` must be an integer above 0"),
        (
            {"classifier": keras_gen.networks.noisy_classifier(IMAGE_SHAPE, 4, (8,))},
            r"`classifier` must give outputs of shape \(batch, 3\)",
        ),
    ],
)
def test_wrong_parts_are_refused(change, message):
    config = keras.saving.deserialize_keras_object(build().get_config())
    with pytest.raises(ValueError, match=message):
        keras_gen.SemiSupervisedVAE(**config | change)


def test_an_augmentation_that_is_none_is_refused():
    with pytest.raises(ValueError, match="`augmentation` must be a callable of a batch"):
        build().compile(augmentation="translation")
    with pytest.raises(
        ValueError, match="goes by a discriminator's scores, and this model has none"
    ):
        build().compile(augmentation=keras_gen.layers.AdaptiveAugment("translation"))


def test_labels_of_no_example_are_refused():
    model = build()
    model.compile()
    with pytest.raises(ValueError, match="Labels must be given of some examples"):
        model.fit(images(4), np.full(4, -1), verbose=0)


@pytest.mark.slow
def test_the_recipe_hides_all_labels_but_some_and_evaluate_counts_the_errors():
    recipe = find_family("semi_supervised_vae").load()(
        dataset="digits", labelled_examples=30, network="convolutional", base_filters=4
    )
    assert (recipe.batch_size, recipe.latent_dim) == (64, 16)
    opened = recipe.open()
    model = recipe.build(opened, 100)
    assert model.class_names == list(opened.class_names) and model.alpha == recipe.alpha
    assert model.augmentation is None
    assert model.classifier.get_layer("down_1").filters == 16  # Seen once, not once for each class.
    model.fit(recipe.batches(opened).take(2), verbose=0)
    report = evaluate(model, "digits", n=40, features="classifier_digits", iwae=2)
    assert {"classification_error", "elbo", "importance_weighted_bound"} <= set(report["losses"])
    json.dumps(report)


def test_the_recipe_augments_what_the_classifier_sees():
    with pytest.raises(ValueError, match="`diff_augment` must be none, or some of"):
        find_family("semi_supervised_vae").load()(dataset="digits", diff_augment="blur")
    recipe = find_family("semi_supervised_vae").load()(
        dataset="digits", labelled_examples=30, base_filters=4, diff_augment="translation,scale"
    )
    augmentation = recipe.build(recipe.open(), 100).augmentation
    assert augmentation.operations == ("translation", "scale")
    assert array(augmentation.probability) == recipe.diff_augment_share == 0.5
