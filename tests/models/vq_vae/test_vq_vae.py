import csv
import math
import sys

import keras
import numpy as np
import pytest
from keras import ops

import keras_gen
from keras_gen import networks
from keras_gen.app.cli import main
from keras_gen.callbacks import SampleImages
from keras_gen.models.vq_vae.recipe import VQVAERecipe
from tests.cases import images
from tests.models.helpers import array
from tests.models.vq_vae.case import CODES, build


def trained(**options):
    """A model that was trained in both stages for a few steps."""
    keras.utils.set_random_seed(0)
    model = build(trained=False, **options)
    for stage in ("codes", "prior"):
        model.compile(keras.optimizers.Adam(1e-2), stage=stage)
        model.fit(images(16), batch_size=4, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize(("used", "perplexity"), [(CODES, CODES), (3, 3.0), (1, 1.0)])
def test_the_perplexity_of_codes_that_are_used_alike_is_their_number(used, perplexity):
    indices = ops.convert_to_tensor(np.arange(12 * used).reshape(3, 4, used) % used)
    assert float(array(build().perplexity(indices))) == pytest.approx(perplexity, rel=1e-4)


def test_a_report_s_perplexity_is_that_of_all_codes():
    model, x = build(), images(6)
    found = model.measure(x)["losses"]["perplexity_of_all"]
    codes = ops.convert_to_tensor(model.encode(x))
    assert found == pytest.approx(float(array(model.perplexity(codes))), rel=1e-4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_call_finds_the_codes_that_reconstruct_does(precision):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = build()
    finally:
        keras.config.set_dtype_policy(before)
    assert model.quantizer.compute_dtype == "float32"
    x = images(4)
    called = np.asarray(array(model(x)), "float32")
    np.testing.assert_allclose(called, model.reconstruct(x), atol=0.02)


def test_what_it_can_t_draw_yet_is_said_before_the_first_step(tmp_path):
    model = build(trained=False)
    model.compile()
    with pytest.raises(ValueError, match=r"`draw` must be given to SampleImages.*a later stage"):
        model.fit(images(4), verbose=0, callbacks=[SampleImages(tmp_path)])
    assert int(array(model.optimizer.iterations)) == 0
    model.compile(stage="prior")
    model.fit(images(4), verbose=0, callbacks=[SampleImages(tmp_path)])
    assert (tmp_path / "epoch_0001.png").is_file()


def test_the_loss_is_the_error_and_a_quarter_of_the_way_to_the_codes():
    model, x = build(), images(4)
    vectors = array(model.encoder(x))
    codebook = array(model.quantizer.codebook)
    nearest = codebook[np.square(vectors[..., None, :] - codebook).sum(-1).argmin(-1)]
    error = np.square(array(model.decoder(nearest)) - x).mean()
    commitment = np.square(vectors - nearest).mean()
    loss, terms, given = model.autoencoder_loss(ops.convert_to_tensor(x), False)
    assert float(array(loss)) == pytest.approx(error + 0.25 * commitment, rel=1e-4)
    assert float(array(terms["commitment_loss"])) == pytest.approx(commitment, rel=1e-4)
    np.testing.assert_allclose(array(given), vectors, atol=1e-5)


def test_a_step_moves_the_codes_by_the_vectors_before_it():
    model, x = build(revive_below=0.0), images(4)
    vectors = array(model.encoder(x)).reshape(-1, 3)
    before = array(model.quantizer.codebook)
    chosen = np.square(vectors[:, None] - before).sum(-1).argmin(-1)
    one_hot = np.eye(CODES)[chosen]
    shares = 0.99 / CODES + 0.01 * one_hot.mean(0)
    sums = 0.99 * before / CODES + 0.01 * one_hot.T @ vectors / len(vectors)
    model.compile(keras.optimizers.SGD(0.1))
    model.fit(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(array(model.quantizer.codebook), sums / shares[:, None], atol=1e-4)
    moved = array(model.quantizer.codebook)
    model.evaluate(x, verbose=0)
    np.testing.assert_array_equal(array(model.quantizer.codebook), moved)


def test_codes_and_images_go_to_and_fro():
    model, x = build(), images(5)
    codes = model.encode(x)
    assert codes.shape == (5, 2, 2) and codes.dtype == "int32"
    assert codes.min() >= 0 and codes.max() < CODES
    made = model.decode(codes)
    assert made.shape == x.shape and made.dtype == "float32" and np.abs(made).max() <= 1.0
    np.testing.assert_array_equal(made, model.reconstruct(x))
    np.testing.assert_allclose(made, array(model(x)), atol=1e-5)
    np.testing.assert_array_equal(codes, model.encode(x, batch_size=2))


def test_the_second_stage_moves_the_prior_alone():
    model = build()
    model.compile(keras.optimizers.SGD(0.1), stage="prior")
    others = [*model.encoder.weights, *model.decoder.weights, *model.quantizer.weights]
    before = [array(weight).copy() for weight in others]
    prior = model.prior_network.get_weights()
    history = model.fit(images(8), batch_size=4, verbose=0).history
    for weight, value in zip(others, before, strict=True):
        np.testing.assert_array_equal(array(weight), value)
    assert any(
        (a != b).any() for a, b in zip(prior, model.prior_network.get_weights(), strict=True)
    )
    assert set(history) == {"loss", "bits_per_code"}
    assert history["bits_per_code"][0] == pytest.approx(history["loss"][0] / (math.log(2) * 4))


def test_it_generates_after_both_stages_and_is_refused_before():
    model = build(trained=False)
    with pytest.raises(
        ValueError,
        match=r"generates once its prior is trained.* a prior not trained on these codes",
    ):
        model.generate(2)
    model.compile()
    model.fit(images(4), verbose=0)
    with pytest.raises(ValueError, match="generates once its prior is trained"):
        model.preview()
    pictures, columns = model.preview(images(11))
    assert (len(pictures), columns) == (16, 8)
    model.compile(stage="prior")
    model.fit(images(4), verbose=0)
    first = model.generate(3, seed=1)
    assert first.shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(first, model.generate(3, seed=1))
    assert len(model.preview(images(11))[0]) == 64
    with pytest.raises(ValueError, match=r"generates once its prior is trained.* no prior"):
        build(prior=False).generate(2)
    model.compile()
    model.evaluate(images(4), verbose=0)
    assert model.has_prior
    model.fit(images(4), verbose=0)  # Codes come to mean something else.
    with pytest.raises(ValueError, match="a prior not trained on these codes"):
        model.generate(2)


def test_generated_images_are_decoded_codes_of_the_prior():
    """A prior that knows the only map there is draws it."""
    keras.utils.set_random_seed(0)
    model = build()
    x = np.repeat(images(1), 16, axis=0)
    model.compile(keras.optimizers.Adam(5e-2), stage="prior")
    model.fit(x, batch_size=8, epochs=60, verbose=0)
    known = model.reconstruct(x[:6])
    np.testing.assert_allclose(model.generate(6, seed=0), known, atol=1e-5)
    warm = model.generate(6, seed=0, temperature=1e3)  # any code, as often as any other
    assert np.abs(warm - known).max() > 1e-2 and len(np.unique(warm, axis=0)) == 6
    np.testing.assert_allclose(model.generate(6, seed=0), known, atol=1e-5)


@pytest.mark.slow
def test_files_and_presets_keep_the_codebook_and_the_prior(tmp_path):
    model, x = trained(), images(4)
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset")
    for loaded in (
        keras.saving.load_model(tmp_path / "model.keras"),
        keras_gen.VQVAE.from_preset(tmp_path / "preset"),
    ):
        np.testing.assert_allclose(
            array(loaded.quantizer.codebook), array(model.quantizer.codebook), atol=1e-6
        )
        np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
        np.testing.assert_allclose(loaded.generate(4, seed=0), model.generate(4, seed=0), atol=1e-5)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.stage == "prior" and list(loaded.phases()) == ["prior"]
    history = loaded.fit(x, verbose=0).history
    assert "bits_per_code" in history


def test_it_learns_to_reconstruct():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x = np.repeat(np.repeat(random.choice([-1.0, 1.0], (128, 2, 2, 1)), 4, 1), 4, 2).astype(
        "float32"
    )
    model = build(prior=False)
    model.compile(keras.optimizers.Adam(1e-2))
    history = model.fit(x, batch_size=32, epochs=30, verbose=0).history
    assert history["perplexity"][-1] > 1.8
    measured = model.measure(x)["losses"]
    error = np.square(model.reconstruct(x) - x).mean()
    assert measured["reconstruction_error"] == pytest.approx(error, rel=1e-4)
    assert error < 0.4 and measured["perplexity_of_all"] > 1.8  # Grey alone errs by 1.


WRONG = {
    "stage": lambda: build().compile(stage="both"),
    "prior_network": lambda: build(prior=False).compile(stage="prior"),
    "codes": lambda: build().decode(np.full((1, 2, 2), CODES)),
    "commitment_weight": lambda: build(commitment_weight=-1.0),
    "decay": lambda: build(decay=1.0),
}


@pytest.mark.parametrize("argument", WRONG)
def test_what_can_not_be_meant_is_refused(argument):
    with pytest.raises(ValueError, match=rf"`{argument}`.* Received"):
        WRONG[argument]()


def test_codes_of_another_kind_are_refused():
    for wrong in (np.zeros((1, 2, 2)), np.zeros((1, 3, 2), "int32"), np.full((1, 2, 2), -1)):
        with pytest.raises(ValueError, match="`codes` must be"):
            build().decode(wrong)


def test_networks_that_do_not_fit_are_refused():
    encoder = keras_gen.networks.vq_encoder((8, 8, 1), 3, 4)
    decoder = keras_gen.networks.vq_decoder((8, 8, 1), 3, 4)
    other = keras_gen.networks.vq_decoder((8, 8, 1), 5, 4)
    with pytest.raises(ValueError, match="`decoder` must take inputs of shape"):
        keras_gen.VQVAE(encoder, other)
    prior = keras_gen.networks.pixel_cnn((2, 2), levels=7, filters=2, blocks=1)
    with pytest.raises(ValueError, match="`prior_network` must give outputs of shape"):
        keras_gen.VQVAE(encoder, decoder, prior, codes=8)


@pytest.mark.one_backend
def test_the_command_trains_both_stages(tmp_path, monkeypatch):
    run = tmp_path / "run"
    arguments = ["train", "vq_vae", "--dataset", "digits", "--epochs", "2", "--batch-size", "400"]
    sizes = ["--filters", "4", "--prior-filters", "4", "--prior-blocks", "1", "--codes", "8"]
    monkeypatch.setattr(sys, "argv", ["keras-gen", *arguments, *sizes, "--output", str(run)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    with open(run / "history.csv") as file:
        first, second = csv.DictReader(file)
    assert first["bits_per_code"] == "NA" and float(first["perplexity"]) >= 1.0
    assert second["perplexity"] == "NA" and float(second["bits_per_code"]) > 0.0
    assert float(second["seconds"]) >= 0.0
    model = keras.saving.load_model(run / "model.keras")
    assert model.generate(2, seed=0).shape == (2, 8, 8, 1)


@pytest.mark.one_backend
def test_the_recipe_makes_what_it_is_told_to():
    recipe = VQVAERecipe(
        dataset="digits",
        filters=2,
        code_dim=3,
        codes=7,
        halvings=1,
        prior_filters=2,
        prior_blocks=1,
    )
    opened = recipe.open()
    model = recipe.build(opened, 10)
    assert model.encoder.output_shape == (None, 4, 4, 3)
    # Held for half of the steps that the codes have, then falling to zero.
    schedule = model.optimizer["codes"].get_config()["learning_rate"]["config"]
    assert (schedule["hold"], schedule["decay"]) == (5, 5)
    assert model.prior_network.output_shape == (None, 4, 4, 7)
    recipe.begin_stage(model, "prior", opened, 10)
    assert model.stage == "prior" and list(model.phases()) == ["prior"]


@pytest.mark.parametrize("halvings", [1, 2])
def test_the_decoder_begins_within_the_range_of_images(halvings):
    decoder = networks.vq_decoder((16, 16, 1), 8, 16, halvings, seed=0)
    codes = np.random.default_rng(0).standard_normal((4, *decoder.input_shape[1:]))
    assert 0.01 < array(decoder(codes.astype("float32"))).std() < 1.0
