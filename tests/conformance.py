"""What every model promises, on every backend. Run it with KERAS_BACKEND set to each of the three.

It runs over each family's case: see `tests/families.py`, which also says how to run it over your own.
"""

import dataclasses

import keras
import numpy as np
import pytest

from keras_gen.layers import ImagePool
from keras_gen.tasks.filling import Fills
from keras_gen.tasks.from_latents import FromLatents
from keras_gen.tasks.generating import Generates
from keras_gen.tasks.translating import Translates
from tests.cases import UNTRACED
from tests.cases import compiled as with_optimizers
from tests.families import CASES

BACKEND = keras.backend.backend()


def compiled(case, **options):
    """A case's model with an optimizer that keeps a slot a weight: Adam takes twice as long to trace."""
    return with_optimizers(case, lambda: keras.optimizers.SGD(1e-3, momentum=0.9), **options)


@pytest.fixture(scope="module", params=list(CASES))
def family(request):
    """A family's name: all tests of one come before those of the next, and share its models."""
    return request.param


@pytest.fixture
def case(family):
    keras.utils.set_random_seed(0)
    return CASES[family]


def built(family, **options):
    """A compiled model, its variables, and the numbers that they begin with."""
    keras.utils.set_random_seed(0)
    model = compiled(CASES[family], **options)
    return model, variables_of(model), weights_of(model)


@pytest.fixture(scope="module")
def untraced_model(family):
    return built(family, **UNTRACED)


@pytest.fixture(scope="module")
def traced_model(family, request):
    if BACKEND == "tensorflow":
        return built(family)
    return request.getfixturevalue("untraced_model")


@pytest.fixture
def model(untraced_model, case):
    """The family's model as it was built, in which earlier tests have left a step that is compiled."""
    return as_built(*untraced_model)


@pytest.fixture
def traced(traced_model, case):
    """The same, whose steps TensorFlow traces."""
    return as_built(*traced_model)


def as_built(model, variables, start):
    """Gives a model every number that it began with."""
    for variable, value in zip(variables, start, strict=True):
        variable.assign(value)
    return model


def variables_of(model):
    """Every variable that training changes, optimizers' state and seeds among them."""
    return [*model.variables, *model.optimizer.variables]


def weights_of(model):
    return [keras.ops.convert_to_numpy(v) for v in variables_of(model)]


def assert_same(first, second, tolerance=0.0):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


class Traces(keras.callbacks.Callback):
    """How often Python had run a model's step by the end of each step of a training."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.after_steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.after_steps.append(self.count)


def traced_steps(model, monkeypatch):
    """Counts from now on how often a model's step is traced."""
    traces = Traces()
    step = model.run_train_step

    def counted(data):
        traces.count += 1
        return step(data)

    monkeypatch.setattr(model, "run_train_step", counted)
    return traces


def assert_traced_once(traces):
    """Nothing is traced after the first of four steps, the second epoch's included."""
    if BACKEND == "torch":  # Eager: each step is run by Python.
        assert traces.after_steps == [1, 2, 3, 4]
    else:
        assert traces.after_steps[0] >= 1
        assert traces.after_steps == [traces.after_steps[0]] * 4


def test_config_round_trip(model):
    clone = type(model).from_config(model.get_config())
    assert clone.get_config() == model.get_config()
    assert [w.path for w in clone.weights] == [w.path for w in model.weights]


