import keras
import numpy as np
import pytest

import keras_gen
from tests.cases import (
    IMAGE_SHAPE,
    LATENT_DIM,
    NUM_CLASSES,
    UNTRACED,
    build_conditional_gan,
    images,
)
from tests.models.helpers import array, first_logs, handed, sgd

LABELS = np.array([2, 0, 1, 1], "int32")


@pytest.fixture(scope="module", params=["embedding", "one_hot"])
def cgan(request):
    return keras_gen.ConditionalGAN(
        generator=keras_gen.networks.conditional_dcgan_generator(
            IMAGE_SHAPE, NUM_CLASSES, LATENT_DIM, request.param, base_filters=4
        ),
        discriminator=keras_gen.networks.conditional_dcgan_discriminator(
            IMAGE_SHAPE, NUM_CLASSES, base_filters=2
        ),
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES,
    )


def telling_generator():
    """Makes an image whose first pixel is the label and whose second is the first latent."""
    latents, labels = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
    embedding = keras.layers.Embedding(NUM_CLASSES, 1)
    pixels = keras.layers.Concatenate()([embedding(labels), latents])
    generator = keras.Model([latents, labels], keras.layers.Reshape((2, 2, 1))(pixels))
    embedding.embeddings.assign(np.arange(NUM_CLASSES, dtype="float32")[:, None])
    return generator


def judge(classifier=False):
    """A linear discriminator of images, deaf to labels, with class logits if asked."""
    image, labels = keras.Input((2, 2, 1)), keras.Input((), dtype="int32")
    features = keras.layers.Flatten()(image)
    logits = keras.layers.Dense(1, use_bias=False)(features)
    outputs = [logits, keras.layers.Dense(NUM_CLASSES)(features)] if classifier else logits
    return keras.Model([image, labels], outputs)


def telling_gan(classifier=False):
    return keras_gen.ConditionalGAN(
        telling_generator(), judge(classifier), latent_dim=LATENT_DIM, num_classes=NUM_CLASSES
    )


def test_images_are_of_the_labels_in_their_order():
    pictures = telling_gan().generate(labels=LABELS, seed=0)
    np.testing.assert_array_equal(pictures[:, 0, 0, 0], LABELS)
    assert len(set(pictures[:, 0, 1, 0])) == 4  # each of its own noise


def test_rows_of_per_class_are_the_classes_on_the_same_noise():
    pictures = telling_gan().generate(4, per_class=True, seed=0)
    assert pictures.shape == (3 * 4, 2, 2, 1)
    rows = pictures.reshape(3, 4, 2, 2)
    np.testing.assert_array_equal(rows[:, :, 0, 0], np.repeat([[0], [1], [2]], 4, axis=1))
    noise = rows[:, :, 0, 1]
    np.testing.assert_array_equal(noise, np.repeat(noise[:1], 3, axis=0))
    assert len(set(noise[0])) == 4


def test_labels_are_drawn_where_none_are_given():
    model = telling_gan()
    labels = model.generate(300, seed=0)[:, 0, 0, 0]
    assert np.bincount(labels.astype(int), minlength=3).min() > 60
    np.testing.assert_array_equal(model.generate(300, seed=0)[:, 0, 0, 0], labels)
    assert (model.generate(300, seed=1)[:, 0, 0, 0] != labels).any()


def test_generate_goes_by_its_seed(cgan):
    pictures = cgan.generate(labels=LABELS, seed=0)
    assert pictures.shape == (4, *IMAGE_SHAPE)
    np.testing.assert_array_equal(cgan.generate(labels=LABELS, seed=0), pictures)
    np.testing.assert_allclose(cgan.generate(labels=LABELS[:2], seed=0), pictures[:2], atol=1e-6)
    assert np.abs(cgan.generate(labels=LABELS, seed=1) - pictures).max() > 1e-4


def test_a_walk_between_latents_is_of_one_class():
    model = telling_gan()
    walks = [model.interpolate(6, seed=seed)[:, 0, 0, 0] for seed in range(8)]
    assert all(len(set(walk)) == 1 for walk in walks)
    assert len({walk[0] for walk in walks}) > 1
    np.testing.assert_array_equal(model.interpolate(6, seed=3), model.interpolate(6, seed=3))
    of_class = model.interpolate(3, seed=0, labels=[0, 1, 2])[:, 0, 0, 0]
    np.testing.assert_array_equal(of_class, [0, 1, 2])


