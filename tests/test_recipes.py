"""What `keras-gen train` makes of a family's name."""

import dataclasses

import keras
import pytest
from PIL import Image

import keras_gen
from keras_gen.recipes import AdversarialRecipe, TranslationRecipe, families

FAMILIES = {name: family.load() for name, family in families().items()}
TINY = {"epochs": 2, "batch_size": 250, "base_filters": 4}
DOMAINS = {"pix2pix": {"input": "edges"}, "cycle_gan": {"input": "image", "target": "image"}}
DOMAINS["cut"] = DOMAINS["cycle_gan"]
FALLING = [
    name
    for name, recipe in FAMILIES.items()
    if issubclass(recipe, AdversarialRecipe | TranslationRecipe)
]


def tiny(name, **options):
    return FAMILIES[name](dataset="digits", **DOMAINS.get(name, {}), **{**TINY, **options})


@pytest.mark.parametrize("name", FALLING)
def test_every_rate_has_fallen_to_zero_when_training_ends(name):
    recipe = tiny(name)
    opened = recipe.open()
    updates = opened.steps(recipe.batch_size) * recipe.epochs
    model = recipe.build(opened, updates)
    for phase in model.optimizer.phase_names:
        optimizer, count = model.optimizer[phase], updates
        if name == "wgan_gp" and phase == "discriminator":
            count *= recipe.n_critic

        def rate_after(number, optimizer=optimizer):
            optimizer.iterations.assign(number)
            return float(keras.ops.convert_to_numpy(optimizer.learning_rate))

        first, last = rate_after(0), rate_after(count - 1)
        assert first == rate_after(count // 2) > last > 0.0, phase
        assert rate_after(count) == 0.0, phase


def test_super_resolution_makes_what_its_options_say():
    recipe = tiny("super_resolution", factor=2, blocks=1, base_filters=2)
    opened = recipe.open()
    assert recipe.size(opened) == (8, 8)  # no more than the data's
    model = recipe.build(opened, 10)
    assert (model.factor, model.discriminator, model.ema_decay) == (2, None, 0.999)
    judged = dataclasses.replace(recipe, adversarial_weight=0.02, discriminator_filters=2)
    model = judged.build(opened, 10)
    assert model.adversarial_weight == 0.02 and model.loss.name == "relativistic"
    assert model.discriminator.input_shape == (None, 8, 8, 1)
    small, large = recipe.preview(opened)
    assert (small.shape, large.shape) == ((12, 4, 4, 1), (12, 8, 8, 1))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_options_are_the_fields_and_each_has_words(name):
    recipe = FAMILIES[name]
    fields = {field.name for field in dataclasses.fields(recipe)}
    options = recipe.options()
    assert {option.name for option in options} == fields
    assert all(
        option.help.endswith(".") and option.kind in (bool, int, float, str) for option in options
    )
    assert recipe.family == name and recipe.title.endswith(".")


def test_defaults_are_those_of_0_1():
    reading = {"channels": None, "resize": "bicubic", "value_range": None}  # which 0.1 had not
    dcgan = {"batch_size": 64, "latent_dim": 64, "base_filters": 32, "learning_rate": 1e-3}
    dcgan |= {"discriminator_learning_rate": 5e-4, "loss": "non_saturating", "ema_decay": 0.999}
    dcgan |= {"r1_weight": 0.0, "seed": 0, "precision": "float32", "image_size": None}
    dcgan |= {"diff_augment": "none", "classes": None}  # nor these
    lengths = {"epochs": None, "steps": None, "minutes": None}
    translation = {"image_size": None, "learning_rate": 2e-4, "augment": "crop,flip"}
    translation |= {"input": None, "target": None, "seed": 0, "precision": "float32"}
    # What follows 0.1 had not.
    translation |= {"upsampling": "transposed", "ema_decay": 0.0, "r1_weight": 0.0}
    translation |= {"discriminator_normalization": "instance", "scales": 1, "diff_augment": "none"}
    translation |= {"discriminator_learning_rate": None, "projected": False}
    expected = {
        "gan": dcgan | lengths | {"generator": "dcgan", "projected": False},
        "conditional_gan": dcgan | lengths,
        "wgan_gp": {
            name: dcgan[name] for name in dcgan if name not in ("loss", "r1_weight", "diff_augment")
        }
        | lengths
        | {"learning_rate": 5e-4, "discriminator_learning_rate": 1e-3, "n_critic": 1},
        "vae": {
            **lengths,
            "batch_size": 128,
            "latent_dim": 16,
            "base_filters": 32,
            "learning_rate": 1e-3,
            "beta": 1.0,
            # What follows 0.1 had not.
            "likelihood": "bernoulli",
            "objective": "elbo",
            "importance_samples": 5,
            "free_bits": 0.0,
            "classes": None,
            "pseudo_inputs": 0,
            "binarize": None,
            "schedule": "constant",
            "sampler": None,
            "seed": 0,
            "precision": "float32",
            "image_size": None,
        },
        "pix2pix": translation
        | lengths
        | {"batch_size": 16, "base_filters": 32, "loss": "non_saturating"}
        # What follows 0.1 and docs/ablation.md.
        | {"side_by_side": False, "perceptual_weight": 0.0, "upsampling": "nearest"}
        | {"r1_weight": 1.0, "l1_weight": 100.0}
        | {"feature_matching_weight": 0.0},
        "cycle_gan": translation
        | lengths
        | {"batch_size": 4, "base_filters": 16, "loss": "least_squares"}
        | {"global_skip": False, "cycle_weight": 10.0, "cycle_noise": 0.0}
        | {"target_cycle_weight": None, "generator_normalization": "instance"}
        | {"input_patches": False},
    }
    defaults = {name: FAMILIES[name].defaults() for name in expected}
    assert defaults == {name: options | reading for name, options in expected.items()}
    epochs = {"gan": 12, "conditional_gan": 12, "wgan_gp": 12, "vae": 15, "pix2pix": 40}
    epochs["cycle_gan"] = 20
    assert {name: FAMILIES[name].default_epochs for name in epochs} == epochs


def test_few_data_are_trained_on_for_a_number_of_steps():
    gan = FAMILIES["gan"](dataset="digits")
    assert gan.epochs_by_default(24) == 417  # 1,558 pictures: 10,008 steps
    assert gan.epochs_by_default(937) == 12  # Fashion-MNIST
    assert FAMILIES["vae"](dataset="digits").epochs_by_default(468) == 15
    assert FAMILIES["vae"](dataset="digits").epochs_by_default(11) == 455  # 5,005 steps
    # Four times as many images a step, a quarter of the steps; fewer images, no more steps.
    assert FAMILIES["gan"](dataset="digits", batch_size=256).epochs_by_default(234) == 12
    assert FAMILIES["gan"](dataset="digits", batch_size=32).epochs_by_default(48) == 209


@pytest.mark.parametrize("name", DOMAINS)
@pytest.mark.parametrize(("augment", "scaled"), [("none", False), ("flip", False), ("crop", True)])
def test_what_is_augmented_can_be_chosen(name, augment, scaled):
    """Digits have 17 grey levels; a crop, out of a larger picture, has others between them."""
    recipe = tiny(name, augment=augment)
    _, batch = next(iter(recipe.batches(recipe.open()).as_numpy_iterator()))
    levels = {round(float(level)) for level in (batch.ravel() + 1.0) * 127.5}
    assert (len(levels) > 17) is scaled


@pytest.mark.parametrize("name", DOMAINS)
def test_translators_have_what_later_papers_found(name):
    recipe = tiny(name, upsampling="nearest", ema_decay=0.9, r1_weight=0.1)
    model = recipe.build(recipe.open(), 10)
    assert (model.ema_decay, model.r1_weight) == (0.9, 0.1)
    generator = next(iter(model.directions.values())).network
    assert not any(isinstance(layer, keras.layers.Conv2DTranspose) for layer in generator.layers)
    plain = tiny(name)
    assert plain.build(plain.open(), 10).ema_decay is None


@pytest.mark.parametrize("loss", ["hinge", "least_squares", "relativistic"])
def test_an_augmentation_adapts_where_scores_have_a_sign_and_is_whole_elsewhere(loss):
    recipe = tiny("gan", loss=loss, diff_augment="flip")
    augmentation = recipe.build(recipe.open(), 10).augmentation
    adapts = isinstance(augmentation, keras_gen.layers.AdaptiveAugment)
    assert adapts == (loss == "hinge")
    assert adapts or augmentation.probability == 1.0


@pytest.mark.parametrize("name", DOMAINS)
def test_discriminators_of_translators_can_be_chosen(name):
    recipe = tiny(
        name,
        image_size=16,
        scales=2,
        discriminator_normalization="spectral",
        diff_augment="color,flip",
        seed=3,
    )
    model = recipe.build(recipe.open(), 10)
    for network in model.phases()["discriminator"].networks:
        assert len(network.outputs) == 2
        spectral = keras_gen.layers.SpectralNormalization
        assert sum(isinstance(layer, spectral) for layer in network.layers) == 6
    assert type(model.augmentation) is keras_gen.layers.DiffAugment
    assert model.augmentation.operations == ("color", "flip") and model.augmentation.seed == 3
    plain = tiny(name, discriminator_normalization="none")
    (*_, network) = plain.build(plain.open(), 10).phases()["discriminator"].networks
    assert [weight.path for weight in network.weights if "normalization" in weight.path] == []
    with pytest.raises(ValueError, match="`diff_augment` must be none, or some of color, hue, tr"):
        tiny(name, diff_augment="blur")


@pytest.mark.parametrize("name", ["cycle_gan", "cut"])
def test_translators_without_pairs_can_begin_as_copies(name):
    recipe = tiny(name, global_skip=True, discriminator_learning_rate=1e-3)
    model = recipe.build(recipe.open(), 10)
    for direction in model.directions.values():
        assert "change" in {layer.name for layer in direction.network.layers}
    rates = [
        float(model.optimizer[phase].learning_rate) for phase in ("generator", "discriminator")
    ]
    assert rates == pytest.approx([2e-4, 1e-3])


@pytest.mark.parametrize("name", ["cycle_gan", "cut"])
@pytest.mark.parametrize("normalization", ["batch", "instance", "none"])
def test_normalisation_of_translators_without_pairs_can_be_chosen(name, normalization):
    recipe = tiny(name, generator_normalization=normalization)
    kinds = {
        "batch": keras.layers.BatchNormalization,
        "instance": keras_gen.layers.InstanceNormalization,
    }
    for direction in recipe.build(recipe.open(), 10).directions.values():
        found = {
            kind
            for kind, layer in kinds.items()
            if any(isinstance(each, layer) for each in direction.network.layers)
        }
        assert found == {normalization} - {"none"}


@pytest.mark.parametrize(
    ("options", "weights", "identity"),
    [
        ({}, (10.0, 10.0), 5.0),
        ({"cycle_weight": 4.0}, (4.0, 4.0), 2.0),
        ({"target_cycle_weight": 0.0}, (10.0, 0.0), 2.5),
    ],
)
def test_cycles_can_have_a_weight_each(options, weights, identity):
    recipe = tiny("cycle_gan", **options)
    model = recipe.build(recipe.open(), 10)
    assert model.cycle_weights == weights and model.identity_weight == identity


def test_what_is_held_out_is_shown_and_where_it_can_t_be_the_training_data(tmp_path):
    def write(split, value, *sizes):
        (tmp_path / split).mkdir(parents=True)
        for number, size in enumerate(sizes):
            Image.new("L", (size, size), value).save(tmp_path / split / f"{number}.png")

    def shown():
        recipe = FAMILIES["inpainting"](dataset=str(tmp_path), **TINY)
        batch = recipe.preview(recipe.open())
        return (batch[0] if isinstance(batch, tuple) else batch).mean() > 0

    write("train", 0, *[8] * 4)
    write("val", 255, 8, 9)  # of several sizes
    assert not shown()
    (tmp_path / "val" / "1.png").unlink()
    assert shown()  # fewer than are shown else
    (tmp_path / "val" / "0.png").unlink()
    assert not shown()
    write("test", 255, 12)  # of another size than the networks are made for
    assert not shown()
    Image.new("L", (8, 8), 255).save(tmp_path / "test" / "0.png")
    assert shown()


def test_a_style_gan_of_settings_without_a_scale_has_none(tmp_path):
    recipe = FAMILIES["style_gan2"]
    old = {"dataset": "photos", "projected": True}
    assert recipe.from_settings(old).output_scale == 0.25
    assert recipe.from_settings({**old, **recipe.unsaid}).output_scale == 1.0


@pytest.mark.parametrize("name", ["pix2pix", "cycle_gan", "cut", "gan", "style_gan2", "inpainting"])
def test_a_classifier_can_help_to_judge(name):
    recipe = FAMILIES[name](
        **{**DOMAINS["cut"], "input": "flat", "target": "3d"} if name in DOMAINS else {},
        dataset="fluent_emoji",
        base_filters=2,
        image_size=32,
        projected=True,
    )
    model = recipe.build(recipe.open(), 10)
    for network in model.phases()["discriminator"].networks:
        # Seen at 128 pixels, of which the coarsest map is a 32nd.
        assert network.get_layer("features").input_shape == (None, 128, 128, 3)
        assert network.output_shape == [(None, 7, 7, 1)] * 3 + [(None, 3, 3, 1)]
    grey = tiny(name, projected=True)
    with pytest.raises(ValueError, match=r"`projected` takes images of at least 32 x 32"):
        grey.build(grey.open(), 10)


def test_a_flag_brings_defaults_that_can_be_said_otherwise():
    recipe = FAMILIES["gan"]
    given = {"dataset": "photos", "projected": True}
    brought = recipe.from_settings(given)
    assert (brought.generator, brought.loss, brought.batch_size) == ("fast_gan", "hinge", 16)
    assert brought.diff_augment == "color,translation,cutout"
    said = recipe.from_settings({**given, "loss": "non_saturating", "batch_size": 64})
    assert (said.generator, said.loss, said.batch_size) == ("fast_gan", "non_saturating", 64)
    assert recipe.from_settings(said.to_settings()) == said
    assert (brought.usual("batch_size"), said.usual("batch_size"), said.usual("seed")) == (
        16,
        16,
        0,
    )
    without = recipe.from_settings({"dataset": "photos", "projected": False})
    assert (without.generator, without.loss) == ("dcgan", "non_saturating")
    for name, recipe in FAMILIES.items():
        for flag, defaults in recipe.brings.items():
            found = recipe.from_settings({"dataset": "photos", flag: True}).to_settings()
            assert found.items() >= defaults.items(), name
            shown = {option.name: option.default_in_words for option in recipe.options()}
            assert all(f"{v} with --{flag}" in shown[k] for k, v in defaults.items())


def test_a_cycle_gan_can_judge_its_inputs_by_patches():
    domains = DOMAINS["cut"] | {"input": "flat", "target": "3d", "dataset": "fluent_emoji"}
    recipe = FAMILIES["cycle_gan"](
        **domains, base_filters=2, image_size=32, projected=True, input_patches=True
    )
    model = recipe.build(recipe.open(), 10)
    assert model.discriminator_a.name.startswith("patch_discriminator")
    assert model.discriminator_b.get_layer("features").input_shape == (None, 128, 128, 3)
    with pytest.raises(ValueError, match=r"`input_patches` is for `projected`.*projected=False"):
        tiny("cycle_gan", input_patches=True)


def test_a_gan_can_have_fast_gans_generator():
    recipe = tiny("gan", generator="fast_gan")
    assert recipe.build(recipe.open(), 10).generator.name == "fast_gan_generator"


def test_what_a_patch_gan_has_a_projected_one_has_not():
    with pytest.raises(ValueError, match=r"`scales` is the PatchGAN's; leave it out.*scales=2"):
        tiny("cut", projected=True, scales=2)


def test_feature_matching_is_off_and_can_be_had():
    for given in ({}, {"feature_matching_weight": 10.0}):
        recipe = tiny("pix2pix", **given)
        model = recipe.build(recipe.open(), 10)
        assert model.feature_matching_weight == given.get("feature_matching_weight", 0.0)


def test_a_classifiers_distance_stands_beside_the_pixels():
    recipe = tiny("pix2pix", perceptual_weight=0.1)
    model = recipe.build(recipe.open(), 10)
    assert model.reconstruction.pixel_weight == 10.0 and model.l1_weight == pytest.approx(10.0)
    recipe = tiny("pix2pix", l1_weight=20.0)
    assert recipe.build(recipe.open(), 10).l1_weight == 20.0


@pytest.mark.parametrize("name", ["gan", "conditional_gan"])
def test_r1_is_off_and_can_be_had(name):
    for given, names in (({}, []), ({"r1_weight": 0.05}, ["r1_penalty"])):
        recipe = tiny(name, **given)
        model = recipe.build(recipe.open(), 10)
        assert (model.r1_weight, list(model.penalty_names)) == (given.get("r1_weight", 0.0), names)


@pytest.mark.parametrize("name", ["gan", "conditional_gan"])
def test_what_is_judged_can_be_augmented_as_much_as_is_needed(name):
    recipe = tiny(name, diff_augment="flip,cutout", seed=3)
    model = recipe.build(recipe.open(), 10)
    assert isinstance(model.augmentation, keras_gen.layers.AdaptiveAugment)
    assert model.augmentation.operations == ("flip", "cutout") and model.augmentation.seed == 3
    assert model.augmentation.images == 10 * 250 // 4
    assert tiny(name).build(recipe.open(), 10).augmentation is None
    with pytest.raises(ValueError, match="`diff_augment` must be none, or some of color, hue, tr"):
        tiny(name, diff_augment="blur")


def test_unknown_augmentations_are_refused():
    recipe = tiny("pix2pix", augment="turn")
    with pytest.raises(ValueError, match=r"`augment` must be some of.*turn"):
        recipe.batches(recipe.open())


def test_settings_are_the_recipe():
    recipe = tiny("vae", beta=2)
    settings = recipe.to_settings()
    assert settings["model"] == "vae" and settings["beta"] == 2 and "n_critic" not in settings
    assert FAMILIES["vae"].from_settings(settings) == recipe


def test_settings_of_0_1_have_none_for_other_families():
    settings = {"model": "vae", "dataset": "digits", "n_critic": None, "loss": None, "epochs": 3}
    recipe = FAMILIES["vae"].from_settings(settings)
    assert recipe.epochs == 3 and recipe.beta == 1.0
    with pytest.raises(ValueError, match=r"`n_critic` is no option of vae. Received: n_critic=3"):
        FAMILIES["vae"].from_settings({**settings, "n_critic": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "`epochs` must be 1 or more. Received: epochs=0"),
        ({"epochs": 1.5}, "`epochs` must be an integer"),
        ({"batch_size": None}, "`batch_size` must be an integer"),
        ({"latent_dim": True}, "`latent_dim` must be an integer"),
        ({"ema_decay": 1.5}, "`ema_decay` must be 1 or less"),
        ({"precision": "float16"}, "`precision` must be one of float32, mixed_bfloat16"),
        ({"dataset": 3}, "`dataset` must be a string"),
    ],
)
def test_wrong_values_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        FAMILIES["gan"](**{"dataset": "digits", **options})


