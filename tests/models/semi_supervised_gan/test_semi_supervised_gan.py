import json

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import keras_gen
from keras_gen import losses
from keras_gen.evaluation import evaluate
from keras_gen.models.semi_supervised_gan.model import unlabelled
from keras_gen.recipes import find_family
from tests.cases import IMAGE_SHAPE, NUM_CLASSES, images
from tests.models.helpers import array, first_logs, fixed, kernel, sgd
from tests.models.semi_supervised_gan.case import build, some_labels

SHAPE = (2, 2, 1)


def telling(weights):
    """A discriminator of one hidden layer, the positive pixels, and a linear map of them to classes."""
    image = keras.Input(SHAPE)
    features = keras.layers.ReLU()(keras.layers.Flatten()(image))
    dense = keras.layers.Dense(weights.shape[1])
    network = keras.Model(image, dense(features))
    dense.kernel.assign(weights)
    return network


def some_weights(seed=3):
    return np.random.default_rng(seed).normal(size=(4, 3)).astype("float32")


def known(fake=0.5, weights=None, **options):
    """A generator of one image, and that discriminator."""
    return keras_gen.SemiSupervisedGAN(
        fixed(np.full(SHAPE, fake)),
        telling(some_weights() if weights is None else weights),
        latent_dim=2,
        classes=3,
        **options,
    )


def logits_of(pixels):
    return np.maximum(np.reshape(pixels, (-1, 4)), 0) @ some_weights()


# The paper's details


def test_a_logit_of_0_for_generated_is_a_softmax_of_one_class_more():
    logits = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    of_more = softmax(np.concatenate([logits, np.zeros((7, 1))], axis=1), axis=1)
    real = 1.0 / (1.0 + np.exp(-array(losses.log_odds_of_real(logits))))
    np.testing.assert_allclose(real, 1.0 - of_more[:, -1], rtol=1e-5)
    # Given that it is real, its classes are what the logits say.
    np.testing.assert_allclose(of_more[:, :-1] / real[:, None], softmax(logits, axis=1), rtol=1e-4)


