"""A VAE whose prior is the mixture of the posteriors of images that are learnt."""

import keras
import numpy as np
import pytest
from scipy import special, stats

import keras_gen
from keras_gen import losses
from tests.cases import build_vae, images
from tests.models.helpers import array
from tests.models.vae.test_vae import (
    DEVIATION,
    LINEAR,
    OFFSET,
    affine_vae,
    constant_vae,
    head,
    linear_vae,
    moved,
    scores_of,
    seeded,
    still,
)

SHAPE = (2, 2, 1)


def components_of(model):
    return model.encode(array(model.vamp_prior.pseudo_inputs))


def log_prior(model, latents):
    """The mixture's log density, by SciPy."""
    logs = [
        stats.norm(mean, np.exp(log_variance / 2)).logpdf(latents).sum(1)
        for mean, log_variance in zip(*components_of(model), strict=True)
    ]
    return special.logsumexp(logs, axis=0) - np.log(len(logs))


def draws_of(model, pictures, count=1):
    """Log posterior densities and latents of the first draws of a generator with seed 5."""
    mean, log_variance = (np.repeat(part, count, axis=0) for part in model.encode(pictures))
    noise = array(keras.random.normal(mean.shape, seed=keras.random.SeedGenerator(5)))
    log_posterior = -0.5 * (noise**2 + log_variance + np.log(2 * np.pi)).sum(1)
    return log_posterior, mean + np.exp(log_variance / 2) * noise


def given(model, inputs=None):
    """A model whose pseudo-inputs do not depend on what was drawn before."""
    variable = model.vamp_prior.pseudo_inputs
    if inputs is None:
        inputs = np.random.default_rng(1).uniform(-1.0, 1.0, variable.shape)
    variable.assign(inputs)
    return model


def test_the_kl_term_is_that_of_the_draws_from_the_mixture():
    pictures = images(6, SHAPE)
    model = given(linear_vae(LINEAR, 0.3, pseudo_inputs=3, beta=2.0))
    log_posterior, latents = draws_of(model, pictures)
    expected = (log_posterior - log_prior(model, latents)).mean()
    scores = scores_of(model, pictures)
    plain = scores_of(linear_vae(LINEAR, 0.3), pictures)
    assert scores["kl_loss"] == pytest.approx(expected, rel=1e-4)
    assert abs(scores["kl_loss"] - plain["kl_loss"]) > 0.05
    reconstruction = scores["reconstruction_loss"]
    assert reconstruction == pytest.approx(plain["reconstruction_loss"], rel=1e-5)
    assert scores["loss"] == pytest.approx(reconstruction + 2.0 * expected, rel=1e-4)
    assert scores["elbo"] == pytest.approx(-reconstruction - expected, rel=1e-4)


def test_an_iwae_weighs_its_draws_by_the_mixture():
    pictures = images(4, SHAPE)
    options = {"objective": "iwae", "importance_samples": 3, "pseudo_inputs": 2}
    model = given(linear_vae(LINEAR, 0.3, **options))
    log_posterior, latents = draws_of(model, pictures, 3)
    log_ratio = log_prior(model, latents) - log_posterior
    outputs = array(model.decoder(latents))
    away = np.repeat(pictures, 3, axis=0) - outputs
    log_likelihood = stats.norm(0.0, DEVIATION).logpdf(away).reshape(12, -1).sum(1)
    weights = (log_likelihood + log_ratio).reshape(4, 3)
    expected = np.log(3) - special.logsumexp(weights, axis=1).mean()
    scores = scores_of(model, pictures)
    assert scores["loss"] == pytest.approx(expected, rel=1e-4)
    assert scores["kl_loss"] == pytest.approx(-log_ratio.mean(), rel=1e-4)


@pytest.mark.parametrize("objective", ["elbo", "iwae"])
def test_of_one_input_whose_posterior_is_normal_it_is_the_standard_prior(objective):
    # The encoder takes the black image, and it alone, to N(0, 1).
    options = {
        "decoder": (LINEAR, OFFSET),
        "encoder": (LINEAR.T, LINEAR.sum(1)),
        "log_variance": np.zeros(2),
        "likelihood": losses.GaussianLikelihood(DEVIATION),
        "objective": objective,
        "importance_samples": 2,
    }
    plain = affine_vae(SHAPE, **options)
    model = given(affine_vae(SHAPE, **options, pseudo_inputs=1), -np.ones((1, *SHAPE)))
    pictures = images(5, SHAPE)
    for method, settings in (
        ("importance_weighted_bound", {"num_samples": 3}),
        ("anomaly_scores", {"batch_size": 2}),
    ):
        found, expected = (getattr(m, method)(pictures, **settings) for m in (model, plain))
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    if objective == "iwae":
        ours, theirs = scores_of(model, pictures), scores_of(plain, pictures)
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
    else:  # The divergence of draws is the closed form on average.
        many = np.repeat(pictures, 2000, axis=0)
        evaluation = {"batch_size": len(many), "verbose": 0, "return_dict": True}
        ours, theirs = (still(seeded(m)).evaluate(many, **evaluation) for m in (model, plain))
        assert ours["kl_loss"] == pytest.approx(theirs["kl_loss"], abs=0.1)  # a deviation is 0.02


