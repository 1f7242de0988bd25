import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses
from keras_gen.models import latent_vae
from tests.cases import UNTRACED, build_vae, images
from tests.models.helpers import array, first_logs

LOG_2_PI = np.log(2 * np.pi)


def head(features, size, kernel, bias):
    dense = keras.layers.Dense(size)
    outputs = dense(features)
    dense.kernel.assign(kernel)
    dense.bias.assign(bias)
    return outputs


def affine_vae(shape, decoder, encoder, log_variance, **options):
    """A VAE whose decoder and posterior mean are affine: `(kernel, bias)` each."""
    latent_dim, pixels = np.shape(decoder[0])
    image = keras.Input(shape)
    features = keras.layers.Flatten()(image)
    none = np.zeros((pixels, latent_dim))
    outputs = [
        head(features, latent_dim, *encoder),
        head(features, latent_dim, none, log_variance),
    ]
    latents = keras.Input((latent_dim,))
    decoded = keras.layers.Reshape(shape)(head(latents, pixels, *decoder))
    return keras_gen.VAE(
        keras.Model(image, outputs), keras.Model(latents, decoded), latent_dim, **options
    )


def constant_vae(shape=(2, 2, 1), mean=(0.0,), log_variance=(0.0,), logit=0.0, **options):
    """The same posterior for every image, and the same image for every latent."""
    pixels = int(np.prod(shape))
    return affine_vae(
        shape,
        decoder=(np.zeros((len(mean), pixels)), np.full(pixels, logit)),
        encoder=(np.zeros((pixels, len(mean))), mean),
        log_variance=log_variance,
        **options,
    )


def still(model, **options):
    model.compile(keras.optimizers.SGD(0.0), **UNTRACED, **options)
    return model


def test_the_kl_term_is_the_closed_form():
    mean, log_variance = np.array([1.0, -2.0]), np.array([0.5, -1.0])
    model = still(constant_vae(mean=mean, log_variance=log_variance))
    logs = first_logs(model.fit(images(3, (2, 2, 1)), verbose=0))
    closed_form = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum() / 2
    assert logs["kl_loss"] == pytest.approx(closed_form, rel=1e-5)
    # Logits of 0: log 2 for each pixel, whatever it shows.
    assert logs["reconstruction_loss"] == pytest.approx(4 * np.log(2), rel=1e-5)
    assert logs["loss"] == pytest.approx(4 * np.log(2) + closed_form, rel=1e-5)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_reconstruction_is_summed_over_pixels_and_averaged_over_the_batch(likelihood):
    losses_of_shapes = []
    for shape in [(2, 2, 1), (4, 2, 1), (4, 2, 3)]:
        model = still(constant_vae(shape, likelihood=likelihood))
        for n in (1, 4):
            pictures = np.full((n, *shape), 0.5, "float32")
            logs = first_logs(model.fit(pictures, verbose=0))
            losses_of_shapes.append(logs["reconstruction_loss"])
    a_pixel = {"bernoulli": np.log(2), "gaussian": (0.25 + LOG_2_PI) / 2}[likelihood]
    expected = np.array([4, 4, 8, 8, 24, 24]) * a_pixel
    np.testing.assert_allclose(losses_of_shapes, expected, rtol=1e-5)


@pytest.mark.parametrize("beta", [1.0, 4.0, 0.0])
def test_evaluation_gives_the_elbo_with_its_two_parts(beta):
    model = still(constant_vae(mean=[1.0], beta=beta))
    scores = model.evaluate(images(3, (2, 2, 1)), verbose=0, return_dict=True)
    reconstruction, kl = 4 * np.log(2), 0.5
    expected = {
        "reconstruction_loss": reconstruction,
        "kl_loss": kl,
        "loss": reconstruction + beta * kl,
        "elbo": -reconstruction - kl,  # the bound itself, whatever beta
    }
    assert scores == pytest.approx(expected, rel=1e-5)


