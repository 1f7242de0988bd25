"""Trainings that begin with the weights of another model."""

import json

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.app.warm_start import begin_with, networks_of
from tests.cases import build_gan, build_vae
from tests.models.gan.case import build_normalised
from tests.models.vq_vae.case import build as build_vq_vae


def saved(model, path):
    model.compile()
    model.save(path)
    return str(path)


def same(network, other):
    pairs = zip(network.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.one_backend
def test_a_training_begins_with_anothers_weights_and_goes_its_own_way(training, tmp_path, capsys):
    first = training("first", "gan", steps=2)
    second = training("second", "gan", steps=1, from_preset=str(tmp_path / "first"), seed=5)
    said = capsys.readouterr().err
    assert "Begins with the weights of" in said and "generator, discriminator" in said
    # One step of Adam moves a weight by about its rate.
    for network in ("generator", "discriminator"):
        pairs = [getattr(m, network).trainable_variables for m in (second, first)]
        moved = [
            np.abs(np.subtract(*map(np.asarray, pair))).max() for pair in zip(*pairs, strict=True)
        ]
        assert max(moved) < 2e-3
    kept = json.loads((tmp_path / "second" / "data.json").read_text())
    assert kept["from_preset"] == str(tmp_path / "first")
    # Resumed, it goes on with its own.
    third = training("second", "gan", steps=1, from_preset=str(tmp_path / "first"), resume=True)
    assert all(
        np.array_equal(a, b) for a, b in zip(second.get_weights(), third.get_weights(), strict=True)
    )
    assert json.loads((tmp_path / "second" / "data.json").read_text()) == kept


@pytest.mark.one_backend
def test_the_first_layers_of_a_discriminator_can_be_frozen(training, tmp_path):
    first = training("first", "gan", steps=2).discriminator.layers
    start = {"name": "gan", "from_preset": str(tmp_path / "first"), "freeze_discriminator": 1}
    training("second", **start, steps=1)
    second = training("second", "gan", steps=2, resume=True).discriminator.layers
    kept = [same(a, b) for a, b in zip(first, second, strict=True) if a.trainable_weights]
    assert kept == [True, False]
    loaded = keras.saving.load_model(tmp_path / "second" / "model.keras").discriminator.layers
    assert [layer.trainable for layer in loaded if layer.weights] == [False, True]
    for options, message in (
        (
            {"steps": 3, "resume": True, "freeze_discriminator": 2},
            "`freeze_discriminator` can't change.* began with 1. Received",
        ),
        (
            {"from_preset": None},
            "`freeze_discriminator` keeps weights of `from_preset`, which must",
        ),
        ({"freeze_discriminator": 99}, "`freeze_discriminator` must be below 2, the layers of the"),
        ({"name": "vae"}, "`freeze_discriminator` is for a model with a discriminator.*VAE"),
        ({"base_filters": 5}, "`from_preset` must have networks of the sizes that are trained"),
    ):
        folder = "second" if "resume" in options else "third"
        with pytest.raises(ValueError, match=message):
            training(folder, **{"steps": 1, **start, **options})


def test_what_the_other_has_not_is_new(tmp_path):
    path = saved(build_gan(), tmp_path / "plain.keras")
    model = build_gan(ema_decay=0.9)
    sentence = begin_with(model, path)
    plain = keras.saving.load_model(path)
    assert same(model.generator, plain.generator) and same(model.discriminator, plain.discriminator)
    # The average begins where its network does.
    assert same(model.ema_generator, plain.generator)
    assert sentence.endswith("generator, discriminator, ema_generator.")
    assert list(networks_of(model)) == ["generator", "discriminator", "ema_generator"]


def test_a_discriminator_of_another_make_is_new(tmp_path):
    path = saved(build_gan(), tmp_path / "gan.keras")
    model = build_gan()
    model.discriminator = keras_gen.networks.dcgan_discriminator((8, 8, 1), 3)
    judged_by = model.discriminator.get_weights()
    sentence = begin_with(model, path)
    assert sentence.endswith("gan.keras: generator; new is the discriminator.")
    assert same(model.generator, keras.saving.load_model(path).generator)
    assert all(map(np.array_equal, model.discriminator.get_weights(), judged_by))


def test_a_codebook_goes_with_the_networks_that_know_it(tmp_path):
    theirs, ours = build_vq_vae(), build_vq_vae(trained=False)
    path = saved(theirs, tmp_path / "codes.keras")
    assert not same(ours.quantizer, theirs.quantizer)
    sentence = begin_with(ours, path)
    parts = ("encoder", "decoder", "prior_network", "quantizer")
    assert all(same(getattr(ours, name), getattr(theirs, name)) for name in parts)
    assert sentence.endswith(f"codes.keras: {', '.join(parts)}.")


@pytest.mark.one_backend
def test_a_preset_serves_by_name():
    zoo = keras_gen.from_preset("gan_digits")
    other = keras_gen.from_preset("gan_digits", load_weights=False)
    assert not same(other.generator, zoo.generator)
    begin_with(other, "gan_digits")
    assert same(other.generator, zoo.generator)


def test_other_sizes_and_other_models_are_refused(tmp_path):
    path = saved(build_gan(), tmp_path / "gan.keras")
    with pytest.raises(
        ValueError, match="`from_preset` must be a model with the networks encoder or decoder"
    ):
        begin_with(build_vae(), path)
    larger = build_normalised("batch", shape=(16, 16, 1))
    before = larger.get_weights()
    with pytest.raises(
        ValueError, match="networks of the sizes that are trained: the generator has"
    ):
        begin_with(larger, path)
    assert all(np.array_equal(a, b) for a, b in zip(before, larger.get_weights(), strict=True))
    with pytest.raises(FileNotFoundError):
        begin_with(build_gan(), str(tmp_path / "none.keras"))