# A linear Gaussian model whose prior is N(CENTRES, VARIANCES): the exact posteriors are known. They are
# narrower than the prior, so the encoder goes by the last pixel: 1 in pseudo-inputs, and 0 in data.
DECODER = np.array([[1.0, 1.0, 0.0, 0.0], [0.5, -0.5, 0.0, 0.0]])
BIAS = np.array([0.1, -0.2, 0.3, 0.0])
CENTRES, VARIANCES = np.array([0.4, -0.3]), np.array([0.5, 2.0])


def true_prior_vae(inputs, **options):
    posterior = 1 / (1 / VARIANCES + (DECODER**2).sum(1) / DEVIATION**2)
    kernel = DECODER.T / DEVIATION**2 * posterior
    bias = posterior * CENTRES / VARIANCES - BIAS @ kernel
    wider = np.zeros((4, 2))
    kernel[3], wider[3] = CENTRES - bias, np.log(VARIANCES / posterior)
    image = keras.Input(SHAPE)
    features = keras.layers.Flatten()(image)
    outputs = [head(features, 2, kernel, bias), head(features, 2, wider, np.log(posterior))]
    latents = keras.Input((2,))
    decoded = keras.layers.Reshape(SHAPE)(head(latents, 4, DECODER, BIAS))
    model = keras_gen.VAE(
        keras.Model(image, outputs),
        keras.Model(latents, decoded),
        2,
        likelihood=losses.GaussianLikelihood(DEVIATION),
        pseudo_inputs=len(inputs),
        **options,
    )
    return given(model, np.reshape(inputs, (-1, *SHAPE)))


def data_of_it(n):
    pictures = images(n, SHAPE)
    pictures[:, 1, 1] = 0.0
    return pictures


def true_log_likelihood(model, pictures):
    covariance = DECODER.T * VARIANCES @ DECODER + DEVIATION**2 * np.eye(4)
    means = components_of(model)[0].astype("float64") @ DECODER + BIAS
    x = pictures.reshape(-1, 4)
    logs = [stats.multivariate_normal(mean, covariance).logpdf(x) for mean in means]
    return special.logsumexp(logs, axis=0) - np.log(len(logs))


@pytest.mark.parametrize("objective", ["elbo", "iwae"])
def test_with_the_true_prior_of_a_linear_model_each_draw_gives_the_log_likelihood(objective):
    pictures, at_the_centre = data_of_it(5), [0.0, 0.0, 0.0, 1.0]
    model = true_prior_vae([at_the_centre] * 2, objective=objective, importance_samples=3)
    truth = true_log_likelihood(model, pictures)
    np.testing.assert_allclose(components_of(model)[0], [CENTRES] * 2, atol=1e-5)
    np.testing.assert_allclose(model.importance_weighted_bound(pictures, 1), truth, rtol=1e-4)
    assert scores_of(model, pictures)["loss"] == pytest.approx(-truth.mean(), rel=1e-4)


def test_the_log_likelihood_of_many_samples_is_that_of_the_mixture():
    pictures = data_of_it(3)
    model = true_prior_vae([[0.0, 0.0, 0.0, 1.0], [0.9, -0.3, 0.0, 1.0]])
    truth = true_log_likelihood(model, pictures)
    found = model.log_likelihood(pictures, samples=2000)
    np.testing.assert_allclose(found, truth, atol=0.05)
    of_one = true_log_likelihood(true_prior_vae([[0.0, 0.0, 0.0, 1.0]]), pictures)
    assert np.abs(truth - of_one).max() > 0.15  # it shows
    few = model.importance_weighted_bound(np.repeat(pictures, 400, axis=0), 1).reshape(3, 400)
    assert few.mean() < truth.mean()
    np.testing.assert_allclose(
        model.importance_weighted_bound(pictures, 7, batch_size=2),
        model.importance_weighted_bound(pictures, 7),
        rtol=1e-5,
    )


def test_latents_have_the_mixture_s_mean_and_variance():
    model = true_prior_vae([[0.0, 0.0, 0.0, 1.0], [0.8, 0.6, 0.0, 1.0], [-0.5, 0.5, 0.0, 1.0]])
    means, _ = components_of(model)
    mean = means.mean(0)
    covariance = np.diag(VARIANCES) + np.cov(means.T, bias=True)
    drawn = model.prior.draw(40000, seed=0)
    in_a_step = array(model.prior.sample(40000, keras.random.SeedGenerator(0)))
    for latents in (drawn, in_a_step):
        assert latents.shape == (40000, 2) and latents.dtype == "float32"
        np.testing.assert_allclose(latents.mean(0), mean, atol=0.03)  # a deviation is below 0.01
        np.testing.assert_allclose(np.cov(latents.T), covariance, atol=0.08)
    np.testing.assert_allclose(model.prior.draw(3, seed=0), drawn[:3], rtol=1e-5)
    made = model.generate(40000, seed=0)
    np.testing.assert_allclose(made[:3], model.decode(drawn[:3]), atol=1e-5)
    same = model.generate(40000, seed=0, sampler="prior")
    np.testing.assert_array_equal(same, made)
    walk = model.prior.between(drawn[0], drawn[1], 3)
    np.testing.assert_allclose(walk[1], drawn[:2].mean(0), rtol=1e-5)
    np.testing.assert_allclose(model.prior.near(drawn[0], 0.0, 2, seed=1), drawn[[0, 0]])
    with pytest.raises(ValueError, match=r"`n`.*Received: n=0"):
        model.generate(0)