def test_validation_is_on_held_out_data():
    model = still(constant_vae(likelihood="gaussian"))
    history = model.fit(
        np.zeros((4, 2, 2, 1)), validation_data=(-np.ones((4, 2, 2, 1)),), verbose=0
    )
    logs = first_logs(history)
    assert logs["reconstruction_loss"] == pytest.approx(2 * LOG_2_PI, rel=1e-5)
    assert logs["val_reconstruction_loss"] == pytest.approx(2 * LOG_2_PI + 2, rel=1e-5)
    assert logs["val_elbo"] == pytest.approx(-2 * LOG_2_PI - 2, rel=1e-5)


def test_the_kl_weight_grows_to_beta():
    model = still(constant_vae(mean=[1.0], beta=2.0, kl_warmup_steps=4))
    history = model.fit(images(2, (2, 2, 1)), epochs=6, verbose=0).history
    weights = (np.array(history["loss"]) - history["reconstruction_loss"]) / history["kl_loss"]
    np.testing.assert_allclose(weights, [0.0, 0.5, 1.0, 1.5, 2.0, 2.0], atol=1e-4)
    fresh = still(constant_vae(mean=[1.0], beta=2.0, kl_warmup_steps=4))
    scores = fresh.evaluate(images(2, (2, 2, 1)), verbose=0, return_dict=True)
    assert scores["loss"] == pytest.approx(4 * np.log(2) + 2.0 * 0.5, rel=1e-5)


def test_latents_are_drawn_from_the_posterior_and_anew_each_step():
    # One pixel that is its latent: the squared error is that of the draw.
    model = affine_vae(
        (1, 1, 1),
        decoder=([[1.0]], [0.0]),
        encoder=([[0.0]], [0.5]),
        log_variance=[np.log(0.09)],
        likelihood=losses.GaussianLikelihood(1.0),
    )
    drawn = array(model.sample_posterior(np.full((4000, 1), 0.5), np.full((4000, 1), np.log(0.09))))
    assert abs(drawn.mean() - 0.5) < 5 * 0.3 / np.sqrt(4000)
    assert abs(drawn.std() - 0.3) < 5 * 0.3 / np.sqrt(8000)
    history = still(model).fit(np.zeros((2, 1, 1, 1)), epochs=2, verbose=0).history
    assert history["reconstruction_loss"][0] != history["reconstruction_loss"][1]


def test_gradients_reach_the_encoder_through_the_draw():
    model = affine_vae(
        (1, 1, 1),
        decoder=([[1.0]], [0.0]),
        encoder=([[0.0]], [0.2]),
        log_variance=[-60.0],  # hardly any noise
        likelihood="gaussian",
    )
    model.compile(keras.optimizers.SGD(0.1), **UNTRACED)
    model.fit(np.full((2, 1, 1, 1), -1.0, "float32"), verbose=0)
    # (-1 - m)^2 / 2 + m^2 / 2 at m = 0.2: the slope is 1.2 + 0.2.
    bias = array(model.encoder.weights[1])
    assert bias == pytest.approx([0.2 - 0.14], rel=1e-4)


# A linear Gaussian model, of which everything is known: x = z W + b + s noise.
LINEAR = np.random.default_rng(3).normal(size=(2, 4)) * 0.7
OFFSET, DEVIATION = np.array([0.1, -0.2, 0.0, 0.3]), 0.5
PRECISION = np.eye(2) + LINEAR @ LINEAR.T / DEVIATION**2
# Its true posterior is correlated. With orthogonal rows it is not, and an encoder can have it.
ORTHOGONAL = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, -0.5]])


def linear_vae(decoder, encoder_error=0.0, **options):
    """With the exact posterior where rows are orthogonal and there is no error."""
    variance = 1 / (1 + (decoder**2).sum(1) / DEVIATION**2)
    kernel = decoder.T / DEVIATION**2 * variance
    return affine_vae(
        (2, 2, 1),
        decoder=(decoder, OFFSET),
        encoder=(kernel, -OFFSET @ kernel + encoder_error),
        log_variance=np.log(variance),
        likelihood=losses.GaussianLikelihood(DEVIATION),
        **options,
    )


