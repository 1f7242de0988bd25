import math

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.recipes import find_family
from tests.cases import CASES, COLOUR_SHAPE, UNTRACED, images
from tests.models.cut.case import build, discriminator, generator
from tests.models.helpers import array, first_logs, no_opinion, scaling, sgd

SHAPE = (4, 4, 1)


def data(n=2):
    return CASES["cut"].data(n)


def tensors(n=2):
    return [keras.ops.convert_to_tensor(part) for part in data(n).values()]


def named_scaling(factor):
    pictures = keras.Input(SHAPE, name="images")
    convolution = keras.layers.Conv2D(1, 1, use_bias=False)
    network = keras.Model(pictures, convolution(pictures))
    convolution.kernel.assign(np.full((1, 1, 1, 1), factor))
    return network


def test_a_generator_that_copies_is_near_the_least_loss():
    shape = (2, 2, 4)
    pictures = keras.Input(shape, name="images")
    copy = keras.Model(pictures, keras.layers.Activation("linear")(pictures))
    model = keras_gen.CUT(copy, no_opinion(shape), nce_layers=["images"])
    apart = keras.ops.reshape(keras.ops.eye(4), (1, *shape))
    projections = keras_gen.losses.patch_nce(
        *[keras.ops.reshape(apart, (1, 4, 4))] * 2, temperature=0.07
    )
    (least,) = array(projections)
    assert least == pytest.approx(math.log(1 + 3 * math.exp(-1 / 0.07)), abs=1e-6)
    (copied,) = array(model.contrast([copy(apart)], [apart]))
    (shuffled,) = array(model.contrast([keras.ops.flip(copy(apart), axis=2)], [apart]))
    assert copied < math.log(4) < shuffled


def test_of_features_that_are_all_equal_the_loss_is_log_of_positions():
    model = keras_gen.CUT(named_scaling(0.5), no_opinion(SHAPE), nce_layers=["images"])
    sgd(model, 0.0, **UNTRACED)
    flat = np.full((2, *SHAPE), 0.5, "float32")
    logs = first_logs(model.fit(flat, flat, verbose=0))
    assert logs["nce_loss"] == pytest.approx(math.log(16), rel=1e-5)
    assert logs["identity_nce_loss"] == pytest.approx(math.log(16), rel=1e-5)
    # Least squares at logits of 0: 1, and halved (1 + 0); both contrasts averaged, with weight 1.
    assert logs["adversarial_loss"] == pytest.approx(1.0)
    assert logs["discriminator_loss"] == pytest.approx(0.5)
    assert logs["generator_loss"] == pytest.approx(1.0 + math.log(16), rel=1e-5)


def test_the_heavier_contrast_of_fast_cut():
    model = keras_gen.CUT(
        named_scaling(0.5), no_opinion(SHAPE), 10.0, identity=False, nce_layers=["images"]
    )
    sgd(model, 0.0, **UNTRACED)
    flat = np.full((2, *SHAPE), 0.5, "float32")
    logs = first_logs(model.fit(flat, flat, verbose=0))
    assert "identity_nce_loss" not in logs
    assert logs["generator_loss"] == pytest.approx(1.0 + 10 * math.log(16), rel=1e-5)


def test_the_papers_layers_are_found():
    shape = (16, 16, 3)
    judge = keras_gen.networks.patch_discriminator(shape, base_filters=2)

    def found(blocks):
        resnet = keras_gen.networks.resnet_generator(shape, base_filters=2, blocks=blocks)
        return keras_gen.CUT(resnet, judge)

    model = found(6)
    assert model.nce_layers == ["images", "down_1", "down_2", "block_1", "block_5"]
    assert [array(x).shape[1:] for x in model._encoder()(np.zeros((1, *shape)))] == [
        (16, 16, 3),
        (8, 8, 4),
        (4, 4, 8),
        (4, 4, 8),
        (4, 4, 8),
    ]
    assert found(3).nce_layers[-2:] == ["block_1", "block_3"]
    assert found(1).nce_layers[-2:] == ["down_2", "block_1"]
    defaults = (model.nce_weight, model.identity, model.positions, model.temperature)
    assert defaults == (1.0, True, 256, 0.07)
    assert [output.shape[-1] for output in model.heads.outputs] == [256] * 5


