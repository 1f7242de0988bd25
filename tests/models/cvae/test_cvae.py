import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses
from tests.cases import LATENT_DIM, NUM_CLASSES, UNTRACED, images, latents
from tests.models.cvae.case import build
from tests.models.helpers import array

LABELS = np.array([2, 0, 1, 1], "int32")
NAMES = ["boot", "coat", "hat"]

# A linear model of four pixels: x = W z + b_y + noise of deviation SIGMA, z one standard normal number.
W = np.array([[0.3, -0.2, 0.1, 0.25]])
B = np.array([[0.1, 0.0, -0.2, 0.3], [-0.3, 0.2, 0.1, 0.0], [0.0, -0.1, 0.4, -0.2]])
SIGMA = 0.5
# Its posterior is N(GAIN (x - b_y), VARIANCE).
VARIANCE = 1.0 / (1.0 + (W**2).sum() / SIGMA**2)
GAIN = VARIANCE * W.T / SIGMA**2


def affine(size, shape, outputs):
    """A network of labels and vectors, each output `kernel, table`: `x @ kernel + table[label]`."""
    x, labels = keras.Input(shape), keras.Input((), dtype="int32")
    made = []
    for kernel, table in outputs:
        dense = keras.layers.Dense(size, use_bias=False)
        embedding = keras.layers.Embedding(len(table), size)
        made.append(keras.layers.Add()([dense(keras.layers.Flatten()(x)), embedding(labels)]))
        dense.kernel.assign(kernel)
        embedding.embeddings.assign(table)
    return [x, labels], made


def affine_cvae(means, log_variance, pixels, **options):
    """A CVAE of `(2, 2, 1)` images, affine in what it is given and shifted by class.

    Args:
        means: Kernel `(4, latent_dim)` and shifts `(3, latent_dim)` of the posterior's mean.
        log_variance: Number.
        pixels: Kernel `(latent_dim, 4)` and shifts `(3, 4)` of the decoder's outputs.
        **options: Of `CVAE`.
    """
    latent_dim = len(pixels[0])
    none = np.zeros((4, latent_dim)), np.full((NUM_CLASSES, latent_dim), log_variance)
    inputs, outputs = affine(latent_dim, (2, 2, 1), [means, none])
    encoder = keras.Model(inputs, outputs)
    inputs, (flat,) = affine(4, (latent_dim,), [pixels])
    decoder = keras.Model(inputs, keras.layers.Reshape((2, 2, 1))(flat))
    options = {"likelihood": losses.GaussianLikelihood(SIGMA), **options}
    return keras_gen.CVAE(encoder, decoder, latent_dim, NUM_CLASSES, **options)


def linear_cvae(**options):
    """The model above, with the exact posterior."""
    return affine_cvae((GAIN, -B @ GAIN), np.log(VARIANCE), (W, B), **options)


def telling_cvae(**options):
    """Decodes to a tenth of the label in the first pixel, and of the latents in those behind it."""
    kernel = 0.1 * np.eye(3, 4, k=1)
    label = np.outer(0.1 * np.arange(NUM_CLASSES), np.eye(1, 4)[0])
    means = np.zeros((4, 3)), np.zeros((NUM_CLASSES, 3))
    return affine_cvae(means, 0.0, (kernel, label), likelihood="gaussian", **options)


def log_likelihood(x, labels):
    """Of the linear model, by its marginal N(b_y, W'W + SIGMA^2)."""
    covariance = W.T @ W + SIGMA**2 * np.eye(4)
    difference = x.reshape(-1, 4) - B[labels]
    squared = np.einsum("ni,ij,nj->n", difference, np.linalg.inv(covariance), difference)
    return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * covariance)[1])


def still(model):
    model.compile(keras.optimizers.SGD(0.0), **UNTRACED)
    return model


