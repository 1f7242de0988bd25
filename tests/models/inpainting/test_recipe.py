"""What the options of `keras-gen train inpainting` make."""

import numpy as np
import pytest

from keras_gen.recipes import find_family


def recipe(**options):
    return find_family("inpainting").load()(dataset="digits", base_filters=4, **options)


@pytest.mark.parametrize(
    ("weight", "phases"), [(0.1, ["discriminator", "generator"]), (0.0, ["generator"])]
)
def test_a_discriminator_is_left_out_where_it_weighs_nothing(weight, phases):
    made = recipe(adversarial_weight=weight, ema_decay=0.0, holes="box", hole_weight=2.0)
    model = made.build(made.open(), 10)
    assert list(model.phases()) == phases
    assert (model.holes, model.hole_weight, model.ema_decay) == ("box", 2.0, None)
    assert model.generator.input_shape == (None, 8, 8, 2)


def test_options_of_a_discriminator_that_there_is_not_are_named():
    made = recipe(adversarial_weight=0.0, loss="relativistic", projected=True)
    with pytest.warns(UserWarning, match="^loss, projected: of no effect, since there is no discr"):
        made.build(made.open(), 10)


def test_batches_are_pictures_and_the_preview_is_held_out():
    made = recipe()
    opened = made.open()
    (batch,) = made.batches(opened).take(1).as_numpy_iterator()
    assert batch.shape == (16, 8, 8, 1) and np.abs(batch).max() <= 1
    assert made.preview(opened).shape == (12, 8, 8, 1)