@pytest.mark.parametrize("weight", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("run_eagerly", [True, False])
def test_losses_are_those_of_the_softmax_of_one_class_more(weight, run_eagerly):
    model = sgd(known(), 0.0, unsupervised_weight=weight, run_eagerly=run_eagerly)
    reals, labels = images(6, SHAPE), np.array([2, -1, 0, -1, -1, 1], "int32")
    logs = first_logs(model.fit(reals, labels, batch_size=6, shuffle=False, verbose=0))

    of_more = [
        log_softmax(np.concatenate([logits, np.zeros((len(logits), 1))], axis=1), axis=1)
        for logits in (logits_of(reals), logits_of(np.full((1, 4), 0.5)))
    ]
    has = labels >= 0
    right = log_softmax(logits_of(reals), axis=1)[has, labels[has]]
    real = -np.log(1.0 - np.exp(of_more[0][~has, -1])).mean()
    fake = -of_more[1][0, -1]
    features = np.maximum(reals.reshape(-1, 4), 0)[~has].mean(axis=0)
    expected = {
        "supervised_loss": -right.mean(),
        "discriminator_loss": -right.mean() + weight * (real + fake),
        "generator_loss": np.square(features - 0.5).mean(),
        "classification_error": np.mean(logits_of(reals)[has].argmax(1) != labels[has]),
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def matching(model, reals, labels, fakes):
    features = model.mean_features(reals, unlabelled(np.array(labels)), training=False)
    return float(array(model.generator_loss(features, fakes, training=False)))


def test_features_of_equal_batches_match():
    model = build()
    model.compile()
    x = images(6)
    assert matching(model, x, [-1] * 6, x) == 0.0
    # Means are compared, and no images: their order is of no account.
    assert matching(model, x, [-1] * 6, x[::-1]) < 1e-10
    assert matching(model, x, [-1] * 6, -x) > 1e-5


@pytest.mark.slow
def test_generators_gradient_leads_to_the_mean_features_of_real_images():
    reals = np.stack([np.full(SHAPE, value, "float32") for value in (0.2, 0.4, 0.9, -0.9)])
    labels = np.array([-1, -1, 1, 2], "int32")  # The last two are looked at for their labels alone.
    model = known(fake=0.8)
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    model.fit(reals, labels, batch_size=4, epochs=200, verbose=0)
    np.testing.assert_allclose(model.generate(1, seed=0), np.full((1, *SHAPE), 0.3), atol=1e-3)


def test_all_images_stand_for_the_real_ones_where_each_has_a_label():
    model = known()
    reals = images(4, SHAPE)
    assert matching(model, reals, [2] * 4, reals) == matching(model, reals, [-1] * 4, reals) == 0.0
    assert matching(model, reals, [2, -1, -1, -1], reals[1:]) < 1e-12


def test_images_without_a_label_move_no_classes_where_their_weight_is_0():
    reals = images(4, SHAPE)
    kernels = []
    for others in (reals, -reals):
        x = np.concatenate([reals[:2], others[2:]])
        model = sgd(known(), 0.5, unsupervised_weight=0.0)
        model.fit(x, np.array([0, 1, -1, -1]), batch_size=4, verbose=0)
        kernels.append(array(model.discriminator.trainable_variables[0]))
    np.testing.assert_array_equal(*kernels)
    assert (kernels[0] != some_weights()).any()


# What is asked of it


def test_classify_gives_probabilities_of_the_averaged_network():
    model = known(ema_decay=0.9)
    x = images(5, SHAPE)
    np.testing.assert_allclose(
        model.classify(x), softmax(logits_of(x), axis=1), rtol=1e-4, atol=1e-6
    )
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
    model.fit(x, np.array([0, 1, 2, -1, -1]), batch_size=5, epochs=2, verbose=0)
    told = model.classify(x, batch_size=2)
    assert told.shape == (5, 3) and told.dtype == "float32"
    np.testing.assert_allclose(told.sum(axis=1), 1.0, rtol=1e-6)
    averaged = softmax(array(model.ema_discriminator(x)), axis=1)
    np.testing.assert_allclose(told, averaged, rtol=1e-4, atol=1e-6)
    assert (model.ema_discriminator.get_weights()[0] != kernel(model.discriminator)).any()


def test_evaluate_gives_the_error_of_classify():
    model = known(ema_decay=0.9)
    model.compile()
    x, labels = images(12, SHAPE), np.arange(12) % 3
    model.ema_discriminator.set_weights([some_weights(1), np.zeros(3)])
    result = model.evaluate(x, labels, batch_size=4, verbose=0, return_dict=True)
    wrong = np.mean(model.classify(x).argmax(axis=1) != labels)
    assert result["classification_error"] == pytest.approx(wrong)
    assert 0 < wrong < 1
    surprise = -np.log(model.classify(x)[np.arange(12), labels]).mean()
    assert result["supervised_loss"] == pytest.approx(surprise, rel=1e-4)


def test_scores_of_the_discriminator_are_log_odds():
    x = images(5, SHAPE)
    expected = np.log(np.exp(logits_of(x)).sum(axis=1))
    np.testing.assert_allclose(known().discriminator_scores(x), expected, rtol=1e-4)


@pytest.mark.slow
def test_one_label_each_tells_two_kinds_of_images_apart():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    kinds = np.repeat([[0.9, 0.9, -0.9, -0.9], [-0.9, -0.9, 0.9, 0.9]], 32, axis=0)
    x = (kinds + random.normal(0, 0.05, kinds.shape)).reshape(-1, *SHAPE).astype("float32")
    classes = np.repeat([0, 1], 32)
    labels = np.full(64, -1)
    labels[[0, 32]] = [0, 1]
    image = keras.Input(SHAPE)
    body = keras.layers.Dense(8, "leaky_relu")(keras.layers.Flatten()(image))
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4, "tanh"), keras.layers.Reshape(SHAPE)]
    )
    model = keras_gen.SemiSupervisedGAN(
        generator, keras.Model(image, keras.layers.Dense(2)(body)), 4, classes=2
    )
    model.compile(*(keras.optimizers.Adam(0.01, beta_1=0.5) for _ in range(2)))
    model.fit(x, labels, batch_size=64, epochs=60, verbose=0)
    told = model.classify(x)
    assert (told.argmax(axis=1) == classes).all()
    assert told.max(axis=1).min() > 0.9  # of all images, though of two alone the class was known


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            [0, 1, 2, 3],
            r"Labels must be integers in \[0, 3\), or -1 for none. Received: the values 3",
        ),
        (
            [0, -2, 1, 2],
            r"Labels must be integers in \[0, 3\), or -1 for none. Received: the values -2",
        ),
        ([-1, -1, -1, -1], "Labels must be given of some examples .* Received: -1, none, of all"),
    ],
)
def test_wrong_labels_are_refused_in_a_sentence(labels, message):
    model = build()
    model.compile()
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(images(4), np.array(labels), verbose=0)
    if "of some examples" in message:
        return
    batches = iter([(images(4), np.array(labels))])
    with pytest.raises(ValueError, match=message):
        model.fit(batches, steps_per_epoch=1, verbose=0)