def test_labels_reach_encoder_and_decoder():
    model = build()
    model.compile(keras.optimizers.SGD(1.0))
    kernels = {
        network: network.get_layer("hidden").kernel for network in (model.encoder, model.decoder)
    }
    before = {network: array(kernel) for network, kernel in kernels.items()}
    model.fit(images(4), np.array([2, 0, 0, 2]), batch_size=4, verbose=0)
    for network, kernel in kernels.items():
        moved = (array(kernel) != before[network]).any(axis=1)[-NUM_CLASSES:]
        # The rows of the classes that were there have a gradient, the other's has none.
        assert moved.tolist() == [True, False, True], network.name


def test_columns_of_generate_per_class_keep_their_latents():
    made = telling_cvae().generate(4, per_class=True, seed=0)
    assert made.shape == (3 * 4, 2, 2, 1)
    rows = made.reshape(3, 4, 4)
    np.testing.assert_allclose(rows[..., 0], np.repeat([[0], [0.1], [0.2]], 4, axis=1), atol=1e-6)
    np.testing.assert_array_equal(rows[..., 1:], np.repeat(rows[:1, :, 1:], 3, axis=0))
    assert len(set(rows[0, :, 1])) == 4


def test_the_prior_does_not_depend_on_the_label():
    model = telling_cvae()
    drawn = [model.generate(labels=[label] * 3, seed=5).reshape(3, 4)[:, 1:] for label in range(3)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0], drawn[2])
    # The KL term is that from N(0, 1) whichever the class: here a class's mean is its number.
    means = np.zeros((4, 1)), np.arange(NUM_CLASSES)[:, None]
    shifted = still(affine_cvae(means, 0.0, (W, B)))
    for label in range(NUM_CLASSES):
        labels = np.full(4, label)
        scores = shifted.evaluate(images(4, (2, 2, 1)), labels, verbose=0, return_dict=True)
        assert scores["kl_loss"] == pytest.approx(0.5 * label**2, abs=1e-6)


@pytest.mark.parametrize("label", range(NUM_CLASSES))
def test_the_elbo_of_a_linear_model_is_its_log_likelihood(label):
    model = still(linear_cvae())
    x, labels = images(1, (2, 2, 1)), np.full(4000, label)
    truth = log_likelihood(x, [label]).item()
    scores = model.evaluate(
        np.repeat(x, 4000, axis=0), labels, batch_size=4000, verbose=0, return_dict=True
    )
    # The posterior is exact, so that the bound is tight. What is left is the draws' noise.
    z = GAIN.T @ (x.ravel() - B[label]) + np.sqrt(VARIANCE) * np.random.default_rng(0).normal(
        size=(4000, 1)
    )
    terms = -0.5 * ((x.ravel() - z @ W - B[label]) ** 2).sum(1) / SIGMA**2
    assert scores["elbo"] == pytest.approx(truth, abs=5 * terms.std() / np.sqrt(4000))
    assert scores["loss"] == pytest.approx(-scores["elbo"], rel=1e-5)


def test_with_the_exact_posterior_every_sample_gives_the_likelihood_given_the_label():
    model, x = linear_cvae(), images(4, (2, 2, 1))
    bound = model.importance_weighted_bound(x, 2, labels=LABELS)
    np.testing.assert_allclose(bound, log_likelihood(x, LABELS), rtol=1e-4)
    others = (LABELS + 1) % NUM_CLASSES
    bound = model.importance_weighted_bound(x, 2, labels=others)
    np.testing.assert_allclose(bound, log_likelihood(x, others), rtol=1e-4)


