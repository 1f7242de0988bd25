import keras
import numpy as np
import pytest

from keras_gen import losses
from keras_gen.backend import input_gradient

NAMES = ["non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic"]
WITH_LABELS = ["non_saturating", "minimax", "least_squares"]
REAL = np.array([[2.0], [-1.0], [0.5]])
FAKE = np.array([[-3.0], [0.25], [1.5]])


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cross_entropy(logits, label):
    """With probabilities and in float64, unlike the package's."""
    probability = sigmoid(logits)
    return -np.mean(label * np.log(probability) + (1 - label) * np.log(1 - probability))


def expected_discriminator_loss(name, real, fake, smoothing=0.0):
    return {
        "non_saturating": lambda: cross_entropy(real, 1 - smoothing) + cross_entropy(fake, 0.0),
        "minimax": lambda: cross_entropy(real, 1 - smoothing) + cross_entropy(fake, 0.0),
        "least_squares": lambda: np.mean((real - 1 + smoothing) ** 2) + np.mean(fake**2),
        "hinge": lambda: np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(),
        "wasserstein": lambda: fake.mean() - real.mean(),
        "relativistic": lambda: cross_entropy(real - fake, 1.0),
    }[name]()


def expected_generator_loss(name, real, fake):
    return {
        "non_saturating": lambda: -np.log(sigmoid(fake)).mean(),
        "minimax": lambda: np.log(1 - sigmoid(fake)).mean(),
        "least_squares": lambda: np.mean((fake - 1) ** 2),
        "hinge": lambda: -fake.mean(),
        "wasserstein": lambda: -fake.mean(),
        "relativistic": lambda: cross_entropy(fake - real, 1.0),
    }[name]()


def generator_loss(loss, fake, real):
    return loss.generator_loss(fake, real) if loss.uses_real_logits else loss.generator_loss(fake)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 1), (3,), (2, 4, 5, 1)])
def test_losses_agree_with_their_formulas_on_vectors_and_patches(name, shape):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 2, size=(2, *shape))
    loss = losses.get(name)
    np.testing.assert_allclose(
        array(loss.discriminator_loss(real, fake)),
        expected_discriminator_loss(name, real, fake),
        rtol=1e-5,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        array(generator_loss(loss, fake, real)),
        expected_generator_loss(name, real, fake),
        rtol=1e-5,
        atol=1e-6,
    )


def test_hand_computed_values():
    real, fake = np.array([[2.0], [0.5]]), np.array([[-3.0], [1.0]])
    log2 = np.log(2.0)
    zeros = np.zeros((2, 1))
    cases = [
        (losses.hinge_discriminator_loss(real, fake), (0 + 0.5) / 2 + (0 + 2) / 2),
        (losses.hinge_generator_loss(fake), 1.0),
        (losses.wasserstein_discriminator_loss(real, fake), -1.0 - 1.25),
        (losses.wasserstein_generator_loss(fake), 1.0),
        (losses.least_squares_discriminator_loss(real, fake), (1 + 0.25) / 2 + (9 + 1) / 2),
        (losses.least_squares_generator_loss(fake), (16 + 0) / 2),
        (losses.non_saturating_discriminator_loss(zeros, zeros), 2 * log2),
        (losses.non_saturating_generator_loss(zeros), log2),
        (losses.minimax_discriminator_loss(zeros, zeros), 2 * log2),
        (losses.minimax_generator_loss(zeros), -log2),
        (losses.relativistic_paired_discriminator_loss(real, real), log2),
        (losses.relativistic_paired_generator_loss(fake, fake), log2),
    ]
    for value, expected in cases:
        np.testing.assert_allclose(array(value), expected, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_confident_discriminator_has_the_lower_loss_and_its_generator_the_higher(name):
    loss = losses.get(name)
    right, wrong = np.full((2, 1), 3.0), np.full((2, 1), -3.0)
    assert array(loss.discriminator_loss(right, wrong)) < array(
        loss.discriminator_loss(wrong, right)
    )
    assert array(generator_loss(loss, wrong, right)) > array(generator_loss(loss, right, wrong))


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_logits_give_float32_scalars_that_do_not_overflow(name):
    loss = losses.get(name)
    real = keras.ops.cast([[300.0], [-300.0]], "float16")
    fake = keras.ops.cast([[-300.0], [300.0]], "float16")
    for value in (loss.discriminator_loss(real, fake), generator_loss(loss, fake, real)):
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert tuple(value.shape) == ()
        assert np.isfinite(array(value))  # 300 squared is beyond float16


@pytest.mark.parametrize("name", ["non_saturating", "minimax", "relativistic"])
@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_extreme_logits_give_finite_values_and_gradients(name, extreme):
    loss = losses.get(name)
    zero, logits = keras.ops.zeros((1, 1)), keras.ops.full((1, 1), extreme)
    for function in (
        lambda x: loss.discriminator_loss(x, zero),
        lambda x: loss.discriminator_loss(zero, x),
        lambda x: generator_loss(loss, x, zero),
    ):
        assert np.isfinite(array(function(logits)))
        assert np.isfinite(array(input_gradient(function, logits))).all()
    assert abs(array(loss.discriminator_loss(logits, -logits))) == pytest.approx(
        0.0 if extreme > 0 else 2e4
    )


def test_the_non_saturating_generator_learns_where_the_minimax_one_does_not():
    lost = keras.ops.full((1, 1), -20.0)
    non_saturating = array(input_gradient(losses.non_saturating_generator_loss, lost))
    minimax = array(input_gradient(losses.minimax_generator_loss, lost))
    assert non_saturating.item() == pytest.approx(-1.0, abs=1e-6)
    assert abs(minimax.item()) < 1e-6


@pytest.mark.parametrize("name", WITH_LABELS)
@pytest.mark.parametrize("smoothing", [0.1, 0.5, 0.99])
def test_label_smoothing_moves_the_real_label_alone(name, smoothing):
    loss = losses.AdversarialLoss(name, label_smoothing=smoothing)
    np.testing.assert_allclose(
        array(loss.discriminator_loss(REAL, FAKE)),
        expected_discriminator_loss(name, REAL, FAKE, smoothing),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        array(loss.generator_loss(FAKE)), array(losses.get(name).generator_loss(FAKE)), rtol=1e-6
    )


def test_the_best_real_logit_has_the_smoothed_label_as_its_probability():
    best = keras.ops.full((1, 1), float(np.log(0.9 / 0.1)))
    gradient = input_gradient(
        lambda x: losses.non_saturating_discriminator_loss(x, [[0.0]], 0.1), best
    )
    assert array(gradient).item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 1.5, float("nan")])
