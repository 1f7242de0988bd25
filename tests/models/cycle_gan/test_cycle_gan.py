import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.backend import input_gradient
from tests.cases import UNTRACED, images
from tests.models.helpers import array, first_logs, handed, kernel, no_opinion, scaling, sgd

SHAPE = (4, 4, 1)
ONES, ZEROS = np.ones((2, *SHAPE), "float32"), np.zeros((2, *SHAPE), "float32")
G, F = 0.5, 0.4  # the factors by which the generators multiply: G from a to b, F back


def known_cycle_gan(**options):
    """Generators that multiply, discriminators without an opinion."""
    return keras_gen.CycleGAN(
        scaling(G, SHAPE),
        scaling(F, SHAPE),
        no_opinion(SHAPE),
        no_opinion(SHAPE),
        **{"pool_size": 2, **options},
    )


def factors(model):
    return kernel(model.generator_ab).item(), kernel(model.generator_ba).item()


@pytest.mark.parametrize("run_eagerly", [True, False])
@pytest.mark.parametrize(("a", "b"), [(ONES, ZEROS), (ZEROS, ONES)])
def test_each_cycle_reaches_both_generators(a, b, run_eagerly):
    """With one domain empty, one cycle term is left: |F G - 1|, whichever it is."""
    model = known_cycle_gan(cycle_weight=10.0, identity_weight=0.0)
    sgd(model, 0.01, run_eagerly=run_eagerly)
    logs = first_logs(model.fit(a, b, verbose=0))
    assert logs["cycle_loss"] == pytest.approx(1 - F * G)
    assert factors(model) == pytest.approx((G + 0.01 * 10 * F, F + 0.01 * 10 * G), rel=1e-5)


def test_both_cycles_are_summed_in_one_joint_update():
    model = sgd(known_cycle_gan(cycle_weight=10.0, identity_weight=0.0), 0.01, **UNTRACED)
    logs = first_logs(model.fit(ONES, ONES, verbose=0))
    assert logs["cycle_loss"] == pytest.approx(2 * (1 - F * G))
    assert factors(model) == pytest.approx((G + 0.2 * F, F + 0.2 * G), rel=1e-5)
    assert int(model.optimizer["generator"].iterations) == 1


@pytest.mark.parametrize("weights", [(10.0, 0.0), (0.0, 5.0)])
def test_a_cycle_without_a_weight_is_not_run(weights):
    """Of images of 1 in a and of 0.5 in b, one cycle is left: its weight times |F G - 1| times the image."""
    model = sgd(known_cycle_gan(cycle_weight=weights, identity_weight=0.0), 0.01, **UNTRACED)
    logs = first_logs(model.fit(ONES, 0.5 * ONES, verbose=0))
    image, weight = (1, weights[0]) if weights[0] else (0.5, weights[1])
    assert logs["cycle_loss"] == pytest.approx(image * (1 - F * G))
    assert logs["generator_loss"] == pytest.approx(2.0 + weight * logs["cycle_loss"])
    moved = 0.01 * weight * image
    assert factors(model) == pytest.approx((G + moved * F, F + moved * G), rel=1e-5)
    again = keras_gen.CycleGAN.from_config(model.get_config())
    assert tuple(again.cycle_weight) == weights


def test_without_any_cycle_none_is_logged():
    model = sgd(known_cycle_gan(cycle_weight=0.0), 0.0, **UNTRACED)
    logs = first_logs(model.fit(ONES, ONES, verbose=0))
    assert "identity_loss" in logs and "cycle_loss" not in logs


@pytest.mark.parametrize(("a", "b"), [(ONES, ZEROS), (ZEROS, ONES)])
def test_each_generator_leaves_its_own_target_domain_alone(a, b):
    """The identity losses: G on b and F on a, with nothing else in the way."""
    model = known_cycle_gan(cycle_weight=0.0, identity_weight=5.0)
    sgd(model, 0.01, **UNTRACED)
    logs = first_logs(model.fit(a, b, verbose=0))
    if a is ONES:
        assert logs["identity_loss"] == pytest.approx(1 - F)
        assert factors(model) == pytest.approx((G, F + 0.05), rel=1e-5)
    else:
        assert logs["identity_loss"] == pytest.approx(1 - G)
        assert factors(model) == pytest.approx((G + 0.05, F), rel=1e-5)