def test_beta_and_warmup_weigh_the_kl_term_as_in_a_vae():
    means = np.zeros((4, 1)), np.ones((NUM_CLASSES, 1))
    model = still(affine_cvae(means, 0.0, (W, B), beta=2.0, kl_warmup_steps=2))
    history = model.fit(images(4, (2, 2, 1)), LABELS, epochs=3, verbose=0).history
    weights = (np.array(history["loss"]) - history["reconstruction_loss"]) / history["kl_loss"]
    np.testing.assert_allclose(weights, [0.0, 1.0, 2.0], atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2, 3], r"Labels must be integers in \[0, 3\). Received: the values 3"),
        ([0, 1, -1, 2], r"Labels must be integers in \[0, 3\). Received: the values -1"),
        ([0.0, 0.5, 1.0, 2.0], r"Labels must be integers.*Received: dtype=float64"),
        (np.eye(4, 3), r"one integer for each example.*Received: shape \(4, 3\)"),
        (None, r"must be \(image, label\).*Received: one batch of images alone"),
    ],
)
def test_wrong_labels_are_refused_before_the_first_step(labels, message):
    model = build()
    model.compile()
    before = model.get_weights()
    x = images(4) if labels is None else {"image": images(4), "label": np.array(labels)}
    for start in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            start(x, verbose=0)
    assert int(model.optimizer.iterations) == 0
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def cvae():
    return build(class_names=NAMES)


def test_generate_goes_by_its_seed_and_its_labels(cvae):
    made = cvae.generate(labels=LABELS, seed=0)
    assert made.shape == (4, 8, 8, 1) and made.dtype == "float32" and np.abs(made).max() <= 1
    np.testing.assert_array_equal(cvae.generate(labels=LABELS, seed=0), made)
    np.testing.assert_allclose(cvae.generate(labels=LABELS[:2], seed=0), made[:2], atol=1e-6)
    assert np.abs(cvae.generate(labels=LABELS, seed=1) - made).max() > 1e-4
    others = cvae.generate(labels=(LABELS + 1) % NUM_CLASSES, seed=0)
    assert np.abs(others - made).max((1, 2, 3)).min() > 1e-5
    assert cvae.generate(5, seed=0).shape == (5, 8, 8, 1)  # of drawn classes


def test_classes_go_by_their_names(cvae, tmp_path):
    np.testing.assert_array_equal(
        cvae.generate(labels=["hat", "boot"], seed=0), cvae.generate(labels=[2, 0], seed=0)
    )
    mean, _ = cvae.encode(images(2), ["coat", "hat"])
    np.testing.assert_array_equal(mean, cvae.encode(images(2), [1, 2])[0])
    cvae.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert list(loaded.class_names) == NAMES
    with pytest.raises(ValueError, match=r"of boot, coat, hat. Received: labels=\['shoe'\]"):
        loaded.generate(labels=["shoe"])


def test_reconstruction_is_of_the_posterior_mean_in_the_same_class(cvae):
    x = images(4)
    mean, log_variance = cvae.encode(x, LABELS)
    assert mean.shape == log_variance.shape == (4, LATENT_DIM)
    again = cvae.reconstruct(x, LABELS)
    np.testing.assert_allclose(again, cvae.decode(mean, LABELS), atol=1e-6)
    np.testing.assert_allclose(cvae.predict([x, LABELS], verbose=0), again, atol=1e-6)
    sheet, columns = cvae.reconstructions(x, columns=2, labels=LABELS)
    assert columns == 2
    np.testing.assert_array_equal(sheet[[0, 1, 4, 5]], x)
    np.testing.assert_allclose(sheet[[2, 3, 6, 7]], again, atol=1e-6)


def test_interpolation_has_its_ends_and_a_straight_line_between():
    model = linear_cvae()
    start, end = 0.2 * images(2, (2, 2, 1))
    row = model.interpolate(start, end, labels=[1, 1], steps=5)
    ends = model.reconstruct(np.stack([start, end]), [1, 1])
    straight = ends[0] + np.linspace(0, 1, 5).reshape(5, 1, 1, 1) * (ends[1] - ends[0])
    np.testing.assert_allclose(row, straight, atol=1e-5)
    # Of two classes each half is shown as its own; what is asked for, all of it.
    mixed = model.interpolate(start, end, labels=[0, 2], steps=4)
    ends = model.reconstruct(np.stack([start, end]), [0, 2])
    np.testing.assert_allclose(mixed[[0, -1]], ends, atol=1e-5)
    shown = model.interpolate(start, end, labels=[0, 2], steps=4, shown_as=1)
    expected = mixed.reshape(4, 4) + B[1] - B[[0, 0, 2, 2]]
    np.testing.assert_allclose(shown.reshape(4, 4), expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"`steps`.*Received: steps=1"):
        model.interpolate(start, end, [0, 1], steps=1)