def test_class_interpolation_keeps_the_noise_fixed(cgan):
    rows = cgan.interpolate_classes(2, 0, steps=4, n=3, seed=5)
    assert rows.shape == (12, *IMAGE_SHAPE)
    rows = rows.reshape(3, 4, *IMAGE_SHAPE)
    for place, label in ((0, 2), (-1, 0)):
        expected = cgan.generate(labels=[label] * 3, seed=5)
        np.testing.assert_allclose(rows[:, place], expected, atol=1e-6)
    # On the same noise and the same class nothing moves, in another row all does.
    still = cgan.interpolate_classes(1, 1, steps=3, n=2, seed=5).reshape(2, 3, *IMAGE_SHAPE)
    np.testing.assert_allclose(still[:, 1:], still[:, :-1], atol=1e-6)
    assert np.abs(still[0] - still[1]).max() > 1e-4


def test_class_interpolation_mixes_the_classes_evenly_on_each_row_s_own_noise():
    rows = telling_gan().interpolate_classes(0, 2, steps=5, n=2, seed=0).reshape(2, 5, 2, 2)
    np.testing.assert_allclose(rows[:, :, 0, 0], [[0, 0.5, 1, 1.5, 2]] * 2, atol=1e-6)
    noise = rows[:, :, 0, 1]
    np.testing.assert_array_equal(noise, np.repeat(noise[:, :1], 5, axis=1))
    assert noise[0, 0] != noise[1, 0]


def test_class_interpolation_needs_one_layer_that_takes_labels():
    latents, labels = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
    codes = [keras.layers.Embedding(NUM_CLASSES, size)(labels) for size in (1, 3)]
    pixels = keras.layers.Dense(4)(keras.layers.Concatenate()([latents, *codes]))
    generator = keras.Model([latents, labels], keras.layers.Reshape((2, 2, 1))(pixels))
    model = keras_gen.ConditionalGAN(generator, judge(), LATENT_DIM, NUM_CLASSES)
    with pytest.raises(ValueError, match=r"one layer takes the labels.*in which 2 do"):
        model.interpolate_classes(0, 1)
    with pytest.raises(ValueError, match=r"`steps`.*Received: steps=1"):
        model.interpolate_classes(0, 1, steps=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [0, 3]}, r"`labels` must be.*\[0, 3\). Received: labels=\[0, 3\]"),
        ({"labels": [-1]}, r"`labels`.*Received: labels=\[-1\]"),
        ({"labels": [0.5]}, r"`labels`.*Received: labels=\[0.5\]"),
        ({"labels": [[0, 1]]}, r"`labels`.*Received: labels=\[\[0, 1\]\]"),
        ({"labels": []}, r"`labels`.*Received: labels=\[\]"),
        ({"labels": [0], "per_class": True}, r"`labels` or `per_class=True`. Received: both"),
        ({"n": 3, "labels": [0, 1]}, r"`n` must be.*Received: n=3 and 2 labels"),
        ({}, r"`n`, how many images to generate, or `latents`"),
        ({"labels": [0, 1], "latents": np.ones((3, 3))}, r"`latents`.*\(2, 3\)"),
    ],
)
def test_generate_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        telling_gan().generate(**arguments)


@pytest.mark.parametrize("share_forward", [False, True])
def test_both_phases_have_the_labels_of_the_real_images(share_forward):
    model = sgd(telling_gan(), 0.0, share_forward=share_forward)
    data = {"image": images(4, (2, 2, 1)), "label": LABELS}
    batches = handed(model, data)
    assert [name for name, _ in batches] == ["discriminator", "generator"]
    for _, batch in batches:
        np.testing.assert_array_equal(array(batch["labels"]), LABELS)
    fakes = array(batches[0][1]["fakes"])
    np.testing.assert_array_equal(fakes[:, 0, 0, 0], LABELS)  # made for those labels
    np.testing.assert_array_equal(array(batches[0][1]["reals"]), data["image"])


def test_a_shared_forward_pass_gives_the_same_updates(monkeypatch):
    latents = np.random.default_rng(1).normal(size=(4, LATENT_DIM)).astype("float32")
    models = [build_conditional_gan() for _ in "ab"]
    models[1].set_weights(models[0].get_weights())
    logs = []
    for model, share_forward in zip(models, (True, False), strict=True):
        sgd(model, 0.1, share_forward=share_forward, **UNTRACED)
        monkeypatch.setattr(model, "sample_latents", lambda n: keras.ops.convert_to_tensor(latents))
        calls = []
        call = model.generator.call
        monkeypatch.setattr(
            model.generator,
            "call",
            lambda *a, call=call, calls=calls, **k: calls.append(a) or call(*a, **k),
        )
        logs.append(first_logs(model.fit(images(4), LABELS, shuffle=False, verbose=0)))
        assert len(calls) == (1 if share_forward else 2)
    assert logs[0] == pytest.approx(logs[1], rel=1e-4)
    for shared, direct in zip(*(m.trainable_variables for m in models), strict=True):
        np.testing.assert_allclose(array(shared), array(direct), rtol=1e-4, atol=1e-5)


