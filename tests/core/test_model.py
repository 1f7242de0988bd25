import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.core.model import GenerativeModel
from keras_gen.core.phase import Phase
from tests.cases import UNTRACED, build_gan, images
from tests.core.toys import Game, array, factor, ones, scale


def game(rate=0.1, **options):
    model = Game(scale(2.0), scale(3.0))
    model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **options)
    return model


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_phases_update_their_own_networks_in_turn(run_eagerly):
    model = game(run_eagerly=run_eagerly)
    history = model.fit(ones(), verbose=0).history
    # left: 2 - 0.1 * 3; right, against the left that has moved: 3 + 0.1 * 1.7.
    assert factor(model.left) == pytest.approx(1.7)
    assert factor(model.right) == pytest.approx(3.17)
    expected = {"left_loss": 6.0, "product": 6.0, "right_loss": -5.1, "loss": 0.9}
    assert {name: values[0] for name, values in history.items()} == pytest.approx(expected)


def test_logs_are_averages_over_the_epoch_and_start_anew():
    model = game(rate=0.0)
    x = np.array([[1.0], [1.0], [2.0], [2.0]], "float32")
    for _ in range(2):  # products 6 and 24
        history = model.fit(x, batch_size=2, shuffle=False, verbose=0).history
        assert history["product"] == [pytest.approx(15.0)]


def test_an_evaluation_is_an_average_over_examples():
    x = np.array([[1.0], [1.0], [2.0]], "float32")  # products 6, 6 and 24
    model = game()
    assert model.evaluate(x, batch_size=2, verbose=0, return_dict=True)["product"] == pytest.approx(
        12.0
    )


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_averages_over_data_of_unknown_length_count_no_batch_more():
    import tensorflow as tf

    x = np.array([[1.0], [1.0], [2.0], [2.0]], "float32")
    unknown = tf.data.Dataset.from_tensor_slices(x).batch(2).filter(lambda batch: True)
    model = game(rate=0.0)
    assert model.fit(unknown, verbose=0).history["product"] == [pytest.approx(15.0)]
    assert model.evaluate(unknown, verbose=0, return_dict=True)["product"] == pytest.approx(15.0)


def test_metrics_are_what_is_logged():
    model = game()
    assert [metric.name for metric in model.metrics] == [
        "left_loss",
        "right_loss",
        "product",
        "loss",
    ]
    scores = model.evaluate(ones(), verbose=0, return_dict=True)
    assert scores == pytest.approx({"left_loss": 6.0, "right_loss": -6.0, "product": 6.0})
    assert (factor(model.left), factor(model.right)) == (2.0, 3.0)


def test_a_network_of_one_phase_logs_its_loss_as_loss():
    vae = keras_gen.VAE(
        keras_gen.networks.conv_encoder((8, 8, 1), 2, base_filters=2),
        keras_gen.networks.conv_decoder((8, 8, 1), 2, base_filters=2),
        latent_dim=2,
    )
    vae.compile()
    names = [metric.name for metric in vae.metrics]
    assert names == ["loss", "reconstruction_loss", "kl_loss", "elbo"]


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_batch_statistics_of_every_phase_are_kept(run_eagerly):
    normalization = keras.layers.BatchNormalization(momentum=0.9, scale=False, center=False)
    model = Game(scale(2.0, normalization), scale(3.0))
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=run_eagerly)
    x = np.array([[1.0], [3.0]], "float32")  # mean 2, variance 1
    model.fit(x, verbose=0)
    # `left` runs in its own phase and in that of `right`.
    assert array(normalization.moving_mean) == pytest.approx(2.0 * (1 - 0.9**2))
    model.fit(x, epochs=2, verbose=0)
    assert array(normalization.moving_mean) == pytest.approx(2.0 * (1 - 0.9**6))
    model.evaluate(x, verbose=0)
    assert array(normalization.moving_mean) == pytest.approx(2.0 * (1 - 0.9**6))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("put", [lambda x: x, lambda x: {"image": x}, lambda x: [ones(), x]])
def test_nan_and_infinities_are_refused(bad, put):
    x = ones(5)
    x[[1, 3]] = bad
    with pytest.raises(ValueError, match=r"`x`.*shape \(5, 1\) with 2 NaN or infinite"):
        game().fit(put(x), verbose=0)


def test_an_optimizer_of_two_phases_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"`optimizers` must be different objects.*Received"):
        Game(scale(1.0), scale(1.0)).compile(optimizer, optimizer)


def test_an_optimizer_of_other_variables_is_refused():
    optimizer = keras.optimizers.Adam()
    game().compile(left_optimizer=optimizer)
    with pytest.raises(ValueError, match=r"left's optimizer has been built.*Received: adam"):
        game().compile(left_optimizer=optimizer)


def test_optimizers_may_be_names():
    model = Game(scale(1.0), scale(1.0))
    model.compile("adam", "rmsprop")
    assert isinstance(model.optimizer["left"], keras.optimizers.Adam)
    assert isinstance(model.optimizer["right"], keras.optimizers.RMSprop)