@pytest.mark.parametrize("name", WITH_LABELS)
def test_label_smoothing_out_of_range_is_refused(name, smoothing):
    with pytest.raises(ValueError, match=r"label_smoothing.*Received: label_smoothing="):
        losses.AdversarialLoss(name, label_smoothing=smoothing)
    function = getattr(losses, f"{name}_discriminator_loss")
    with pytest.raises(ValueError, match=r"label_smoothing.*Received: label_smoothing="):
        function(REAL, FAKE, label_smoothing=smoothing)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_LABELS])
def test_label_smoothing_is_refused_where_there_are_no_labels(name):
    with pytest.raises(ValueError, match=r"which has no labels.*Received: label_smoothing=0.1"):
        losses.AdversarialLoss(name, label_smoothing=0.1)


def test_batches_of_different_sizes_are_fine_but_for_the_paired_loss():
    for name in NAMES[:-1]:
        value = losses.get(name).discriminator_loss(REAL, FAKE[:2])
        np.testing.assert_allclose(
            array(value), expected_discriminator_loss(name, REAL, FAKE[:2]), rtol=1e-5
        )
    for fake in (FAKE[:2], FAKE[:1], FAKE[:, 0]):
        with pytest.raises(ValueError, match=r"real_logits.shape=\(3, 1\)"):
            losses.relativistic_paired_discriminator_loss(REAL, fake)
        with pytest.raises(ValueError, match=r"real_logits.shape=\(3, 1\)"):
            losses.relativistic_paired_generator_loss(fake, REAL)


def test_the_paired_loss_pairs_by_position():
    paired = array(losses.relativistic_paired_discriminator_loss(REAL, FAKE))
    shuffled = array(losses.relativistic_paired_discriminator_loss(REAL, FAKE[[1, 2, 0]]))
    assert abs(paired - shuffled) > 0.01


def test_only_the_relativistic_generator_uses_real_logits():
    assert [losses.get(name).uses_real_logits for name in NAMES] == [False] * 5 + [True]
    with pytest.raises(ValueError, match=r"`real_logits` must be.*Received: real_logits=None"):
        losses.get("relativistic").generator_loss(FAKE)


def test_others_ignore_real_logits():
    loss = losses.get("hinge")
    assert array(loss.generator_loss(FAKE, REAL)) == array(loss.generator_loss(FAKE))


@pytest.mark.parametrize("name", NAMES)
def test_config_round_trip(name):
    smoothing = 0.25 if name in WITH_LABELS else 0.0
    loss = losses.AdversarialLoss(name, label_smoothing=smoothing)
    serialised = keras.saving.serialize_keras_object(loss)
    for again in (losses.AdversarialLoss.from_config(loss.get_config()), losses.get(serialised)):
        assert (again.name, again.label_smoothing) == (name, smoothing)
        assert array(again.discriminator_loss(REAL, FAKE)) == array(
            loss.discriminator_loss(REAL, FAKE)
        )


class MyLoss:
    def discriminator_loss(self, real_logits, fake_logits):
        return keras.ops.mean(fake_logits) - keras.ops.mean(real_logits)

    def generator_loss(self, fake_logits):
        return -keras.ops.mean(fake_logits)


def test_get_passes_objects_through():
    for loss in (losses.AdversarialLoss("hinge"), MyLoss()):
        assert losses.get(loss) is loss


@pytest.mark.parametrize("identifier", ["lsgan", None, 3, MyLoss, object(), {}, {"name": "hinge"}])
def test_get_refuses_what_is_no_loss_and_lists_the_names(identifier):
    with pytest.raises(ValueError, match=r"'non_saturating'.*'relativistic'.*Received: loss="):
        losses.get(identifier)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"'non_saturating'.*Received: name='lsgan'"):
        losses.AdversarialLoss("lsgan")
