"""Models written for 0.1, by phases with losses and a schedule, train as they did."""

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.engine import GenerativeModel, Phase, record
from tests.cases import UNTRACED
from tests.core.toys import Game, factor, ones, scale


@keras.saving.register_keras_serializable(package="keras_gen_tests")
class ScheduledGame(GenerativeModel):
    """`left` minimises mean(left(x) * right(x)), then `right` maximises it."""

    def __init__(self, left, right, name=None):
        super().__init__(name=name)
        self.left = left
        self.right = right
        self.built = True

    def compile(self, left_optimizer="sgd", right_optimizer="sgd", **trainer_options):
        self.compile_phases({"left": left_optimizer, "right": right_optimizer}, **trainer_options)

    def call(self, x, training=False):
        return self.left(x, training=training) * self.right(x, training=training)

    def phases(self):
        return {
            "left": Phase([self.left], self.left_loss, ["product"]),
            "right": Phase([self.right], self.right_loss),
        }

    def schedule(self, data, training):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        yield "left", {"x": x}
        yield "right", {"x": x}

    def left_loss(self, batch, training):
        product = keras.ops.mean(self(batch["x"], training=training))
        return product, {"product": product}

    def right_loss(self, batch, training):
        return -keras.ops.mean(self(batch["x"], training=training)), {}


class Shared(ScheduledGame):
    """`left` runs once, and its outputs serve both phases."""

    def schedule(self, data, training):
        recorded = record(self.left, data)
        yield "left", {"recorded": recorded}
        assert self.steps == ["left"] or not training
        made = yield "right", {"x": data}
        self.made.append(set(made))

    def left_loss(self, batch, training):
        product = keras.ops.mean(batch["fakes"] * self.right(ones()))
        return product, {"product": product}

    def right_loss(self, batch, training):
        return -keras.ops.mean(self(batch["x"])), {"images": batch["x"]}

    def after_phase(self, phase):
        self.steps.append(phase)


def compiled(model_class, rate=0.1, **options):
    model = model_class(scale(2.0), scale(3.0))
    model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **options)
    return model


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_a_schedule_gives_what_the_same_step_gives(run_eagerly):
    x = np.array([[1.0], [2.0], [3.0], [4.0]], "float32")
    results = []
    for model_class in (Game, ScheduledGame):
        model = compiled(model_class, run_eagerly=run_eagerly)
        history = model.fit(x, batch_size=2, shuffle=False, verbose=0).history
        scores = model.evaluate(x, verbose=0, return_dict=True)
        results.append((history, scores, factor(model.left), factor(model.right)))
    assert results[0] == results[1]


def test_a_recorded_pass_is_differentiated_at_its_outputs():
    model = compiled(Shared, **UNTRACED)
    model.steps, model.made = [], []
    history = model.fit(ones(), verbose=0).history
    assert history["product"] == [pytest.approx(6.0)]
    # left: 2 - 0.1 * 3; right, against the left that has moved: 3 + 0.1 * 1.7.
    assert (factor(model.left), factor(model.right)) == pytest.approx((1.7, 3.17))
    assert model.steps == ["left", "right"]
    assert model.made == [{"images"}]  # what a loss makes beside its terms comes back


def test_subclasses_must_say_what_is_theirs():
    model = keras_gen.engine.GenerativeModel()
    with pytest.raises(NotImplementedError, match="GenerativeModel must define `phases`"):
        model.phases()
    with pytest.raises(NotImplementedError, match="GenerativeModel must define `schedule`"):
        model.schedule(ones(), training=True)