def test_a_loaded_model_has_the_compile_arguments(tmp_path):
    model = game(rate=0.25, run_eagerly=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.run_eagerly is True
    assert float(loaded.optimizer["right"].learning_rate) == 0.25


def test_an_uncompiled_model_stays_so(tmp_path):
    Game(scale(2.0), scale(3.0)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    assert (factor(loaded.left), factor(loaded.right)) == (2.0, 3.0)


def test_a_file_keeps_the_seeds(tmp_path):
    model, other = build_gan(), build_gan()
    model.sample_latents(2)
    model.discriminator(images(2), training=True)  # moves the dropout's seed
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    def draws(model):
        return [
            array(model.sample_latents(2)),
            array(model.discriminator(images(2), training=True)),
        ]

    expected = draws(model)
    for ours, theirs in zip(draws(loaded), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(draws(other)[0], expected[0])


def test_dropout_without_a_seed_goes_on_from_a_file(tmp_path):
    model = Game(scale(2.0, keras.layers.Dropout(0.5)), scale(3.0))
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), **UNTRACED)
    model.fit(ones(32), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    losses = [m.fit(ones(32), epochs=3, verbose=0).history["loss"] for m in (model, loaded)]
    assert losses[0] == losses[1]
    assert len(set(losses[0])) > 1


def test_subclasses_must_say_what_is_theirs():
    model = GenerativeModel()
    with pytest.raises(NotImplementedError, match="GenerativeModel must define `phases`"):
        model.phases()
    with pytest.raises(NotImplementedError, match="GenerativeModel must define `step`"):
        model.step(ones(), None)


class Wrong(Game):
    """A game whose first loss gives other terms than it declares."""

    gives = ()

    def left_loss(self, x, training):
        product = keras.ops.mean(self(x, training=training))
        return product, dict.fromkeys(self.gives, product)


@pytest.mark.parametrize(
    ("gives", "message"),
    [
        (("product", "produkt"), r"phase 'left' gives the terms \['produkt'\].*must declare"),
        ((), r"'left' declares the terms \['product'\], which no loss of it gives"),
    ],
)
def test_terms_that_are_not_declared_or_not_given_are_errors(gives, message):
    model = Wrong(scale(2.0), scale(3.0))
    model.gives = gives
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(ones(), verbose=0)
    assert (factor(model.left), factor(model.right))[1] == 3.0 or gives == ()


class Lazy(Game):
    """A game whose left is drawn to 0 besides, in every third step."""

    def phases(self):
        return {"left": Phase([self.left], ["size"]), "right": Phase([self.right])}

    def step(self, data, update):
        update("left", lambda: 0.0 * keras.ops.mean(self(data)))
        update("left", self.pull, every=3)
        update("right", lambda: 0.0 * keras.ops.mean(self(data)))

    def pull(self):
        size = keras.ops.mean(self.left.layers[-1].kernel ** 2)
        return size, {"size": size}


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_an_update_of_every_third_step_is_taken_in_the_first_and_in_every_third(run_eagerly):
    model = Lazy(scale(1.0), scale(1.0))
    model.compile(keras.optimizers.SGD(0.25), keras.optimizers.SGD(0.25), run_eagerly=run_eagerly)
    sizes = []
    for step in range(7):
        logs = model.fit(ones(), verbose=0).history
        sizes.append(factor(model.left))
        assert logs["size"] == [
            pytest.approx(4.0 ** -(step // 3))
        ]  # Of the last one that there was.
    # Halved in steps 0, 3 and 6: the gradient of w^2 is 2 w, of which a quarter is taken.
    assert sizes == pytest.approx([0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125])
    assert int(model.optimizer["left"].iterations) == 7 + 3


def test_layers_frozen_or_unfrozen_since_compile_are_named():
    model = game()
    model.left.trainable = False
    with pytest.raises(ValueError, match=r"left were frozen or unfrozen.*compile again"):
        model.fit(ones(), verbose=0)
    with pytest.raises(
        ValueError, match=r"The left has nothing to train: all its layers are frozen"
    ):
        model.compile()


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("optimizer", "Did you mean `left_optimizer` or `right_optimizer`"),
        ("d_optimizer", "left_optimizer"),
        ("metrics", "EvaluateSamples"),
        ("jit_compiled", "Did you mean `jit_compile`"),
    ],
)
def test_wrong_options_of_compile_are_met_with_the_right_ones(option, hint):
    with pytest.raises(
        TypeError, match=rf"`compile` of a Game takes .*{hint}.*Received: {option}=3"
    ):
        Game(scale(1.0), scale(1.0)).compile(**{option: 3})


@pytest.mark.parametrize("weights", ["class_weight", "sample_weight"])
def test_weights_are_refused(weights):
    with pytest.raises(ValueError, match=f"`{weights}` is not taken.*Received"):
        game().fit(ones(), verbose=0, **{weights: np.ones(4)})


def test_a_model_that_is_not_compiled_says_so():
    with pytest.raises(ValueError, match="Game must be compiled before `evaluate`"):
        Game(scale(1.0), scale(1.0)).evaluate(ones())
    with pytest.raises(ValueError, match="Game must be compiled before `fit`"):
        Game(scale(1.0), scale(1.0)).fit(ones())


@pytest.mark.parametrize("name", ["model.h5", "model", "model.weights.h5"])
def test_other_files_than_keras_s_own_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"`filepath` must end in '.keras'.*Received"):
        game().save(tmp_path / name)


class Broken(Game):
    """A game that refuses what it is given while its step is run."""

    def step(self, data, update):
        super().step(data, update)
        raise ValueError("no")


def test_a_refused_step_leaves_the_model_as_it_was():
    model = Broken(scale(2.0), scale(3.0))
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="no"):
            call(ones(), verbose=0)
        assert [w.item() for w in model.get_weights()[:2]] == [2.0, 3.0]
    assert int(model.optimizer.iterations) == 0