def true_log_likelihood(pictures, decoder):
    covariance = decoder.T @ decoder + DEVIATION**2 * np.eye(4)
    away = pictures.reshape(-1, 4) - OFFSET
    mahalanobis = (away @ np.linalg.inv(covariance) * away).sum(1)
    return -0.5 * (mahalanobis + np.linalg.slogdet(2 * np.pi * covariance)[1])


@pytest.mark.parametrize("num_samples", [1, 3])
def test_with_the_exact_posterior_every_sample_gives_the_log_likelihood(num_samples):
    pictures = images(5, (2, 2, 1))
    bound = linear_vae(ORTHOGONAL).importance_weighted_bound(pictures, num_samples)
    np.testing.assert_allclose(bound, true_log_likelihood(pictures, ORTHOGONAL), rtol=1e-4)


def test_the_importance_weighted_bound_lies_between_the_elbo_and_the_log_likelihood():
    pictures = np.repeat(images(1, (2, 2, 1)), 2000, axis=0)
    model = still(linear_vae(LINEAR, encoder_error=0.3))
    elbo = model.evaluate(pictures, batch_size=2000, verbose=0, return_dict=True)["elbo"]
    draws = [
        model.importance_weighted_bound(pictures, k, seed=1, batch_size=2000) for k in (1, 5, 40)
    ]
    single, few, many = (draw.mean() for draw in draws)
    error = draws[0].std() / np.sqrt(2000)
    assert abs(single - elbo) < 6 * error  # one sample: the ELBO in expectation
    truth = true_log_likelihood(pictures[:1], LINEAR).item()
    assert elbo + 6 * error < few < many < truth + 6 * error
    assert truth - many < 0.2 * (truth - elbo)


def test_the_importance_weighted_bound_of_a_network_is_above_its_elbo():
    model = still(build_vae())
    pictures = np.repeat(images(2), 300, axis=0)
    elbo = model.evaluate(pictures, batch_size=600, verbose=0, return_dict=True)["elbo"]
    bound = model.importance_weighted_bound(pictures, 5, batch_size=600)
    assert bound.shape == (600,)
    assert bound.mean() > elbo
    again = model.importance_weighted_bound(pictures, 5, batch_size=200)
    np.testing.assert_allclose(again, bound, rtol=1e-5)  # by its seed
    with pytest.raises(ValueError, match=r"`num_samples`.*Received: num_samples=0"):
        model.importance_weighted_bound(pictures, 0)


@pytest.fixture(scope="module")
def vae():
    return build_vae()


def test_generate_goes_by_its_seed(vae):
    five = vae.generate(5, seed=0)
    assert five.shape == (5, 8, 8, 1)
    assert five.dtype == "float32"
    assert np.abs(five).max() <= 1
    np.testing.assert_array_equal(vae.generate(5, seed=0), five)
    np.testing.assert_allclose(vae.generate(3, seed=0), five[:3], atol=1e-6)
    assert np.abs(vae.generate(5, seed=1) - five).max() > 1e-4
    latents = np.random.default_rng(0).standard_normal((5, 3), dtype="float32")
    np.testing.assert_array_equal(vae.generate(latents=latents), five)
    np.testing.assert_array_equal(vae.decode(latents), five)


def test_reconstruction_is_of_the_posterior_mean(vae):
    pictures = images(3)
    mean, log_variance = vae.encode(pictures)
    assert mean.shape == log_variance.shape == (3, 3)
    np.testing.assert_allclose(vae.reconstruct(pictures), vae.decode(mean), atol=1e-6)
    np.testing.assert_allclose(vae.predict(pictures, verbose=0), vae.decode(mean), atol=1e-6)
    probability = 1 / (1 + np.exp(-array(vae.decoder(mean))))
    np.testing.assert_allclose(vae.decode(mean), 2 * probability - 1, atol=1e-5)


def test_interpolation_has_its_ends_and_a_straight_line_between():
    model = linear_vae(ORTHOGONAL)
    start, end = 0.2 * images(2, (2, 2, 1))
    row = model.interpolate(start, end, steps=5)
    ends = model.reconstruct(np.stack([start, end]))
    straight = ends[0] + np.linspace(0, 1, 5).reshape(5, 1, 1, 1) * (ends[1] - ends[0])
    np.testing.assert_allclose(row, straight, atol=1e-5)
    with pytest.raises(ValueError, match=r"`steps`.*Received: steps=1"):
        model.interpolate(start, end, steps=1)


