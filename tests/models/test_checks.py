"""What models refuse, and that each message names the argument and says what came."""

import keras
import numpy as np
import pytest

import keras_gen
from tests.models.helpers import fixed, linear, no_opinion, scaling

SHAPE = (2, 2, 1)
OTHER = (2, 3, 1)


def generator(shape=SHAPE):
    return fixed(np.zeros(shape))


def critic(shape=SHAPE):
    return linear(np.zeros(shape))


def unbuilt():
    return keras.Sequential([keras.layers.Dense(1)], name="unbuilt")


def labelled(shape=SHAPE):
    """A generator of latents and labels."""
    latents, labels = keras.Input((2,)), keras.Input((), dtype="int32")
    pixels = keras.layers.Dense(int(np.prod(shape)))(latents)
    return keras.Model([latents, labels], keras.layers.Reshape(shape)(pixels))


def labelled_critic(shape=SHAPE):
    image, labels = keras.Input(shape), keras.Input((), dtype="int32")
    return keras.Model([image, labels], keras.layers.Dense(1)(keras.layers.Flatten()(image)))


def encoder(latent_dim=2, shape=SHAPE):
    image = keras.Input(shape)
    features = keras.layers.Flatten()(image)
    return keras.Model(image, [keras.layers.Dense(latent_dim)(features) for _ in range(2)])


MAKERS = {
    "GAN": lambda **kw: keras_gen.GAN(
        **{"generator": generator(), "discriminator": critic(), "latent_dim": 2, **kw}
    ),
    "WGANGP": lambda **kw: keras_gen.WGANGP(
        **{"generator": generator(), "discriminator": critic(), "latent_dim": 2, **kw}
    ),
    "ConditionalGAN": lambda **kw: keras_gen.ConditionalGAN(
        **{
            "generator": labelled(),
            "discriminator": labelled_critic(),
            "latent_dim": 2,
            "num_classes": 3,
            **kw,
        }
    ),
    "Pix2Pix": lambda **kw: keras_gen.Pix2Pix(
        **{"generator": scaling(1.0, SHAPE), "discriminator": no_opinion(SHAPE, SHAPE), **kw}
    ),
    "CycleGAN": lambda **kw: keras_gen.CycleGAN(
        **{
            "generator_ab": scaling(1.0, SHAPE),
            "generator_ba": scaling(1.0, SHAPE),
            "discriminator_a": no_opinion(SHAPE),
            "discriminator_b": no_opinion(SHAPE),
            **kw,
        }
    ),
    "VAE": lambda **kw: keras_gen.VAE(
        **{"encoder": encoder(), "decoder": generator(), "latent_dim": 2, **kw}
    ),
}
NETWORKS = {
    "GAN": ["generator", "discriminator"],
    "WGANGP": ["generator", "discriminator"],
    "ConditionalGAN": ["generator", "discriminator"],
    "Pix2Pix": ["generator", "discriminator"],
    "CycleGAN": ["generator_ab", "generator_ba", "discriminator_a", "discriminator_b"],
    "VAE": ["encoder", "decoder"],
}
EVERY_NETWORK = [(model, argument) for model, names in NETWORKS.items() for argument in names]


@pytest.mark.parametrize("model", MAKERS)
def test_the_models_of_these_tests_are_sound(model):
    assert MAKERS[model]().built


@pytest.mark.parametrize(("model", "argument"), EVERY_NETWORK)
def test_an_unbuilt_network_is_refused(model, argument):
    message = rf"`{argument}` must be built.*keras.Input.*Received: the unbuilt model 'unbuilt'"
    with pytest.raises(ValueError, match=message):
        MAKERS[model](**{argument: unbuilt()})


