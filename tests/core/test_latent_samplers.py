"""What latents are drawn from in place of the prior."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.core.latent_samplers import GaussianMixtureSampler, NormalizingFlowSampler
from tests.cases import UNTRACED, build_vae, images
from tests.models.cvae import case as cvae_case
from tests.models.helpers import array

FLOW = {"couplings": 2, "width": 8, "epochs": 2}
KINDS = {"gmm": {"components": 3}, "flow": FLOW}


def bent(n):
    """Latents on a bow, which no Gaussian fits."""
    random = np.random.default_rng(0)
    x = random.normal(0.0, 1.0, n)
    return np.stack([2.0 * x, x**2 + random.normal(0.0, 0.1, n)], axis=1).astype("float32")


def test_a_mixture_draws_what_it_was_fitted_to():
    random = np.random.default_rng(0)
    first = random.multivariate_normal([4.0, 0.0], [[1.0, 0.8], [0.8, 1.0]], 3000)
    second = random.normal([-4.0, 1.0], 0.2, (1000, 2))
    sampler = GaussianMixtureSampler(2, components=2)
    sampler.fit(np.concatenate([first, second]))
    drawn = sampler.draw(8000, seed=1)
    assert drawn.shape == (8000, 2) and drawn.dtype == "float32"
    right = drawn[drawn[:, 0] > 0]
    assert len(right) / 8000 == pytest.approx(0.75, abs=0.02)  # a deviation is 0.005
    np.testing.assert_allclose(right.mean(0), [4.0, 0.0], atol=0.1)
    np.testing.assert_allclose(np.cov(right.T), [[1.0, 0.8], [0.8, 1.0]], atol=0.1)
    np.testing.assert_allclose(drawn[drawn[:, 0] < 0].std(0), 0.2, atol=0.02)


def test_a_flow_s_density_is_the_change_of_variables_and_it_learns():
    sampler = NormalizingFlowSampler(3, couplings=3, width=8)
    random = np.random.default_rng(0)
    sampler.centre.assign([1.0, 0.0, -1.0])
    sampler.deviation.assign([0.5, 2.0, 1.0])
    for variable in sampler.trainable_variables:
        variable.assign(random.normal(0.0, 0.5, variable.shape))
    noise = random.normal(size=(4, 3)).astype("float32")
    latents = array(sampler.from_noise(noise))
    found = array(sampler.log_density(latents))
    for row in range(4):  # the slopes of the way from noise, by differences
        steps = np.eye(3, dtype="float32") * 1e-2
        ends = [array(sampler.from_noise(noise[row] + s * steps)) for s in (1.0, -1.0)]
        slopes = (ends[0] - ends[1]).astype("float64") / 2e-2
        normal = -0.5 * (noise[row] ** 2 + np.log(2 * np.pi)).sum()
        expected = normal - np.log(abs(np.linalg.det(slopes)))
        assert found[row] == pytest.approx(expected, abs=0.02)


def test_a_flow_learns_what_no_gaussian_is():
    latents = bent(2000)
    sampler = NormalizingFlowSampler(2, couplings=4, width=32, epochs=40)
    sampler.fit(latents)
    gaussian = -0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(latents.T))[1]
    assert array(sampler.log_density(latents)).mean() > gaussian + 0.4
    drawn = sampler.draw(2000, seed=0)
    away = np.abs(drawn[:, 1] - (drawn[:, 0] / 2) ** 2)
    assert np.median(away) < 0.4  # 0.07 in the data, 0.9 of a Gaussian


@pytest.mark.parametrize("kind", KINDS)
def test_a_fitted_sampler_is_saved_with_the_model_and_generates(kind, tmp_path):
    model = build_vae()
    model.compile()
    pictures = images(40)
    model.fit_sampler(kind, pictures, **KINDS[kind])
    made = model.generate(5, seed=0)
    assert np.abs(made - model.generate(5, seed=0, sampler="prior")).max() > 1e-4
    np.testing.assert_array_equal(
        model.generate(5, seed=0, sampler="prior"), build_like(model).generate(5, seed=0)
    )
    np.testing.assert_allclose(model.generate(3, seed=0), made[:3], atol=1e-5)
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset", weights_dtype="float16")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.generate(5, seed=0), made, atol=1e-6)
    preset = keras_gen.from_preset(tmp_path / "preset")
    np.testing.assert_allclose(preset.generate(5, seed=0), made, atol=0.02)


def build_like(model):
    """A model of the same weights without a sampler."""
    copy = build_vae()
    for name in ("encoder", "decoder"):
        getattr(copy, name).set_weights(getattr(model, name).get_weights())
    return copy


def test_a_sampler_of_a_model_with_classes():
    model = cvae_case.build()
    labels = np.arange(30) % 3
    model.fit_sampler("gmm", images(30), labels, components=2, of="samples")
    latents = model.sampler.draw(2, seed=0)
    expected = model.decode(np.concatenate([latents] * 3), [0, 0, 1, 1, 2, 2])
    found = model.generate(2, per_class=True, seed=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    prior = model.generate(2, per_class=True, seed=0, sampler="prior")
    assert np.abs(prior - found).max() > 1e-4


def test_a_mixture_has_a_gaussian_for_each_500_latents_that_are_drawn():
    model = build_vae()
    pictures = images(30)
    model.fit_sampler("gmm", pictures)
    assert model.sampler.components == 1
    covariance = array(model.sampler.factors[0]) @ array(model.sampler.factors[0]).T
    means, log_variance = model.posteriors(pictures, None, 32)
    noise = np.random.default_rng(0).standard_normal(means.shape, dtype="float32")
    drawn = means + np.exp(0.5 * log_variance) * noise
    np.testing.assert_allclose(covariance, np.cov(drawn.T, bias=True), atol=1e-4)
    model.fit_sampler("gmm", pictures, of="means")
    np.testing.assert_allclose(array(model.sampler.means[0]), means.mean(axis=0), atol=1e-5)
    for count, components in ((499, 1), (1_500, 3), (60_000, 100)):
        assert GaussianMixtureSampler.sizes_for(count) == {"components": components}


@pytest.mark.parametrize("build", [build_vae, cvae_case.build])
def test_a_sampler_of_batches_is_that_of_the_whole(build):
    data, labels = images(30), np.arange(30) % 3
    models = [build(), build()]
    models[1].set_weights(models[0].get_weights())
    labelled = models[0].num_classes is not None
    models[0].fit_sampler("gmm", data, labels if labelled else None, components=2)
    parts = (data, labels) if labelled else data
    batches = tf.data.Dataset.from_tensor_slices(parts).batch(8)
    models[1].fit_sampler("gmm", batches, components=2)
    for left, right in zip(*(model.sampler.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)
    with pytest.raises(ValueError, match="`labels` must be part of the batches"):
        models[1].fit_sampler("gmm", batches, labels, components=2)


@pytest.mark.one_backend
def test_a_sampler_takes_the_batches_that_fit_takes():
    x, found = images(24), []
    for element in (x, (x, np.zeros(24)), {"image": x}):
        keras.utils.set_random_seed(0)
        model = build_vae()
        batches = tf.data.Dataset.from_tensor_slices(element).batch(10)
        model.fit_sampler("gmm", batches, components=2, of="means", seed=0)
        found.append(model.generate(3, seed=1))
    for others in found[1:]:
        np.testing.assert_array_equal(found[0], others)


def test_the_encoder_is_asked_once_of_a_walk_and_not_where_latents_are_given(monkeypatch):
    model = build_vae()
    model.fit_sampler("gmm", images(24), components=2)
    asked, marks = [], model._marks
    monkeypatch.setattr(model, "_marks", lambda: asked.append(1) or marks())
    model.walk(2, stops=3, steps=2, seed=0)
    assert len(asked) == 1
    model.generate(latents=np.zeros((2, *model.own_prior.shape), "float32"))
    assert len(asked) == 1


def test_a_sampler_of_other_latents_is_refused():
    model = build_vae()
    model.fit_sampler("gmm", images(20), components=2)
    fitted = model.sampler
    model.fit_sampler("gmm", images(20), components=3)
    assert fitted not in model.layers and model.sampler in model.layers
    other = build_vae(sampler=fitted)
    with pytest.raises(ValueError, match="`sampler` must be fitted to the latents of this encoder"):
        other.generate(2)
    assert other.generate(2, sampler="prior").shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match=r"of latents of length 3.*of length 2"):
        build_vae(sampler=GaussianMixtureSampler(2))
    with pytest.raises(ValueError, match="`sampler` must be None or 'prior'"):
        model.generate(2, sampler="gmm")


def test_training_drops_a_fitted_sampler():
    model = build_vae()
    model.compile(**UNTRACED)
    model.fit_sampler("gmm", images(20), components=2)
    count = len(model.weights)
    with pytest.warns(UserWarning, match="it is dropped: call `fit_sampler`"):
        model.fit(images(4), batch_size=4, verbose=0)
    assert model.sampler is None and len(model.weights) == count - 4
    assert model.get_config()["sampler"] is None


@pytest.mark.filterwarnings("error:The sampler was fitted")
def test_a_training_that_does_not_begin_drops_no_sampler():
    model = build_vae()
    model.fit_sampler("gmm", images(20), components=2)
    sampler = model.sampler
    with pytest.raises(ValueError, match="must be compiled"):
        model.fit(images(4), verbose=0)
    model.compile(**UNTRACED)
    with pytest.raises(ValueError, match="shape"):
        model.fit(images(4, (6, 6, 1)), verbose=0)
    assert model.sampler is sampler and model.generate(2).shape == (2, 8, 8, 1)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("vamp", {}, r"`kind` must be one of \('gmm', 'flow'\)"),
        ("gmm", {"components": 0}, "`components`"),
        ("gmm", {"components": 9}, "`components` must be no more than the examples"),
        ("flow", {"width": 0}, "`width`"),
        ("gmm", {"of": "modes"}, "`of` must be one of"),
    ],
)
def test_fit_sampler_refuses(kind, options, message):
    with pytest.raises(ValueError, match=message):
        build_vae().fit_sampler(kind, images(8), **options)
    with pytest.raises(ValueError, match="at least 2"):
        NormalizingFlowSampler(1)