def test_encode_refuses_another_shape(vae):
    with pytest.raises(
        ValueError, match=r"`images` must have.*8, 8, 1\). Received.*\(2, 8, 8, 3\)"
    ):
        vae.encode(images(2, (8, 8, 3)))


def test_a_likelihood_object_is_saved(tmp_path):
    model = constant_vae(likelihood=losses.GaussianLikelihood(0.25))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.likelihood.standard_deviation == 0.25


def test_active_units_are_those_whose_means_vary():
    # The mean of a latent is 0, 0.05, 0.2 or 1 times a pixel that is 1 or -1: its variance is the square.
    factors = np.array([0.0, 0.05, 0.2, 1.0])
    model = affine_vae(
        (1, 1, 1),
        decoder=(np.zeros((4, 1)), [0.0]),
        encoder=(factors[None], np.array([5.0, 0.0, 0.0, -3.0])),
        log_variance=np.zeros(4),
    )
    pictures = np.array([1.0, -1.0, 1.0, -1.0], "float32").reshape(4, 1, 1, 1)
    assert model.active_units(pictures).tolist() == [2, 3]
    assert model.active_units(pictures, threshold=0.0020).tolist() == [1, 2, 3]
    assert model.active_units(pictures, threshold=1.01).tolist() == []
    with pytest.raises(ValueError, match=r"`threshold`.*Received: threshold=-1"):
        model.active_units(pictures, threshold=-1)