def test_a_plain_assignment_is_another_default():
    class Wider(FAMILIES["vae"]):
        base_filters = 64

    assert Wider(dataset="digits").base_filters == 64
    assert Wider(dataset="digits", base_filters=8).base_filters == 8
    words = {option.name: option for option in Wider.options()}["base_filters"]
    assert (words.default, words.help, words.min) == (64, "Width of the networks.", 1)


def test_a_variational_recipe_says_what_is_maximised_and_of_which_data():
    recipe = tiny("vae", likelihood="learned_gaussian", objective="iwae", importance_samples=2)
    model = recipe.build(recipe.open(), 10)
    assert (model.objective, model.importance_samples) == ("iwae", 2)
    assert type(model.likelihood).__name__ == "LearnedGaussianLikelihood"
    for name in ("vae", "cvae"):
        drawn = tiny(name, binarize="static", free_bits=0.1)
        opened = drawn.open()
        images, *_ = keras.tree.flatten(next(iter(drawn.batches(opened))))
        assert set(images.numpy().ravel().tolist()) == {-1.0, 1.0}
        assert drawn.build(opened, 10).free_bits == 0.1


def test_the_words_of_a_variational_recipe_are_those_of_the_rooms_that_it_may_not_import():
    from keras_gen.data import transforms
    from keras_gen.losses import likelihoods
    from keras_gen.models import latent_vae
    from keras_gen.recipes import variational

    assert tuple(likelihoods._LIKELIHOODS) == variational.LIKELIHOODS
    assert latent_vae.OBJECTIVES == variational.OBJECTIVES
    assert transforms.BINARIZATIONS == variational.BINARIZATIONS