def test_the_encoder_is_the_generators_own_layers():
    model = build()
    before = array(model._encoder()(images(1, COLOUR_SHAPE))[1])
    model.generator.get_layer("down").bias.assign_add([1.0] * 4)
    assert np.abs(array(model._encoder()(images(1, COLOUR_SHAPE))[1]) - before).max() > 0.1
    parts = (model.generator, model.discriminator, model.heads)
    assert len(model.trainable_variables) == sum(len(part.trainable_variables) for part in parts)


def positions_drawn(model, steps=1):
    """Where the features of a step come from: maps that hold each position's number."""
    numbers = np.arange(64, dtype="float32").reshape(1, 8, 8, 1)
    maps = keras.ops.convert_to_tensor(np.tile(numbers, (2, 1, 1, 3)))
    drawn = [[array(x) for x in model.draw_positions(maps, 2 * maps)] for _ in range(steps)]
    for first, second in drawn:
        np.testing.assert_array_equal(2 * first, second)  # of both at the same positions
        np.testing.assert_array_equal(first[0], first[1])
    return [first[0, :, 0].astype(int).tolist() for first, _ in drawn]


def test_positions_are_drawn_anew_each_without_repetition():
    first, second = positions_drawn(build(positions=16), steps=2)
    assert len(set(first)) == len(set(second)) == 16
    assert set(first) != set(second)
    (every,) = positions_drawn(build(positions=64))
    assert every == list(range(64))


@pytest.mark.slow
@pytest.mark.parametrize("run_eagerly", [True, False])
def test_positions_differ_from_step_to_step_of_fit(run_eagerly):
    model = build(positions=4)
    sgd(model, 0.0, run_eagerly=run_eagerly)
    history = model.fit(data(), epochs=4, shuffle=False, verbose=0).history
    assert len(set(history["nce_loss"])) == 4  # the weights stay


def test_heads_are_trained_with_the_generator():
    model = sgd(build(), 0.05)
    before = [array(v).copy() for v in model.heads.trainable_variables]
    model.fit(data(), verbose=0)
    moved = [
        np.abs(array(v) - b).max()
        for v, b in zip(model.heads.trainable_variables, before, strict=True)
    ]
    assert len(moved) == 12 and all(moved[0::2])
    phase = model.phases()["generator"]
    assert phase.networks == [model.generator, model.heads]


def test_the_discriminator_sees_b_and_what_is_made_of_a():
    model = keras_gen.CUT(
        named_scaling(0.5), no_opinion(SHAPE), 0.0, identity=False, nce_layers=["images"]
    )
    sgd(model, 0.5, loss="wasserstein", **UNTRACED)
    model.fit(
        np.full((2, *SHAPE), 0.3, "float32"), np.full((2, *SHAPE), -0.8, "float32"), verbose=0
    )
    # Half of (mean fake - mean real) falls: the kernel goes up by rate / 2 * (real - fake).
    assert array(model.discriminator.trainable_variables[0]).item() == pytest.approx(
        0.25 * (-0.8 - 0.5 * 0.3), rel=1e-4
    )


def test_equivariance_mirrors_half_of_the_time_and_back():
    """A generator of 1 x 1 convolutions does not mind: its features, mirrored back, are the keys."""
    model = keras_gen.CUT(
        named_scaling(1.0), no_opinion(SHAPE), nce_layers=["images"], flip_equivariance=True
    )
    pictures = keras.ops.convert_to_tensor(images(2, SHAPE))
    mirrored = 0
    for _ in range(40):
        (made,), ((keys,),), ((queries,),) = model.encode_mirrored([pictures])
        np.testing.assert_array_equal(array(keys), array(pictures))
        np.testing.assert_array_equal(array(queries), array(pictures))
        as_it_is = np.array_equal(array(made), array(pictures))
        assert as_it_is or np.array_equal(array(made), array(pictures)[:, :, ::-1])
        mirrored += not as_it_is
    assert 10 <= mirrored <= 30


def test_nothing_is_mirrored_in_evaluation():
    model = build(flip_equivariance=True, identity=False)
    model.compile()
    model.encode_mirrored = None
    scores = model.evaluate(data(), verbose=0, return_dict=True)
    assert list(scores) == ["nce_loss"] and np.isfinite(scores["nce_loss"])
    model.generator_loss(*tensors(), training=False)