def test_what_is_measured_is_measured_with_the_labels(cvae):
    x = images(4)
    errors = ((x - cvae.reconstruct(x, LABELS)) ** 2).mean((1, 2, 3))
    np.testing.assert_allclose(cvae.reconstruction_errors(x, labels=LABELS), errors, rtol=1e-4)
    assert cvae.anomaly_scores(x, labels=LABELS).shape == (4,)
    mean, _ = cvae.encode(x, LABELS)
    active = np.flatnonzero(mean.astype("float64").var(axis=0) > 1e-4)
    assert cvae.active_units(x, 1e-4, labels=LABELS).tolist() == active.tolist()
    found = cvae.measure((x, LABELS), iwae=2)
    assert found["losses"]["reconstruction_error"] == pytest.approx(errors.mean(), rel=1e-4)
    assert found["bound"] == {"samples": 2, "images": 4}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.encode(images(2), [0]), r"`labels` must be 2, one for each. Received: 1"),
        (lambda m: m.encode(images(2), [0, 3]), r"`labels`.*\[0, 3\). Received: labels=\[0, 3\]"),
        (lambda m: m.decode(latents(), [0]), r"`labels` must be 4, one for each. Received: 1"),
        (lambda m: m.reconstruction_errors(images(2)), r"`labels` must be given.*labels=None"),
        (lambda m: m.interpolate(*images(2), [0]), r"`labels` must be 2, one for each"),
        (lambda m: m.generate(labels=[0], per_class=True), r"`labels` or `per_class=True`"),
    ],
)
def test_refuses(cvae, call, message):
    with pytest.raises(ValueError, match=message):
        call(cvae)


def test_a_vae_refuses_labels():
    from tests.models.vae.case import build

    with pytest.raises(ValueError, match=r"`labels` are for a model with classes. Received: .*VAE"):
        build().anomaly_scores(images(2), labels=[0, 1])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_classes": 0}, r"`num_classes`.*Received: num_classes=0"),
        ({"class_names": ["a"]}, r"`class_names` must be 3 different names"),
        ({"encoder": "plain"}, r"`encoder` must take two inputs.*with 1 inputs"),
        ({"decoder": "plain"}, r"`decoder` must take two inputs.*with 1 inputs"),
    ],
)
def test_construction_refuses(changed, message):
    sizes = ((8, 8, 1), LATENT_DIM, 4)
    plain = {
        "encoder": keras_gen.networks.conv_encoder(*sizes),
        "decoder": keras_gen.networks.conv_decoder(*sizes),
    }
    model = build()
    arguments = {name: getattr(model, name) for name in ("encoder", "decoder", "latent_dim")}
    arguments |= {"num_classes": NUM_CLASSES}
    changed = {n: plain[n] if value == "plain" else value for n, value in changed.items()}
    with pytest.raises(ValueError, match=message):
        keras_gen.CVAE(**{**arguments, **changed})


def test_the_log_likelihood_is_that_given_the_class():
    model = build()
    pictures = np.where(images(3) > 0, 1.0, -1.0).astype("float32")
    found = model.log_likelihood(pictures, 9, labels=[0, 1, 2])
    again = model.log_likelihood(pictures, 9, labels=[0, 1, 2], batch_size=2)
    np.testing.assert_allclose(found, again, rtol=1e-5)
    assert np.abs(found - model.log_likelihood(pictures, 9, labels=[1, 1, 1])).max() > 1e-3
    with pytest.raises(ValueError, match="`labels` must be given"):
        model.log_likelihood(pictures, 9)