def test_translations_go_back_with_noise_in_training_alone():
    """Of empty images only the noise comes back, times the generator's factor: E|n| is sqrt(2 / pi)."""
    keras.utils.set_random_seed(0)
    model = sgd(known_cycle_gan(identity_weight=0.0, cycle_noise=0.1), 0.0)
    empty = np.zeros((4096, *SHAPE), "float32")
    logs = first_logs(model.fit(empty, empty, batch_size=4096, verbose=0))
    assert logs["cycle_loss"] == pytest.approx(0.1 * (F + G) * np.sqrt(2 / np.pi), rel=0.02)
    errors = model.evaluate(empty[:4], empty[:4], verbose=0, return_dict=True)
    assert errors["cycle_error_a"] == errors["cycle_error_b"] == 0.0


def test_losses_by_hand():
    model = sgd(known_cycle_gan(), 0.0, **UNTRACED)
    assert (model.cycle_weight, model.identity_weight) == (10.0, 5.0)
    logs = first_logs(model.fit(ONES, -ONES, verbose=0))
    # Least squares at logits of 0: 1 for each generator, and 1 + 0, halved, for each discriminator.
    expected = {
        "adversarial_loss": 2.0,
        "cycle_loss": 2 * (1 - F * G),
        "identity_loss": (1 - G) + (1 - F),
        "discriminator_loss": 1.0,
    }
    expected["generator_loss"] = 2.0 + 10 * expected["cycle_loss"] + 5 * expected["identity_loss"]
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_discriminators_judge_their_own_domain():
    """Each domain's discriminator sees that domain's real images, and its own fakes."""
    model = known_cycle_gan(cycle_weight=0.0, identity_weight=0.0)
    sgd(model, 0.5, loss="wasserstein", **UNTRACED)
    a, b = np.full_like(ONES, 0.3), np.full_like(ONES, -0.8)
    model.fit(a, b, verbose=0)
    # Half of (mean fake - mean real) falls: the kernel goes up by rate / 2 * (real - fake).
    at_a, at_b = (kernel(x).item() for x in (model.discriminator_a, model.discriminator_b))
    assert at_a == pytest.approx(0.25 * (0.3 - F * -0.8), rel=1e-4)
    assert at_b == pytest.approx(0.25 * (-0.8 - G * 0.3), rel=1e-4)


def numbered(*numbers):
    return np.tile(np.reshape(numbers, (-1, 1, 1, 1)), (1, *SHAPE)).astype("float32")


def handed_over(model, fakes_a, fakes_b, training=True):
    """The fakes that the discriminators' phase is given, when the generators made these."""
    made = [keras.ops.convert_to_tensor(numbered(number)) for number in (fakes_a, fakes_b)]
    steps = handed(model, (ONES[:1], ONES[:1]), training, {"generator": made})
    assert [phase for phase, _ in steps] == ["generator", "discriminator"]
    _, batch = steps[1]
    return [batch[key][0, 0, 0, 0].item() for key in ("fakes_a", "fakes_b")]


def test_discriminators_see_fakes_out_of_a_pool():
    keras.utils.set_random_seed(0)
    model = sgd(known_cycle_gan(pool_size=3), 0.0)
    older = {"a": 0, "b": 0}
    apart = 0
    for step in range(1, 41):
        shown_a, shown_b = handed_over(model, step, -step)
        # Never another domain's, never one that has not been made yet.
        assert 1 <= shown_a <= step
        assert -step <= shown_b <= -1
        if step <= 3:
            assert (shown_a, shown_b) == (step, -step)
        older["a"] += shown_a != step
        older["b"] += shown_b != -step
        apart += shown_a != -shown_b
    assert 8 <= older["a"] <= 29  # half of 37
    assert 8 <= older["b"] <= 29
    assert apart  # the pools draw by themselves
    assert int(array(model.pool_a.count)) == int(array(model.pool_b.count)) == 3