def test_pseudo_inputs_learn_and_stay_in_range():
    # Data whose latents are about 5, and an input whose latent is 2: a pull of 3 / 0.01 * 5 upwards.
    options = {"encoder": ([[5.0]], [0.0]), "log_variance": [np.log(0.01)], "pseudo_inputs": 1}
    model = given(affine_vae((1, 1, 1), ([[0.0]], [0.0]), **options), 0.4 * np.ones((1, 1, 1, 1)))
    steps, _ = moved(model, np.ones((8, 1, 1, 1), "float32"))
    step = steps[model.trainable_variables.index(model.vamp_prior.pseudo_inputs)]
    assert step.item() == pytest.approx(0.6, rel=1e-5)  # to 1, and no further


@pytest.mark.slow
def test_it_trains_compiled_in_half_precision_and_goes_on_as_it_was(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = given(build_vae("batch", objective="iwae", pseudo_inputs=4, importance_samples=2))
    finally:
        keras.config.set_dtype_policy(before)
    torch = keras.backend.backend() == "torch"
    model.compile(keras.optimizers.Adam(1e-2), jit_compile="auto" if torch else True)
    first = array(model.vamp_prior.pseudo_inputs)
    options = {"batch_size": 4, "verbose": 0, "shuffle": False}
    history = model.fit(images(8), epochs=2, **options).history
    assert np.isfinite(history["loss"]).all()
    assert array(model.vamp_prior.pseudo_inputs).dtype == "float32"
    assert np.abs(array(model.vamp_prior.pseudo_inputs) - first).max() > 1e-3
    made, bound = model.generate(3, seed=0), model.importance_weighted_bound(images(2), 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.pseudo_inputs == 4
    model.save_to_preset(tmp_path / "preset")
    for other in (loaded, keras_gen.VAE.from_preset(tmp_path / "preset")):
        np.testing.assert_allclose(other.generate(3, seed=0), made, atol=1e-6)
        np.testing.assert_allclose(other.importance_weighted_bound(images(2), 2), bound, rtol=1e-6)
    ours, theirs = (one.fit(images(8), **options).history["loss"] for one in (model, loaded))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(array(one), array(other), rtol=1e-6, atol=1e-7)
    # What was compiled sees the weights as they are now.
    assert np.abs(model.generate(3, seed=0) - made).max() > 1e-4
    assert np.abs(model.importance_weighted_bound(images(2), 2) - bound).max() > 1e-3


def test_doubly_reparameterised_and_with_mmd_it_trains():
    for options in (
        {"objective": "iwae", "doubly_reparameterised": True, "importance_samples": 2},
        {"objective": "mmd", "beta": 0.1},
    ):
        model = build_vae(pseudo_inputs=2, **options)
        model.compile()
        first = array(model.vamp_prior.pseudo_inputs)
        history = model.fit(images(8), batch_size=4, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        assert np.abs(array(model.vamp_prior.pseudo_inputs) - first).max() > 1e-5


def test_a_sampler_may_be_fitted_beside_it():
    model = given(build_vae(pseudo_inputs=3))
    own = model.generate(4, seed=0)
    model.fit_sampler("gmm", images(12), components=2)
    assert np.abs(model.generate(4, seed=0) - own).max() > 1e-4
    np.testing.assert_array_equal(model.generate(4, seed=0, sampler="prior"), own)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pseudo_inputs": -1}, r"`pseudo_inputs` must be.*Received: pseudo_inputs=-1"),
        ({"pseudo_inputs": 2.5}, r"`pseudo_inputs` must be.*Received: pseudo_inputs=2.5"),
        ({"pseudo_inputs": 2, "free_bits": 0.1}, "`pseudo_inputs` are of a prior"),
        ({"pseudo_inputs": 2, "objective": "beta_tc"}, "`pseudo_inputs` are of a prior"),
    ],
)
def test_it_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        constant_vae(**options)


def test_an_encoder_of_any_size_is_refused():
    image = keras.Input((None, None, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    outputs = [keras.layers.Dense(1)(pooled), keras.layers.Dense(1)(pooled)]
    latents = keras.Input((1,))
    decoder = keras.Model(latents, keras.layers.Reshape((1, 1, 1))(latents))
    with pytest.raises(ValueError, match=r"one size.*Received: an encoder of \(None, None, 1\)"):
        keras_gen.VAE(keras.Model(image, outputs), decoder, 1, pseudo_inputs=2)
    still(keras_gen.VAE(keras.Model(image, outputs), decoder, 1))