def test_reconstruction_errors_by_hand():
    model = constant_vae(likelihood="gaussian", logit=0.25)  # which is the mean image here
    pictures = np.array([0.25, 0.75, -0.75], "float32").reshape(3, 1, 1, 1) * np.ones((1, 2, 2, 1))
    pictures[0, 0, 0, 0] = 1.25
    np.testing.assert_allclose(
        model.reconstruction_errors(pictures), [1 / 4, 0.25, 1.0], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_anomaly_scores_by_hand(beta):
    model = constant_vae(mean=[1.0], log_variance=[0.0], likelihood="gaussian", beta=beta)
    pictures = np.array([0.0, 1.0], "float32").reshape(2, 1, 1, 1) * np.ones((1, 2, 2, 1))
    # Four pixels, each (x^2 + log 2 pi) / 2; and a KL term of 1 / 2, whatever its weight.
    expected = np.array([2 * LOG_2_PI, 2 * LOG_2_PI + 2]) + 0.5
    scores = model.anomaly_scores(pictures)
    assert scores.shape == (2,)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_anomaly_scores_are_the_negative_elbo_where_the_posterior_is_sharp():
    model = affine_vae(
        (2, 2, 1),
        decoder=(LINEAR, OFFSET),
        encoder=(LINEAR.T, [0.1, -0.2]),
        log_variance=[-20.0, -20.0],
    )
    pictures = images(7, (2, 2, 1))
    elbo = still(model).evaluate(pictures, batch_size=7, verbose=0, return_dict=True)["elbo"]
    assert model.anomaly_scores(pictures).mean() == pytest.approx(-elbo, rel=1e-4)
    np.testing.assert_allclose(
        model.anomaly_scores(pictures, batch_size=2), model.anomaly_scores(pictures), rtol=1e-5
    )


@pytest.mark.slow
def test_the_log_likelihood_of_many_samples_is_the_closed_form():
    pictures = images(3, (2, 2, 1))
    model = linear_vae(ORTHOGONAL, encoder_error=0.3)
    truth = true_log_likelihood(pictures, ORTHOGONAL)
    found = model.log_likelihood(pictures, samples=5000)
    assert found.shape == (3,) and found.dtype == "float32"
    np.testing.assert_allclose(found, truth, atol=0.1)
    # It grows with the samples, from the ELBO on.
    few, more = (
        np.mean([model.log_likelihood(pictures, k, seed=seed) for seed in range(200)])
        for k in (1, 8)
    )
    assert few < more < truth.mean() + 0.1
    elbo = still(model).evaluate(np.repeat(pictures, 500, 0), verbose=0, return_dict=True)["elbo"]
    assert found.mean() > elbo and few == pytest.approx(elbo, abs=0.6)


def test_a_decoder_that_ignores_latents_gives_its_pixels_likelihood():
    model = constant_vae(logit=2.0)  # with the prior for a posterior
    pictures = np.array([[1.0, 1.0, -1.0, -1.0]], "float32").reshape(1, 2, 2, 1)
    white = 1 / (1 + np.exp(-2.0))
    expected = 2 * np.log(white) + 2 * np.log(1 - white)
    assert model.log_likelihood(pictures, samples=7) == pytest.approx([expected], rel=1e-5)


def test_what_is_held_at_once_does_not_change_the_bound(monkeypatch):
    model, pictures = linear_vae(LINEAR), images(5, (2, 2, 1))
    whole = model.importance_weighted_bound(pictures, 7)
    monkeypatch.setattr(latent_vae, "_NOISE_AT_ONCE", 30)  # three samples of two latents of five
    parts = model.importance_weighted_bound(pictures, 7, batch_size=2)
    np.testing.assert_allclose(parts, whole, rtol=1e-5)


def test_the_log_likelihood_of_grey_images_is_refused_under_a_bernoulli(vae):
    pictures = np.ones((2, 8, 8, 1), "float32")
    assert np.isfinite(vae.log_likelihood(pictures, 2)).all()
    pictures[1, 0, 0] = 0.25
    with pytest.raises(ValueError, match=r"`images` must be black and white.*1 grey.*as 0\.25"):
        vae.log_likelihood(pictures, 2)
    with pytest.raises(ValueError, match=r"`samples`.*Received: samples=0"):
        vae.log_likelihood(pictures, samples=0)
    grey = constant_vae(likelihood="gaussian")
    assert np.isfinite(grey.log_likelihood(pictures[:, :2, :2], 2)).all()


def seeded(model, seed=5):
    model.seed_generator.state.assign(keras.random.SeedGenerator(seed).state)
    return model


def scores_of(model, pictures):
    return seeded(still(model)).evaluate(pictures, batch_size=99, verbose=0, return_dict=True)


def test_an_iwae_of_one_sample_is_the_elbo_of_its_draws():
    pictures = images(6, (2, 2, 1))
    options = {"encoder_error": 0.3}
    scores = scores_of(
        linear_vae(LINEAR, **options, objective="iwae", importance_samples=1), pictures
    )
    elbo = scores_of(linear_vae(LINEAR, **options), pictures)
    # The same draws, so the same reconstructions; the divergence is that of the draws.
    assert scores["reconstruction_loss"] == pytest.approx(elbo["reconstruction_loss"], rel=1e-5)
    assert scores["elbo"] == pytest.approx(elbo["elbo"], rel=1e-5)
    noise = array(keras.random.normal((6, 2), seed=keras.random.SeedGenerator(5)))
    mean, log_variance = linear_vae(LINEAR, **options).encode(pictures)
    latents = mean + np.exp(log_variance / 2) * noise
    divergence = (latents**2 - noise**2 - log_variance).sum(1) / 2
    expected = elbo["reconstruction_loss"] + divergence.mean()
    assert scores["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("doubly", [False, True])
def test_an_iwae_with_the_exact_posterior_is_the_log_likelihood(doubly):
    pictures = images(5, (2, 2, 1))
    model = linear_vae(
        ORTHOGONAL, objective="iwae", importance_samples=3, doubly_reparameterised=doubly
    )
    truth = true_log_likelihood(pictures, ORTHOGONAL).mean()
    assert scores_of(model, pictures)["loss"] == pytest.approx(-truth, rel=1e-4)


def test_an_iwae_is_tighter_with_more_samples():
    pictures = np.repeat(images(2, (2, 2, 1)), 300, axis=0)
    found = [
        scores_of(
            linear_vae(LINEAR, encoder_error=0.3, objective="iwae", importance_samples=k), pictures
        )["loss"]
        for k in (1, 4, 16)
    ]
    assert found[0] > found[1] + 0.02 > found[2] + 0.04
    assert found[2] > -true_log_likelihood(pictures, LINEAR).mean() - 0.1


def moved(model, pictures):
    """How far a step of SGD of rate 1 moves the weights, and its loss."""
    model.compile(keras.optimizers.SGD(1.0), **UNTRACED)
    before = [array(v) for v in model.trainable_variables]
    loss = seeded(model).fit(pictures, shuffle=False, verbose=0).history["loss"][0]
    return [array(v) - old for v, old in zip(model.trainable_variables, before, strict=True)], loss


def test_a_doubly_reparameterised_iwae_moves_no_encoder_that_is_exact():
    pictures = images(5, (2, 2, 1))
    options = {"objective": "iwae", "importance_samples": 4}
    plain, loss = moved(linear_vae(ORTHOGONAL, **options), pictures)
    doubly, same = moved(linear_vae(ORTHOGONAL, **options, doubly_reparameterised=True), pictures)
    assert same == pytest.approx(loss, rel=1e-6)
    *encoder, kernel, bias = doubly
    assert max(np.abs(part).max() for part in encoder) < 1e-4 * np.abs(bias).max()
    assert max(np.abs(part).max() for part in plain[:-2]) > 1e-2 * np.abs(bias).max()
    for ours, others in zip((kernel, bias), plain[-2:], strict=True):
        np.testing.assert_allclose(ours, others, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("beta", [1.0, 0.0, 4.0])
def test_a_doubly_reparameterised_draw_counts_by_the_square_of_its_share(beta):
    # One pixel x = z + noise, whose posterior mean is the bias of the encoder: all is known by hand.
    options = {"objective": "iwae", "importance_samples": 3, "doubly_reparameterised": True}
    model = affine_vae(
        (1, 1, 1),
        decoder=([[1.0]], [0.0]),
        encoder=([[0.0]], [0.2]),
        log_variance=[np.log(0.09)],
        likelihood="gaussian",
        beta=beta,
        **options,
    )
    steps, _ = moved(model, np.full((1, 1, 1, 1), 0.7, "float32"))
    noise = array(keras.random.normal((3, 1), seed=keras.random.SeedGenerator(5)))[:, 0]
    latents = 0.2 + 0.3 * noise
    log_weights = -((0.7 - latents) ** 2) / 2 + beta * (noise**2 - latents**2) / 2
    shares = np.exp(log_weights) / np.exp(log_weights).sum()
    slopes = (0.7 - latents) + beta * ((latents - 0.2) / 0.09 - latents)
    # Of a KL weight b a draw's score is b times what it would be: b (s - s^2) of the share s are taken off.
    expected = ((shares - beta * (shares - shares**2)) * slopes).sum()
    bias = model.trainable_variables.index(model.encoder.weights[1])
    assert steps[bias] == pytest.approx([expected], rel=1e-4)


def test_free_bits_are_flat_below():
    # Divergences of 0.5 and 0.02, and a decoder that ignores both latents.
    options = {"mean": [1.0, 0.2], "log_variance": [0.0, 0.0], "beta": 2.0}
    pictures = images(3, (2, 2, 1))
    steps, loss = moved(constant_vae(**options, free_bits=0.1), pictures)
    assert loss == pytest.approx(4 * np.log(2) + 2.0 * (0.5 + 0.1), rel=1e-5)
    (bias,) = [step for step in steps if step.shape == (2,) and step[0] < -1.0]
    assert bias == pytest.approx([-2.0, 0.0], abs=1e-6)
    scores = scores_of(constant_vae(**options, free_bits=0.1), pictures)
    assert scores["kl_loss"] == pytest.approx(0.52, rel=1e-5)
    assert scores["elbo"] == pytest.approx(-4 * np.log(2) - 0.52, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "elba"}, r"`objective` must be one of.*Received: objective='elba'"),
        ({"importance_samples": 0}, "`importance_samples`"),
        ({"free_bits": -1.0}, "`free_bits`"),
        ({"free_bits": 0.1, "objective": "iwae"}, "`free_bits` are of the ELBO"),
        ({"doubly_reparameterised": True}, "`doubly_reparameterised` is for objective='iwae'"),
    ],
)
def test_objectives_refuse(options, message):
    with pytest.raises(ValueError, match=message):
        constant_vae(**options)