def test_the_pool_is_left_alone_in_evaluation():
    model = sgd(known_cycle_gan(pool_size=3), 0.0)
    for step in range(10):
        assert handed_over(model, step, -step, training=False) == [step, -step]
    assert int(array(model.pool_a.count)) == 0


def test_training_fills_the_pool_with_what_the_generators_made():
    model = sgd(known_cycle_gan(pool_size=4), 0.0, **UNTRACED)
    a, b = numbered(0.1, 0.2), numbered(0.3, 0.4)
    model.fit(a, b, batch_size=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(array(model.pool_b.images)[:2], G * a, rtol=1e-5)
    np.testing.assert_allclose(array(model.pool_a.images)[:2], F * b, rtol=1e-5)
    assert int(array(model.pool_a.count)) == 2


def test_the_pool_is_saved(tmp_path):
    model = sgd(known_cycle_gan(pool_size=4), 0.0, **UNTRACED)
    model.fit(ONES, -ONES, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for pool in ("pool_a", "pool_b"):
        kept, original = getattr(loaded, pool), getattr(model, pool)
        assert int(array(kept.count)) == 2
        np.testing.assert_array_equal(array(kept.images), array(original.images))


def test_evaluation_gives_both_cycle_errors():
    model = known_cycle_gan()
    model.compile(**UNTRACED)
    a, b = images(3, SHAPE), 0.5 * images(3, SHAPE, seed=1)
    scores = model.evaluate(a, b, verbose=0, return_dict=True)
    assert scores == pytest.approx(
        {
            "cycle_error_a": (1 - F * G) * np.abs(a).mean(),
            "cycle_error_b": (1 - F * G) * np.abs(b).mean(),
        },
        rel=1e-5,
    )


def test_both_directions_are_translated():
    model = known_cycle_gan()
    pictures = images(5, SHAPE)
    np.testing.assert_allclose(model.translate(pictures), G * pictures, rtol=1e-5)
    np.testing.assert_allclose(
        model.translate(pictures, direction="ba", batch_size=2), F * pictures, rtol=1e-5
    )
    for direction, factor in (("ab", G), ("ba", F)):
        there, back = model.cycle(pictures, direction)
        np.testing.assert_allclose(there, factor * pictures, rtol=1e-5)
        np.testing.assert_allclose(back, F * G * pictures, rtol=1e-5)
    with pytest.raises(
        ValueError, match=r"`direction` must be 'ab' or 'ba'. Received: direction='c'"
    ):
        model.translate(pictures, direction="c")


def test_domains_may_differ_in_channels_without_an_identity_loss():
    shape_a, shape_b = (4, 4, 1), (4, 4, 3)
    model = keras_gen.CycleGAN(
        keras.Sequential([keras.Input(shape_a), keras.layers.Conv2D(3, 1)]),
        keras.Sequential([keras.Input(shape_b), keras.layers.Conv2D(1, 1)]),
        no_opinion(shape_a),
        no_opinion(shape_b),
        identity_weight=0,
    )
    sgd(model, 0.01, **UNTRACED)
    logs = first_logs(model.fit(images(1, shape_a), images(1, shape_b), verbose=0))
    assert np.isfinite(list(logs.values())).all()
    assert model.translate(images(2, shape_b), "ba").shape == (2, *shape_a)
    with pytest.raises(ValueError, match=r"`images`.*4, 4, 1\). Received.*\(2, 4, 4, 3\)"):
        model.translate(images(2, shape_b))


def test_the_relativistic_loss_is_refused():
    with pytest.raises(ValueError, match=r"`loss` must not.*Received: loss='relativistic'"):
        known_cycle_gan().compile(loss="relativistic")


def test_generators_normalise_each_image_alone():
    """By instance, so that a picture's translation does not depend on its batch."""
    generator = keras_gen.networks.resnet_generator((8, 8, 3), base_filters=2, blocks=1, seed=0)
    pictures = keras.ops.convert_to_tensor(images(2, (8, 8, 3)))
    of_the_first = input_gradient(lambda x: generator(x, training=True)[:1], pictures)
    assert np.abs(array(of_the_first)[0]).max() > 0
    np.testing.assert_array_equal(array(of_the_first)[1], 0)
