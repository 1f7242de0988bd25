"""Trained on after the end of a schedule: refused in silence no more, and the way that works."""

import keras
import numpy as np
import pytest

from keras_gen.schedules import LinearDecay
from tests.cases import build_gan, build_vae, images


def trained_out(tmp_path):
    """A loaded GAN whose generator's schedule has ended."""
    gan = build_gan()
    gan.compile(
        keras.optimizers.Adam(LinearDecay(1e-3, hold=1, decay=1)), keras.optimizers.Adam(1e-3)
    )
    gan.fit(images(8), batch_size=4, verbose=0)
    gan.save(tmp_path / "gan.keras")
    return keras.saving.load_model(tmp_path / "gan.keras")


def rate_of(optimizer):
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def test_a_schedule_that_has_ended_is_refused(tmp_path):
    gan = trained_out(tmp_path)
    with pytest.raises(
        ValueError, match=r"rate of the generator has come to 0 .*set_learning_rate"
    ):
        gan.fit(images(8), batch_size=4, verbose=0)


def test_another_rate_trains_on_with_the_optimizers_state(tmp_path):
    gan = trained_out(tmp_path)
    moments = [keras.ops.convert_to_numpy(v) for v in gan.optimizer["generator"].variables]
    gan.set_learning_rate(1e-4)
    for before, variable in zip(moments, gan.optimizer["generator"].variables, strict=True):
        np.testing.assert_array_equal(before, keras.ops.convert_to_numpy(variable))
    assert rate_of(gan.optimizer["generator"]) == pytest.approx(1e-4)
    assert rate_of(gan.optimizer["discriminator"]) == pytest.approx(1e-4)
    weights = gan.generator.get_weights()
    gan.fit(images(8), batch_size=4, verbose=0)
    assert any((a != b).any() for a, b in zip(weights, gan.generator.get_weights(), strict=True))
    assert int(keras.ops.convert_to_numpy(gan.optimizer["generator"].iterations)) == 4
    gan.save(tmp_path / "on.keras")  # with its new rate
    again = keras.saving.load_model(tmp_path / "on.keras")
    assert rate_of(again.optimizer["generator"]) == pytest.approx(1e-4)


def test_a_rate_of_one_phase_takes_the_place_of_a_schedule_that_was_compiled_in():
    gan = build_gan()
    gan.compile(
        keras.optimizers.SGD(LinearDecay(0.1, hold=100, decay=1)), keras.optimizers.SGD(0.0)
    )
    gan.fit(images(4), batch_size=4, verbose=0)
    gan.set_learning_rate({"generator": 1e-30})
    weights = gan.generator.get_weights()
    gan.fit(images(4), batch_size=4, verbose=0)
    names = [w.path for w in gan.generator.trainable_weights]
    for variable, value in zip(gan.generator.weights, weights, strict=True):
        if variable.path in names:
            np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), value, atol=1e-20)
    gan.set_learning_rate(LinearDecay(0.1, hold=100, decay=1))
    assert rate_of(gan.optimizer["discriminator"]) == pytest.approx(0.1)


def test_a_warm_up_from_0_is_no_end():
    vae = build_vae()
    rate = keras.optimizers.schedules.CosineDecay(0.0, 10, warmup_target=1e-3, warmup_steps=5)
    vae.compile(keras.optimizers.Adam(rate))
    vae.fit(images(4), batch_size=4, verbose=0)
    assert int(keras.ops.convert_to_numpy(vae.optimizer.iterations)) == 1


@pytest.mark.parametrize("rate", [0, -1.0, "fast", True, {"critic": 1e-3}])
def test_what_is_no_rate_is_refused(rate):
    gan = build_gan()
    gan.compile()
    with pytest.raises(ValueError, match=r"`rate` must .*Received"):
        gan.set_learning_rate(rate)


def test_a_model_must_be_compiled():
    with pytest.raises(ValueError, match="compile"):
        build_gan().set_learning_rate(1e-3)
