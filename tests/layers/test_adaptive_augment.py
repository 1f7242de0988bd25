import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.layers import AdaptiveAugment
from tests.cases import images
from tests.models.helpers import array, fixed, linear, sgd

SHAPE = (2, 2, 1)


def share(layer):
    return float(array(layer.probability))


def observe(layer, scores, times=1):
    for _ in range(times):
        layer.observe(keras.ops.convert_to_tensor(np.asarray(scores, "float32")))
    return share(layer)


def test_the_share_rises_while_most_real_images_are_known_and_falls_otherwise():
    layer = AdaptiveAugment("flip", images=100)
    assert share(layer) == 0.0
    # The mean sign is remembered over four batches or so: 0.25, 0.44, 0.58, then above 0.6.
    assert observe(layer, np.ones((5, 1)), times=3) == 0.0
    assert observe(layer, np.ones((5, 1)), times=4) == pytest.approx(4 * 5 / 100)
    # Half of them known is a mean sign of 0.
    half = [[1.0], [-1.0], [2.0], [-2.0], [0.0]]
    assert observe(layer, half, times=20) == 0.0
    assert observe(layer, np.ones((50, 3, 3, 1)), times=20) == 1.0


def test_a_gan_s_share_goes_by_its_real_images_and_is_kept(tmp_path):
    """Scores of real images are all above 0, of a discriminator that is not moved."""
    reals = np.abs(images(8, SHAPE)) + 0.1
    reals[:, 0, 0] = -0.05  # of both signs, as images are
    model = keras_gen.GAN(fixed(np.zeros(SHAPE)), linear(np.ones(SHAPE)), latent_dim=2)
    augmentation = AdaptiveAugment("flip", images=32, seed=0)
    sgd(model, 0.0, augmentation=augmentation)
    model.fit(reals, batch_size=4, epochs=3, verbose=0)
    # From the fourth of six steps on.
    assert share(augmentation) == pytest.approx(3 * 4 / 32)
    model.evaluate(reals, verbose=0)
    assert share(augmentation) == pytest.approx(3 * 4 / 32)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert share(loaded.augmentation) == pytest.approx(3 * 4 / 32)
    loaded.fit(reals, batch_size=4, verbose=0)
    assert share(loaded.augmentation) == pytest.approx(5 * 4 / 32)
    others = keras_gen.GAN(fixed(np.zeros(SHAPE)), linear(np.ones(SHAPE)), latent_dim=2)
    sgd(others, 0.0, augmentation=AdaptiveAugment("flip", images=32))
    others.fit(-reals, batch_size=4, epochs=3, verbose=0)
    assert share(others.augmentation) == 0.0


@pytest.mark.parametrize("name", ["conditional_gan", "pix2pix", "cycle_gan"])
@pytest.mark.parametrize("penalties", [{}, {"r1_weight": 1.0, "penalties_every": 2}])
def test_other_models_tell_it_too(name, penalties):
    from tests.families import CASES

    case = CASES[name]
    model = case.build()
    # Whatever the scores are, the share goes up from 0 or stays: here 1 image is enough.
    layer = AdaptiveAugment("color", target=0.01, images=1, seed=0)
    model.compile(
        *(keras.optimizers.SGD(0.0) for _ in case.phases),
        loss="hinge",
        augmentation=layer,
        **penalties,
    )
    # Three images, whose signs don't cancel.
    history = model.fit(case.data(9), batch_size=3, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    known = float(array(layer.known))
    assert known != 0.0 and share(layer) == (1.0 if known > 0.01 else 0.0)


@pytest.mark.parametrize("loss", ["least_squares", "wasserstein", "relativistic"])
def test_losses_whose_scores_have_no_sign_are_refused(loss):
    model = keras_gen.GAN(fixed(np.zeros(SHAPE)), linear(np.ones(SHAPE)), latent_dim=2)
    with pytest.raises(ValueError, match="`augmentation` that adapts goes by the sign of scores"):
        model.compile(loss=loss, augmentation=AdaptiveAugment("flip"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 1.0}, r"`target` must be a number in \(0, 1\). Received: target=1.0"),
        ({"images": 0}, "`images` must be an integer above 0. Received: images=0"),
        ({"operations": "blur"}, "`operations` must be some of"),
    ],
)
def test_what_is_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveAugment(**arguments)