def test_a_file_and_a_preset_give_the_same_outputs_and_train_on(case, tmp_path):
    model = with_optimizers(case, **UNTRACED)
    model.fit(case.data(8), batch_size=4, verbose=0)
    outputs = case.outputs(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert loaded.get_compile_config() == model.get_compile_config()
    np.testing.assert_array_equal(case.outputs(loaded), outputs)

    model.save_to_preset(tmp_path / "preset")
    loaded = type(model).from_preset(tmp_path / "preset")
    np.testing.assert_array_equal(case.outputs(loaded), outputs)
    fresh = type(model).from_preset(tmp_path / "preset", load_weights=False)
    assert np.abs(case.outputs(fresh) - outputs).max() > 1e-3
    loaded.compile(**UNTRACED)
    loaded.fit(case.data(8), batch_size=4, verbose=0)
    assert np.isfinite(case.outputs(loaded)).all()
    assert (case.outputs(loaded) != outputs).any()


def test_compile_refuses_an_option_that_there_is_not(case):
    with pytest.raises(TypeError, match="pace"):
        case.build().compile(pace=3)


def test_training_resumes_exactly_from_a_file(case, tmp_path):
    options = {"x": case.data(8), "batch_size": 4, "verbose": 0, "shuffle": False}
    # By Adam, untraced: TensorFlow adds three gradients of a graph in an order that hangs on the moment: its
    # AddN begins with the first buffer that nobody else holds any more. So do a traced step's last bits.
    model = with_optimizers(case, **UNTRACED)
    model.fit(epochs=1, **options)
    model.save(tmp_path / "halfway.keras")
    straight = model.fit(initial_epoch=1, epochs=3, **options).history
    resumed_model = keras.saving.load_model(tmp_path / "halfway.keras")
    resumed = resumed_model.fit(initial_epoch=1, epochs=3, **options).history

    tolerance = 0.0 if BACKEND == "tensorflow" else 1e-6
    assert straight.keys() == resumed.keys()
    for name in straight:
        assert len(straight[name]) == 2
        np.testing.assert_allclose(straight[name], resumed[name], rtol=tolerance, atol=tolerance)
    assert_same(weights_of(model), weights_of(resumed_model), tolerance)


def test_each_phase_moves_its_own_networks_alone(case, untraced_model):
    for name in case.phases:
        model = as_built(*untraced_model)
        for phase in case.phases:
            model.optimizer[phase].learning_rate = 0.1 if phase == name else 0.0
        phases = model.phases()
        before = {
            phase: [keras.ops.convert_to_numpy(v) for v in phases[phase].variables]
            for phase in phases
        }
        model.fit(case.data(4), batch_size=4, verbose=0)
        for phase in phases:
            after = [keras.ops.convert_to_numpy(v) for v in phases[phase].variables]
            moved = any((a != b).any() for a, b in zip(before[phase], after, strict=True))
            # Phases may share a network: what one of them moves is the other's, too.
            shared = {id(v) for v in phases[phase].variables} & {
                id(v) for v in phases[name].variables
            }
            assert moved == bool(shared), phase


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(case, policy, monkeypatch):
    # What TPUs need: the whole step by XLA in bfloat16. In float32 the benchmarks' tests compare values.
    by_xla = policy == "mixed_bfloat16" and BACKEND != "torch"
    options = {"jit_compile": True} if by_xla else UNTRACED
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = compiled(case, **options)
    finally:
        keras.config.set_dtype_policy(before)
    traces = traced_steps(model, monkeypatch)
    scaled = [hasattr(optimizer, "dynamic_scale") for optimizer in model.optimizer.optimizers]
    assert scaled == [policy == "mixed_float16"] * len(case.phases)
    start = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    history = model.fit(case.data(8), batch_size=4, epochs=2, verbose=0, callbacks=[traces]).history
    if by_xla:
        assert_traced_once(traces)
    end = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(v).all() and v.dtype == "float32" for v in end)
    assert any((a != b).any() for a, b in zip(start, end, strict=True))
    assert case.outputs(model).dtype == "float32"


def test_callbacks_that_change_rates_reach_every_optimizer(case, model):
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor=case.watched, mode="min", factor=0.1, patience=1, min_delta=1e9
    )
    model.fit(case.data(4), batch_size=4, epochs=2, callbacks=[schedule, plateau], verbose=0)
    for optimizer in model.optimizer.optimizers:
        # Halved in each epoch, and cut to a tenth once the first gave nothing better.
        assert float(optimizer.learning_rate) == pytest.approx(1e-3 * 0.25 * 0.1)