def cross_entropy(logits, labels):
    logits = logits - logits.max(1, keepdims=True)
    return -(logits - np.log(np.exp(logits).sum(1, keepdims=True)))[np.arange(4), labels].mean()


def test_the_discriminator_sees_real_and_generated_images_in_one_pass(monkeypatch):
    discriminator = keras_gen.networks.conditional_dcgan_discriminator(
        IMAGE_SHAPE, NUM_CLASSES, base_filters=2, normalization=None
    )
    model = build_conditional_gan(discriminator=discriminator)
    model.compile(loss="relativistic", run_eagerly=True)
    sizes, call = [], discriminator.call
    monkeypatch.setattr(
        discriminator, "call", lambda x, **k: sizes.append(len(x[0])) or call(x, **k)
    )
    model.fit(images(4), LABELS, batch_size=4, verbose=0)
    assert sizes == [8, 8]


def test_an_auxiliary_classifier_is_trained_on_real_and_generated_images(monkeypatch):
    options = {"loss": "wasserstein", "classifier_weight": 2.0}
    model = sgd(telling_gan(classifier=True), 0.0, **options, **UNTRACED)
    latents = np.random.default_rng(1).normal(size=(4, LATENT_DIM)).astype("float32")
    monkeypatch.setattr(model, "sample_latents", lambda n: keras.ops.convert_to_tensor(latents))
    reals = images(4, (2, 2, 1))
    logs = first_logs(model.fit(reals, LABELS, shuffle=False, verbose=0))

    fakes = model.generate(labels=LABELS, latents=latents)
    real, real_classes = (array(x) for x in model.discriminator([reals, LABELS]))
    fake, fake_classes = (array(x) for x in model.discriminator([fakes, LABELS]))
    by_generator = cross_entropy(fake_classes, LABELS)
    by_discriminator = cross_entropy(real_classes, LABELS) + by_generator
    expected = {
        "discriminator_class_loss": by_discriminator,
        "generator_class_loss": by_generator,
        "discriminator_loss": fake.mean() - real.mean() + 2.0 * by_discriminator,
        "generator_loss": -fake.mean() + 2.0 * by_generator,
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
@pytest.mark.parametrize("share_forward", [False, True])
def test_an_auxiliary_classifier_serves_any_loss(loss, share_forward):
    model = telling_gan(classifier=True)
    sgd(model, 0.01, loss=loss, share_forward=share_forward, **UNTRACED)
    before = model.get_weights()
    logs = first_logs(model.fit(images(4, (2, 2, 1)), LABELS, verbose=0))
    assert np.isfinite(list(logs.values())).all()
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_penalties_look_at_the_discriminator_of_each_image_s_own_label():
    image, labels = keras.Input((2, 2, 1)), keras.Input((), dtype="int32")
    table = keras.layers.Embedding(NUM_CLASSES, 4)
    score = keras.layers.Dot(1)([keras.layers.Flatten()(image), table(labels)])
    discriminator = keras.Model([image, labels], keras.layers.Reshape((1,))(score))
    table.embeddings.assign(np.arange(NUM_CLASSES, dtype="float32")[:, None] * np.ones(4))
    model = keras_gen.ConditionalGAN(telling_generator(), discriminator, LATENT_DIM, NUM_CLASSES)
    options = {"loss": "wasserstein", "share_forward": True}
    sgd(model, 0.0, r1_weight=3.0, r2_weight=1.0, **options, **UNTRACED)
    logs = first_logs(model.fit(images(4, (2, 2, 1)), LABELS, verbose=0))
    expected = 0.5 * np.mean(4.0 * LABELS**2)  # the gradient of label y is (y, y, y, y)
    assert logs["r1_penalty"] == pytest.approx(expected, rel=1e-5)
    assert logs["r2_penalty"] == pytest.approx(expected, rel=1e-5)
    wasserstein = -logs["generator_loss"] - np.mean(LABELS * images(4, (2, 2, 1)).sum((1, 2, 3)))
    assert logs["discriminator_loss"] == pytest.approx(wasserstein + 4.0 * expected, rel=1e-4)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((images(4, (2, 2, 1)),), r"must be \(image, label\).*Received: one batch of images alone"),
        ((images(4, (2, 2, 1)), np.eye(3)[LABELS]), r"one integer.*Received: shape \(4, 3\)"),
    ],
)
def test_training_refuses(data, message):
    model = sgd(telling_gan(), 0.1, **UNTRACED)
    with pytest.raises(ValueError, match=message):
        model.fit(*data, verbose=0)


def test_labels_may_have_an_axis_of_their_own():
    model = sgd(telling_gan(), 0.1, **UNTRACED)
    history = model.fit(images(4, (2, 2, 1)), LABELS[:, None], verbose=0)
    assert np.isfinite(history.history["loss"]).all()