@pytest.mark.parametrize(("model", "argument"), EVERY_NETWORK)
def test_what_is_no_model_is_refused(model, argument):
    with pytest.raises(
        ValueError, match=rf"`{argument}` must be a keras.Model. Received: .*'dcgan'"
    ):
        MAKERS[model](**{argument: "dcgan"})


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        *(
            (
                model,
                {"latent_dim": 3},
                r"`(generator|decoder|encoder)` must .* of shape \(batch, 3\).*Rec.*2\)",
            )
            for model in ("GAN", "WGANGP", "ConditionalGAN", "VAE")
        ),
        *(
            (
                model,
                {"latent_dim": bad},
                rf"`latent_dim` must be an integer.*Received: latent_dim={bad}",
            )
            for model in ("GAN", "VAE")
            for bad in (0, 1.5, True)
        ),
        *(
            (
                model,
                {"discriminator": critic(OTHER)},
                r"`discriminator` must take.*2, 2, 1\).*2, 3, 1\)",
            )
            for model in ("GAN", "WGANGP")
        ),
        ("GAN", {"ema_decay": 1.0}, r"`ema_decay`.*\[0, 1\). Received: ema_decay=1.0"),
        ("GAN", {"ema_decay": -0.1}, r"`ema_decay`.*Received: ema_decay=-0.1"),
        ("WGANGP", {"n_critic": 0}, r"`n_critic` must be an integer above 0. Received: n_critic=0"),
        ("WGANGP", {"penalty_weight": -1}, r"`penalty_weight`.*Received: penalty_weight=-1"),
        ("WGANGP", {"penalty_weight": "10"}, r"`penalty_weight`.*Received: penalty_weight='10'"),
        ("WGANGP", {"drift_weight": float("nan")}, r"`drift_weight`.*Received: drift_weight=nan"),
        ("ConditionalGAN", {"generator": generator()}, r"`generator` must take two.*with 1 inputs"),
        ("ConditionalGAN", {"discriminator": critic()}, r"`discriminator` must take two.*1 inputs"),
        ("GAN", {"generator": labelled()}, r"`generator` must take one input.*with 2 inputs"),
        ("GAN", {"discriminator": labelled_critic()}, r"`discriminator` must take one.*2 inputs"),
        (
            "ConditionalGAN",
            {"class_names": ["a", "b"]},
            r"`class_names` must be 3 different names. Received: class_names=\['a', 'b'\]",
        ),
        (
            "ConditionalGAN",
            {"discriminator": labelled_critic(OTHER)},
            r"`discriminator` must take.*2, 2, 1\).*2, 3, 1\)",
        ),
        ("ConditionalGAN", {"num_classes": 0}, r"`num_classes`.*Received: num_classes=0"),
        (
            "Pix2Pix",
            {"discriminator": no_opinion(SHAPE)},
            r"`discriminator` must take two.*1 inputs",
        ),
        (
            "Pix2Pix",
            {"discriminator": no_opinion(OTHER, OTHER)},
            r"`discriminator` must take.*2, 2, 1\).*2, 3, 1\)",
        ),
        ("Pix2Pix", {"l1_weight": -1}, r"`l1_weight`.*Received: l1_weight=-1"),
        ("Pix2Pix", {"reconstruction": "l3"}, r"'l1', 'l2'.*Received: .*='l3'"),
        ("CycleGAN", {"generator_ba": scaling(1.0, OTHER)}, r"`generator_ba` must take.*3, 1\)"),
        (
            "CycleGAN",
            {"discriminator_a": no_opinion(OTHER)},
            r"`discriminator_a` must take.*3, 1\)",
        ),
        (
            "CycleGAN",
            {"discriminator_b": no_opinion(OTHER)},
            r"`discriminator_b` must take.*3, 1\)",
        ),
        ("CycleGAN", {"cycle_noise": -1}, r"`cycle_noise`.*Received: cycle_noise=-1"),
        ("CycleGAN", {"cycle_weight": -1}, r"`cycle_weight`.*Received: cycle_weight=-1"),
        ("CycleGAN", {"cycle_weight": (1, -1)}, r"`cycle_weight`.*Received: cycle_weight=-1"),
        ("CycleGAN", {"cycle_weight": (1, 2, 3)}, r"a pair of them.*cycle_weight=\(1, 2, 3\)"),
        ("CycleGAN", {"pool_size": -1}, r"`pool_size`.*Received: pool_size=-1"),
        ("VAE", {"decoder": generator(OTHER)}, r"`decoder` must give.*2, 2, 1\).*2, 3, 1\)"),
        ("VAE", {"encoder": encoder(3)}, r"`encoder` must give.*\(batch, 2\).*\(batch, 3\)"),
        ("VAE", {"encoder": critic()}, r"`encoder`.*Received"),
        ("VAE", {"beta": -1}, r"`beta`.*Received: beta=-1"),
        ("VAE", {"likelihood": "laplace"}, r"`likelihood`.*Received: likelihood='laplace'"),
    ],
)
def test_constructors_refuse(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        MAKERS[model](**arguments)


@pytest.mark.parametrize("model", ["GAN", "ConditionalGAN", "Pix2Pix", "CycleGAN"])
def test_an_unknown_loss_is_refused(model):
    with pytest.raises(ValueError, match=r"`loss` must be one of.*Received: loss='lsgan'"):
        MAKERS[model]().compile(loss="lsgan")