def test_a_batch_of_a_stream_that_has_no_label_is_said_and_trains():
    labels = np.array([[-1, -1], [0, -1], [-1, -1]])
    model = build()
    model.compile()
    with pytest.warns(UserWarning, match="A batch has no label, -1 of all its examples"):
        model.fit(zip(images(6).reshape(3, 2, 8, 8, 1), labels, strict=True), verbose=0)
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 3


def test_later_labels_that_are_none_are_counted_and_refused():
    import tensorflow as tf

    model = build()
    model.compile()
    right = {"image": images(4), "label": some_labels(4)}
    wrong = {"image": images(4), "label": np.array([0, -5, 1, 2], "int32")}
    batches = tf.data.Dataset.from_tensor_slices(
        keras.tree.map_structure(lambda a, b: np.concatenate([a, b]), right, wrong)
    ).batch(4)
    with pytest.raises(ValueError, match=r"or -1 for none. Received: 1 other values"):
        model.fit(batches, verbose=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": 1}, "`classes` must be at least 2. Received: classes=1"),
        ({"classes": 0}, "`classes` must be an integer above 0"),
        ({"classes": 4}, r"`discriminator` must give outputs of shape \(batch, 4\)"),
        (
            {
                "discriminator": keras.Sequential(
                    [keras.Input(IMAGE_SHAPE), keras.layers.Flatten(), keras.layers.Dense(3)]
                )
            },
            "`discriminator` must be a functional model with activations",
        ),
    ],
)
def test_wrong_parts_are_refused(change, message):
    config = build().get_config()
    with pytest.raises(ValueError, match=message):
        keras_gen.SemiSupervisedGAN(**keras.saving.deserialize_keras_object(config) | change)


# By the command line


@pytest.mark.slow
def test_the_recipe_hides_all_labels_but_some_and_evaluate_counts_the_errors():
    recipe = find_family("semi_supervised_gan").load()(
        dataset="digits", labelled_examples=50, batch_size=32, base_filters=4
    )
    opened = recipe.open()
    assert len(opened.labelled) == 50
    model = recipe.build(opened, 100)
    assert (model.classes, model.image_shape, model.ema_decay) == (10, (8, 8, 1), 0.999)
    _, labels = next(iter(recipe.batches(opened).as_numpy_iterator()))
    assert (labels[::4] >= 0).all() and (labels >= 0).sum() == 8
    model.fit(recipe.batches(opened).take(3), verbose=0)
    report = evaluate(model, "digits", n=60, features="classifier_digits")
    assert 0 <= report["losses"]["classification_error"] <= 1
    assert report["counts"]["generated"] == 60
    json.dumps(report)
    alone = find_family("semi_supervised_gan").load()(
        dataset="digits", unsupervised_weight=0.0, ema_decay=0.0
    )
    model = alone.build(opened, 100)
    assert (model.unsupervised_weight, model.ema_decay) == (0.0, None)


def test_samples_are_of_no_class():
    samples, labels = build().samples(4, seed=0)
    assert samples.shape == (4, *IMAGE_SHAPE) and labels is None
    assert build().classify(samples).shape == (4, NUM_CLASSES)
