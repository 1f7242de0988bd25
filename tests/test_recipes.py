"""What `keras-gen train` makes of a model's name."""

import dataclasses

import keras
import pytest

from keras_gen.recipes import RECIPES, Settings

TINY = {"epochs": 2, "batch_size": 250, "base_filters": 4}
DOMAINS = {"pix2pix": {"input": "edges"}, "cycle_gan": {"input": "image", "target": "image"}}


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.decays])
def test_every_rate_has_fallen_to_zero_when_training_ends(name):
    settings = Settings(name, "digits", **DOMAINS.get(name, {}), **TINY).with_defaults()
    dataset = RECIPES[name].load(settings)
    model = RECIPES[name].build(dataset, settings)
    updates = int(dataset.cardinality()) * settings.epochs
    for phase in model.optimizer.phase_names:
        optimizer, count = model.optimizer[phase], updates
        if name == "wgan_gp" and phase == "discriminator":
            count *= settings.n_critic

        def rate_after(number, optimizer=optimizer):
            optimizer.iterations.assign(number)
            return float(keras.ops.convert_to_numpy(optimizer.learning_rate))

        first, last = rate_after(0), rate_after(count - 1)
        assert first == rate_after(count // 2) > last > 0.0, phase
        assert rate_after(count) == 0.0, phase


def test_every_setting_is_an_option_of_some_recipe():
    known = {"model", "dataset", "image_size", "seed", "precision"}
    for recipe in RECIPES.values():
        known |= {*recipe.defaults, *recipe.options}
    assert {field.name for field in dataclasses.fields(Settings)} == known


@pytest.mark.parametrize("name", DOMAINS)
@pytest.mark.parametrize(("augment", "scaled"), [("none", False), ("flip", False), ("crop", True)])
def test_what_is_augmented_can_be_chosen(name, augment, scaled):
    """Digits have 17 grey levels; a crop, out of a larger picture, has others between them."""
    settings = Settings(name, "digits", **DOMAINS[name], **TINY, augment=augment).with_defaults()
    _, batch = next(iter(RECIPES[name].load(settings).as_numpy_iterator()))
    levels = {round(float(level)) for level in (batch.ravel() + 1.0) * 127.5}
    assert (len(levels) > 17) is scaled


@pytest.mark.parametrize("name", ["gan", "conditional_gan"])
def test_r1_is_off_and_can_be_had(name):
    for given, names in ((None, []), (0.05, ["r1_penalty"])):
        settings = Settings(name, "digits", **TINY, r1_weight=given).with_defaults()
        model = RECIPES[name].build(RECIPES[name].load(settings), settings)
        assert (model.r1_weight, model.penalty_names) == (given or 0.0, names)


def test_unknown_augmentations_are_refused():
    settings = Settings("pix2pix", "digits", input="edges", augment="turn").with_defaults()
    with pytest.raises(ValueError, match=r"`augment` must be some of.*turn"):
        RECIPES["pix2pix"].load(settings)