def test_fast_cut_trains_in_a_compiled_step():
    model = build(nce_weight=10, identity=False, flip_equivariance=True, positions=8)
    model.compile()
    history = model.fit(data(4), batch_size=2, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def of_the_repository(normalization, **options):
    networks = keras_gen.networks
    return keras_gen.CUT(
        networks.resnet_generator(
            COLOUR_SHAPE, base_filters=2, blocks=1, normalization=normalization
        ),
        networks.patch_discriminator(COLOUR_SHAPE, base_filters=2),
        projection_units=4,
        **options,
    )


def test_the_repositorys_networks_and_their_average():
    model = of_the_repository("instance", ema_decay=0.9)
    model.compile(**UNTRACED)
    history = model.fit(data(2), verbose=0).history
    assert np.isfinite(history["loss"]).all()
    average, followed = model.ema_generator.get_weights(), model.generator.get_weights()
    assert any(np.abs(x - y).max() > 0 for x, y in zip(average, followed, strict=True))
    pictures = images(2, COLOUR_SHAPE)
    np.testing.assert_allclose(
        model.translate(pictures), array(model.ema_generator(pictures)), rtol=1e-5, atol=1e-6
    )


def test_networks_that_normalise_by_batch_see_each_domain_alone():
    model = of_the_repository("batch")
    model.compile()
    a, b = tensors()
    _, terms, made = model.generator_loss(a, b, training=True)
    expected = of_the_repository("batch").generator
    expected.set_weights(model.generator.get_weights())
    np.testing.assert_allclose(array(made), array(expected(a, training=True)), atol=1e-5)
    assert np.isfinite(array(terms["identity_nce_loss"]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nce_weight": -1}, r"`nce_weight`.*Received: nce_weight=-1"),
        ({"positions": 0}, r"`positions` must be an integer above 0. Received: positions=0"),
        ({"temperature": 0.0}, r"`temperature` must be above 0. Received: temperature=0.0"),
        ({"temperature": -1}, r"`temperature`.*Received: temperature=-1"),
        ({"projection_units": 0}, r"`projection_units`.*Received: projection_units=0"),
        ({"nce_layers": ["down", "up"]}, r"`nce_layers` must be names.*images, down.*'up'"),
        ({"nce_layers": []}, r"`nce_layers` must be a sequence.*nce_layers=\[\]"),
        ({"nce_layers": "down"}, r"`nce_layers` must be a sequence.*nce_layers='down'"),
        ({"ema_decay": 1.0}, r"`ema_decay`.*Received: ema_decay=1.0"),
    ],
)
def test_what_it_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)


def test_networks_it_refuses():
    with pytest.raises(ValueError, match=r"`generator` must have strided.*with 0 and 0"):
        keras_gen.CUT(scaling(1.0, SHAPE), no_opinion(SHAPE))
    wider = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(3, 1)])
    with pytest.raises(ValueError, match=r"`generator` must give outputs.*4, 4, 1\).*4, 4, 3\)"):
        keras_gen.CUT(wider, no_opinion((4, 4, 3)))
    with pytest.raises(ValueError, match=r"`discriminator` must take inputs"):
        keras_gen.CUT(generator(), no_opinion(SHAPE))
    flat = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(16),
            keras.layers.Reshape(SHAPE),
        ]
    )
    with pytest.raises(ValueError, match=r"`nce_layers` must give maps.*'flat'"):
        keras_gen.CUT(flat, no_opinion(SHAPE), nce_layers=["flat"])

    class Own(keras.Model):
        def call(self, pictures):
            return pictures

    own = Own(name="own")
    own(np.zeros((1, *COLOUR_SHAPE)))
    own.built = True
    with pytest.raises(ValueError, match="`generator` must be a functional or Sequential"):
        keras_gen.CUT(own, discriminator())


def test_the_relativistic_loss_is_refused():
    with pytest.raises(ValueError, match=r"`loss` must not.*Received: loss='relativistic'"):
        build().compile(loss="relativistic")


@pytest.mark.parametrize("fast", [False, True])
def test_what_the_recipe_makes(fast):
    made = find_family("cut").load()(
        dataset="digits", input="image", target="image", base_filters=2, fast=fast, ema_decay=0.9
    )
    model = made.build(made.open(), 10)
    made_of = (model.nce_weight, model.identity, model.flip_equivariance, model.ema_decay)
    assert made_of == ((10.0, False, True, 0.9) if fast else (1.0, True, False, 0.9))
    assert model.adversary.loss_name == "least_squares"
    assert model.nce_layers[-2:] == ["block_1", "block_5"]
