import keras
import numpy as np
import pytest

from keras_gen.core.phase_optimizer import PhaseOptimizer
from tests.cases import UNTRACED
from tests.core.toys import Game, array, factor, ones, scale


def two():
    return PhaseOptimizer(
        {"generator": keras.optimizers.Adam(0.1), "discriminator": keras.optimizers.SGD(0.2)}
    )


def test_each_phase_is_reached_by_its_name():
    optimizer = two()
    assert isinstance(optimizer["generator"], keras.optimizers.Adam)
    assert isinstance(optimizer["discriminator"], keras.optimizers.SGD)
    assert optimizer.optimizers == [optimizer["generator"], optimizer["discriminator"]]
    with pytest.raises(KeyError, match="'critic'; there are generator, discriminator"):
        optimizer["critic"]


def test_there_is_no_common_learning_rate():
    optimizer = two()
    message = r'optimizer\["generator"\].learning_rate, optimizer\["discriminator"\].learning_rate'
    with pytest.raises(AttributeError, match=message):
        optimizer.learning_rate  # noqa: B018
    with pytest.raises(AttributeError, match=message):
        optimizer.learning_rate = 0.1


def test_variables_are_its_own_and_all_the_inner_ones():
    optimizer = two()
    optimizer.build_phases(
        {"generator": scale(1.0).variables, "discriminator": scale(1.0).variables}
    )
    inner = [*optimizer["generator"].variables, *optimizer["discriminator"].variables]
    assert len(inner) > 4
    own = len(optimizer.variables) - len(inner)
    assert [v.name for v in optimizer.variables[:own]] == ["iteration"]
    assert all(a is b for a, b in zip(optimizer.variables[own:], inner, strict=True))


def test_config_round_trip():
    optimizer = two()
    again = PhaseOptimizer.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
    assert again.phase_names == ("generator", "discriminator")
    assert float(again["discriminator"].learning_rate) == pytest.approx(0.2)


def test_one_object_for_two_phases_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"`optimizers` must be different.*Received: optimizers="):
        PhaseOptimizer({"generator": optimizer, "discriminator": optimizer})


def trained(**options):
    model = Game(scale(2.0), scale(3.0))
    model.compile(keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1), **options)
    return model


def test_weights_files_restore_every_inner_state_before_training(tmp_path):
    model = trained(**UNTRACED)
    model.fit(ones(), epochs=3, verbose=0)
    model.save_weights(tmp_path / "all.weights.h5")
    fresh = trained(**UNTRACED)
    assert int(fresh.optimizer.iterations) == 0
    fresh.load_weights(tmp_path / "all.weights.h5")
    assert int(fresh.optimizer.iterations) == int(fresh.optimizer["left"].iterations) == 3
    momenta = [array(v) for v in model.optimizer.variables]
    for restored, original in zip(fresh.optimizer.variables, momenta, strict=True):
        np.testing.assert_array_equal(array(restored), original)
    assert any(m.dtype == "float32" and m.shape == (1, 1) and m != 0 for m in momenta)


def test_learning_rate_schedules_see_every_inner_rate():
    seen = []

    def halve(epoch, rate):
        seen.append(round(rate, 6))
        return rate / 2

    model = Game(scale(2.0), scale(3.0))
    model.compile(keras.optimizers.SGD(0.4), keras.optimizers.SGD(0.2), **UNTRACED)
    callback = keras.callbacks.LearningRateScheduler(halve)
    model.fit(ones(), epochs=2, callbacks=[callback], verbose=0)
    assert sorted(seen) == [0.1, 0.2, 0.2, 0.4]
    assert float(model.optimizer["left"].learning_rate) == pytest.approx(0.1)
    assert float(model.optimizer["right"].learning_rate) == pytest.approx(0.05)


def test_averaged_weights_are_put_in_place_at_the_end():
    model = Game(scale(2.0), scale(3.0))
    model.compile(
        keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5),
        keras.optimizers.SGD(0.0),
        **UNTRACED,
    )
    model.fit(ones(), epochs=2, verbose=0)
    # left goes 1.7, 1.4. Its average starts at the first of them, and then is half and half.
    assert factor(model.left) == pytest.approx(1.55)
    assert factor(model.right) == pytest.approx(3.0)