def test_checkpoint_and_log_callbacks(case, model, tmp_path):
    model.fit(
        case.data(8),
        batch_size=4,
        epochs=2,
        verbose=0,
        validation_data=(case.data(4),),
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras", case.watched, mode="min", save_best_only=True
            ),
            keras.callbacks.ModelCheckpoint(tmp_path / "last.weights.h5", save_weights_only=True),
            keras.callbacks.CSVLogger(tmp_path / "history.csv"),
            keras.callbacks.TerminateOnNaN(),
            keras.callbacks.EarlyStopping(case.watched, patience=5, mode="min"),
            keras.callbacks.TensorBoard(tmp_path / "logs"),
        ],
    )
    header = (tmp_path / "history.csv").read_text().splitlines()[0].split(",")
    assert {case.watched, *(f"val_{name}" for name in model.evaluation_names)} <= set(header)
    assert list((tmp_path / "logs" / "train").iterdir())
    assert keras.saving.load_model(tmp_path / "best.keras").built
    fresh = compiled(case)
    fresh.load_weights(tmp_path / "last.weights.h5")
    assert_same(weights_of(fresh), weights_of(model))


def test_backup_and_restore_goes_on_where_it_stopped(case, tmp_path):
    class Interruption(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise InterruptedError

    def fit(model, *callbacks, backup):
        backup = keras.callbacks.BackupAndRestore(tmp_path / backup)
        return model.fit(
            case.data(8),
            batch_size=4,
            epochs=3,
            shuffle=False,
            verbose=0,
            callbacks=[backup, *callbacks],
        )

    start = case.build().get_weights()

    def started():
        model = compiled(case, **UNTRACED)
        model.set_weights(start)
        return model

    with pytest.raises(InterruptedError):
        fit(started(), Interruption(), backup="interrupted")
    resumed = started()
    history = fit(resumed, backup="interrupted")
    assert history.epoch == [2]
    assert int(resumed.optimizer.iterations) == 6


def test_early_stopping_and_nan(case, model):
    stop = keras.callbacks.EarlyStopping(case.watched, patience=1, min_delta=1e9, mode="min")
    assert len(model.fit(case.data(4), epochs=5, callbacks=[stop], verbose=0).epoch) == 2

    class Poison(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for variable in self.model.trainable_variables:
                variable.assign(keras.ops.full(variable.shape, float("nan")))

    with pytest.warns(UserWarning, match="Training diverged in epoch 2: .*loss.* became NaN"):
        history = model.fit(
            case.data(4),
            epochs=5,
            callbacks=[Poison(), keras.callbacks.TerminateOnNaN()],
            verbose=0,
        )
    assert len(history.epoch) == 2


def test_logs_are_the_named_losses_and_terms_and_evaluation_changes_nothing(case, model):
    terms = [term for phase in model.phases().values() for term in phase.terms]
    names = ["loss"]
    if len(case.phases) > 1:
        names += [f"{phase}_loss" for phase in case.phases]
    history = model.fit(case.data(4), verbose=0, validation_data=(case.data(4),)).history
    assert set(history) >= {*names, *terms}
    validation = {f"val_{name}" for name in model.evaluation_names}
    assert set(history) == {*names, *terms, *validation}

    before = [keras.ops.convert_to_numpy(w) for w in model.weights]
    scores = model.evaluate(case.data(4), verbose=0, return_dict=True)
    assert set(scores) == set(model.evaluation_names)
    assert all(np.isfinite(list(scores.values())))
    assert_same(before, [keras.ops.convert_to_numpy(w) for w in model.weights])


@pytest.mark.skipif(BACKEND == "torch", reason="Keras has no steps_per_execution on PyTorch")
def test_steps_per_execution(case):
    model = compiled(case, steps_per_execution=2)
    model.fit(case.data(16), batch_size=4, verbose=0)
    assert int(model.optimizer.iterations) == 4


if BACKEND == "torch":  # TensorFlow and JAX have XLA: see `test_mixed_precision`.

    def test_xla_is_refused(case):
        with pytest.raises(ValueError, match="jit_compile"):
            compiled(case, jit_compile=True)


class Sequence(keras.utils.PyDataset):
    """Batches of four."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def __len__(self):
        return len(keras.tree.flatten(self.data)[0]) // 4

    def __getitem__(self, index):
        return (keras.tree.map_structure(lambda a: a[4 * index : 4 * index + 4], self.data),)


def as_dataset(data):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(data).batch(4)


def as_generator(data):
    sequence = Sequence(data)
    return (sequence[index] for index in range(len(sequence)))


# What data come in, and what else `fit` must be told then.
FORMS = {
    "arrays": (lambda data: data, {"batch_size": 4}),
    "dataset": (as_dataset, {}),
    "sequence": (Sequence, {}),
    "generator": (as_generator, {"steps_per_epoch": 2}),
}


def test_every_source_of_data_trains_alike(case, traced_model):
    ends, logs = {}, {}
    for form, (given, options) in FORMS.items():
        model = as_built(*traced_model)
        for optimizer in model.optimizer.optimizers:
            optimizer.learning_rate = 0.01
        history = model.fit(given(case.data(8)), shuffle=False, verbose=0, **options).history
        ends[form] = weights_of(model)
        assert int(model.optimizer.iterations) == 2
        logs[form] = {name: values[0] for name, values in history.items()}
    for form in FORMS:
        assert logs[form] == pytest.approx(logs["arrays"], rel=1e-5, abs=1e-6), form
        assert_same(ends[form], ends["arrays"], 1e-6)
    for optimizer in model.optimizer.optimizers:
        optimizer.learning_rate = 1e-3  # With momentum the way ahead is long.
    for given, options in FORMS.values():  # One after the other, and arrays shuffled.
        model.fit(given(case.data(8)), verbose=0, **options)
    assert int(model.optimizer.iterations) == 2 + 2 * len(FORMS)


def parts_of(model, data):
    """Data by the names of their parts."""
    return data if isinstance(data, dict) else {next(iter(model.takes)): data}


def poisoned(values):
    values = values.copy()
    values.flat[-1] = np.nan
    return values


WRONG = {
    "shape": lambda values: values[:, :-2],
    "NaN": poisoned,
    "complex64": lambda values: values.astype("complex64"),
}


def test_wrong_data_are_refused_before_the_first_step_in_every_form(case, model):
    before = weights_of(model)
    right = parts_of(model, case.data(4))
    for part, spec in model.takes.items():
        if spec.kind == "labels":
            continue
        for word, spoil in WRONG.items():
            wrong = {**right, part: spoil(right[part])}
            for form, (given, _) in FORMS.items():
                for call in (model.fit, model.evaluate):
                    with pytest.raises(ValueError, match=word):
                        call(given(wrong), verbose=0)
                    assert_same(before, weights_of(model))
                assert int(model.optimizer.iterations) == 0, (part, word, form)
    model.fit(case.data(4), verbose=0)
    assert int(model.optimizer.iterations) == 1


def test_a_batch_refused_in_mid_training_leaves_a_whole_model(case, traced):
    model = traced
    right = parts_of(model, case.data(4))
    wrong = {
        name: WRONG["shape"](values) if values.ndim > 1 else values
        for name, values in right.items()
    }
    before = weights_of(model)
    # TensorFlow traces for batches of any shape, and leaves it to its kernels to refuse one.
    with pytest.raises(Exception, match=r"(?i)shape|size|incompatible"):
        model.fit(iter([(right,), (wrong,)]), steps_per_epoch=2, verbose=0)
    after = weights_of(model)
    assert [a.shape for a in before] == [a.shape for a in after]
    assert all(np.isfinite(values).all() for values in after)
    steps = int(model.optimizer.iterations)
    # A compiled step of TensorFlow runs what does not hang on the batch, its count among it.
    assert steps in ((0, 1, 2) if BACKEND == "tensorflow" else (0, 1))
    assert np.isfinite(case.outputs(model)).all()
    model.fit(case.data(4), verbose=0)
    assert int(model.optimizer.iterations) == steps + 1


def test_a_term_that_no_loss_gives_raises(case, model, monkeypatch):
    phases = type(model).phases

    def with_another(self):
        found = phases(self)
        last = case.phases[-1]
        return found | {
            last: dataclasses.replace(found[last], terms=(*found[last].terms, "nowhere"))
        }

    monkeypatch.setattr(type(model), "phases", with_another)
    model = compiled(case, **UNTRACED)
    with pytest.raises(ValueError, match=rf"'{case.phases[-1]}' declares the terms \['nowhere'\]"):
        model.fit(case.data(4), verbose=0)


class Misspelling:
    """An `Update` whose every loss gives a term that no phase declares."""

    def __init__(self, update):
        self.update = update

    def __getattr__(self, name):
        return getattr(self.update, name)

    def __call__(self, phase, loss, **options):
        def misspelt(*outputs):
            result = loss(*outputs)
            value, terms, *made = result if isinstance(result, tuple) else (result, {})
            return value, {**terms, "mispelt": value}, *made

        return self.update(phase, misspelt, **options)


def test_a_term_that_no_phase_declares_raises(case, monkeypatch):
    model = compiled(case)
    step = type(model).step
    monkeypatch.setattr(type(model), "step", lambda self, data, u: step(self, data, Misspelling(u)))
    with pytest.raises(ValueError, match=r"gives the terms \['mispelt'\].*must declare"):
        model.fit(case.data(4), verbose=0)


def assert_is(spec, made, n):
    """Samples are so many of what a spec says."""
    assert made.shape == (n, *spec.shape) and made.dtype == "float32"
    spec.check("What the model makes", made, whole=True)


def test_what_it_takes_and_gives_is_what_it_says(case, model):
    parts = parts_of(model, case.data(4))
    assert list(parts) == list(model.takes)
    for name, spec in model.takes.items():
        spec.check(name, parts[name], whole=True)
    assert next(iter(model.takes.values())).noun == case.noun
    if case.generates:
        samples, labels = model.samples(4, seed=0)
        assert_is(model.gives, samples, 4)
        assert (labels is None) == (model.num_classes is None)
        if isinstance(model, FromLatents) and model.gives.kind == "tables":
            with pytest.raises(ValueError, match="`walk` is of a model of arrays"):
                model.walk(1)
        elif isinstance(model, FromLatents):
            assert_is(model.gives, model.walk(1, stops=2, steps=2, seed=0)[0], 4)
        return
    if isinstance(model, Fills):
        images = next(iter(parts.values()))
        assert_is(model.gives, model.fill(images, model.draw_masks(4, seed=0)), 4)
        return
    assert {abs(direction.order) for direction in model.directions.values()} == {1}
    assert ("" in model.directions) == (len(model.directions) == 1)
    for direction in model.directions.values():
        taken, given = list(model.takes)[:: direction.order]
        assert direction.takes.shape == model.takes[taken].shape
        assert direction.gives.shape == model.takes[given].shape
        assert_is(direction.gives, direction.translate(parts[taken]), 4)


def test_what_the_case_says_is_so(case, model):
    layers = model._flatten_layers()
    kinds = {kind for layer in layers for kind in type(layer).__mro__}
    assert (keras.layers.BatchNormalization in kinds) == case.batch_normalised
    assert (ImagePool in kinds) == case.pooled
    assert isinstance(model, Generates) == case.generates
    assert isinstance(model, Translates | Fills) != case.generates
    assert tuple(model.phases()) == case.phases
    assert all(hasattr(model, method) for method in case.methods)


def test_a_model_is_no_subclass_of_a_concrete_one(model):
    """Families share by parts and by abstract bases: a class that files may name is nobody's base."""
    model_class = type(model)
    assert ">" in keras.saving.get_registered_name(model_class)
    concrete = [
        base for base in model_class.__mro__[1:] if ">" in keras.saving.get_registered_name(base)
    ]
    assert not concrete