def test_a_learned_deviation_comes_to_the_root_of_the_squared_error(tmp_path):
    model = constant_vae(likelihood="learned_gaussian", logit=0.0)
    model.encoder.trainable = model.decoder.trainable = False
    model.compile(keras.optimizers.Adam(0.05))
    pictures = np.tile(np.array([0.3, -0.3], "float32").reshape(2, 1, 1, 1), (1, 2, 2, 1))
    model.fit(pictures, epochs=150, verbose=0)
    assert float(np.exp(array(model.likelihood.log_scale))) == pytest.approx(0.3, rel=0.02)
    found = model.importance_weighted_bound(pictures, 2)  # which has the deviation as it is now
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.importance_weighted_bound(pictures, 2), found, rtol=1e-6)
    model.save_to_preset(tmp_path / "preset")
    loaded = keras_gen.VAE.from_preset(tmp_path / "preset")
    np.testing.assert_allclose(loaded.importance_weighted_bound(pictures, 2), found, rtol=1e-6)


def test_an_iwae_of_a_learned_likelihood_trains_compiled_in_half_precision(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_vae(
            objective="iwae",
            importance_samples=2,
            doubly_reparameterised=True,
            likelihood="discretized_logistic",
        )
    finally:
        keras.config.set_dtype_policy(before)
    torch = keras.backend.backend() == "torch"
    model.compile(keras.optimizers.Adam(1e-2), jit_compile="auto" if torch else True)
    scale = array(model.likelihood.log_scale)
    history = model.fit(images(8), batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert array(model.likelihood.log_scale) != scale
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.objective, loaded.doubly_reparameterised) == ("iwae", True)
    options = {"batch_size": 4, "verbose": 0, "shuffle": False}
    first, second = (one.fit(images(8), **options).history["loss"] for one in (model, loaded))
    np.testing.assert_allclose(first, second, rtol=1e-5)


def test_beta_tc_weighs_the_total_correlation_alone():
    pictures = images(6, (2, 2, 1))
    plain = scores_of(linear_vae(LINEAR), pictures)
    found = scores_of(linear_vae(LINEAR, objective="beta_tc", beta=4.0), pictures)
    mean, log_variance = linear_vae(LINEAR).encode(pictures)
    noise = array(keras.random.normal((6, 2), seed=keras.random.SeedGenerator(5)))
    latents = mean + np.exp(log_variance / 2) * noise
    correlation = float(array(losses.total_correlation(latents, mean, log_variance)))
    assert found["total_correlation"] == pytest.approx(correlation, rel=1e-4)
    assert found["loss"] == pytest.approx(plain["loss"] + 3.0 * correlation, rel=1e-5)
    assert found["elbo"] == pytest.approx(plain["elbo"], rel=1e-5)


def test_mmd_is_added_to_the_elbo():
    pictures = images(6, (2, 2, 1))
    plain = scores_of(linear_vae(LINEAR, beta=0.5), pictures)
    options = {"objective": "mmd", "mmd_weight": 10.0, "beta": 0.5}
    found = scores_of(linear_vae(LINEAR, **options), pictures)
    assert found["loss"] == pytest.approx(plain["loss"] + 10.0 * found["mmd"], rel=1e-5)
    generator = keras.random.SeedGenerator(5)
    noise, drawn = (array(keras.random.normal((6, 2), seed=generator)) for _ in range(2))
    mean, log_variance = linear_vae(LINEAR).encode(pictures)
    latents = mean + np.exp(log_variance / 2) * noise
    expected = float(array(losses.maximum_mean_discrepancy(latents, drawn)))
    assert found["mmd"] == pytest.approx(expected, rel=1e-4)
    model = linear_vae(LINEAR, **options)
    model.compile()
    assert {"loss", "mmd", "kl_loss"} <= set(model.fit(pictures, verbose=0).history)
