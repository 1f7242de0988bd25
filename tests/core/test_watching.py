"""Callbacks of Keras that watch a number which no epoch logs do nothing, silently: `fit` refuses them."""

import keras
import pytest

from keras_gen.callbacks import CollapseMonitor, EvaluateSamples
from tests.cases import CASES, compiled, images

EarlyStopping = keras.callbacks.EarlyStopping


def fit(name, callbacks, **options):
    case = CASES[name]
    model = compiled(case)
    before = model.get_weights()
    try:
        model.fit(case.data(4), batch_size=4, verbose=0, callbacks=callbacks, **options)
    except ValueError:
        assert int(model.optimizer.iterations) == 0
        for a, b in zip(before, model.get_weights(), strict=True):
            assert (a == b).all()
        raise


@pytest.fixture
def scores():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixel")
    return EvaluateSamples(images(8), model, n=8)


@pytest.mark.parametrize(
    "callback",
    [
        EarlyStopping(),
        keras.callbacks.ReduceLROnPlateau(),
        keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_val_loss_without_validation_data(callback):
    with pytest.raises(ValueError, match=r"`monitor` of .*There is no validation data") as error:
        fit("gan", [callback])
    text = str(error.value)
    assert "discriminator_loss, generator_loss, loss" in text and "'val_loss'" in text
    assert "EvaluateSamples" in text and "kernel_distance" in text


def test_a_gan_has_no_val_loss_even_with_validation_data():
    with pytest.raises(ValueError, match=r"val_generator_loss.*'val_loss'"):
        fit("gan", [EarlyStopping()], validation_data=images(4))
    watch = EarlyStopping("val_generator_loss", mode="min")
    fit("gan", [watch], validation_data=images(4))


def test_a_vae_has_one():
    fit("vae", EarlyStopping(), validation_data=images(4))
    fit("vae", [EarlyStopping()], validation_split=0.5)
    with pytest.raises(ValueError) as error:
        fit("vae", [EarlyStopping()])
    assert "generator" not in str(error.value)


def test_names_of_callbacks_before_it(scores):
    stop = EarlyStopping("kernel_distance", mode="min")
    fit("gan", [scores, stop])
    fit("gan", keras.callbacks.CallbackList([scores, stop]))
    with pytest.raises(ValueError, match="'kernel_distance'"):
        fit("gan", [stop, scores])
    with pytest.raises(ValueError, match=r"kernel_distance_std, precision.*'val_loss'"):
        fit("gan", [scores, EarlyStopping()])
    fit("gan", [CollapseMonitor(images(8), n=8), EarlyStopping("sample_diversity", mode="max")])


def test_what_is_better_must_be_said():
    with pytest.raises(ValueError, match=r"`mode` of EarlyStopping.*monitor='generator_loss'"):
        fit("gan", [EarlyStopping("generator_loss")])


class Sleeps(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        pass


class Counts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["count"] = epoch


def test_a_callback_of_one_s_own_may_log_anything():
    stop = EarlyStopping("count", mode="max")
    fit("gan", [Counts(), stop])
    with pytest.raises(ValueError, match="'count'"):
        fit("gan", [Sleeps(), keras.callbacks.TerminateOnNaN(), stop])


def test_other_callbacks_are_left_alone(tmp_path):
    fit("gan", [keras.callbacks.ModelCheckpoint(tmp_path / "last.keras")])
    fit("gan", [EarlyStopping("loss", mode="min")])
    fit("gan", None)
