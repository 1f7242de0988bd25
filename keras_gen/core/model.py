"""The base of every model: compile, the training step, logs, configs and saved state."""

import contextlib
import functools
import inspect

import keras
import numpy as np

from keras_gen import presets
from keras_gen.engine.backend import engine
from keras_gen.engine.phase_optimizer import PhaseOptimizer
from keras_gen.engine.replica_seed_generator import ReplicaSeedGenerator


class GenerativeModel(engine.TrainerSteps, keras.Model):
    """A `keras.Model` that trains in phases.

    A subclass is given its networks already built and says only what is its own:

    - `phases()`: a dict from names to `Phase`: the networks, the loss, the names of its terms.
    - `schedule(data, training)`: a generator of `(phase name, batch)`, one for each update of a training step.
      A phase sees what the phases before it changed, and `yield` returns the dict that the phase's
      loss gave, images made on the way among it. What the schedule itself computes (samples for the
      discriminator, say) is not differentiated.
    - `compile`, which hands its optimizers to `compile_phases`. It takes each as `<phase>_optimizer`, or as
      `optimizer` where there is one phase: a loaded file calls it so.
    - `evaluation_terms(data)`: the dict of scalars that `evaluate` averages, if it is not the phases'
      own losses and terms, and `evaluation_names`, their names.

    Everything runs on TensorFlow, JAX and PyTorch. `fit` logs each phase's loss as `<phase>_loss`, the
    terms, and `loss`: the loss of a single phase, or the sum of them all, which says little of itself
    but is what Keras's own callbacks (`TerminateOnNaN`) look at.

    Every constructor argument must become an attribute of its name; `get_config` reads them.
    """

    def __init__(self, name=None):
        super().__init__(name=name)
        self.seed_generator = ReplicaSeedGenerator()
        self._trackers = {}

    def phases(self):
        """Dict from phase names to `Phase`, in the order of their optimizers."""
        raise NotImplementedError(f"{type(self).__name__} must define `phases`.")

    def schedule(self, data, training):
        """Generator of `(phase name, batch)`, one for each update of a training step.

        Args:
            data: What `fit` was given, one batch of it.
            training: Boolean, False when the model is evaluated.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `schedule`.")

    def after_phase(self, phase):
        """Called when a phase has updated its networks; a model may keep averages here.

        Args:
            phase: String, the phase's name.
        """

    def evaluation_terms(self, data):
        """Dict of scalars of a batch that `evaluate` averages: the phases' losses, nothing updated."""
        terms = {}
        phases = self.phases()
        for name, batch in self.schedule(data, training=False):
            loss, phase_terms = phases[name].loss(batch, training=False)
            terms |= {self._loss_name(name): loss} | phase_terms
        return terms

    @property
    def evaluation_names(self):
        """Tuple of the names in `evaluation_terms`."""
        return self._phase_names

    # Compiling

    def compile_phases(
        self,
        optimizers,
        settings=None,
        *,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
    ):
        """Compiles the model: what a subclass's `compile` ends with.

        All optimizers are built here, so that weights and optimizer states can be restored at once.
        Under `mixed_float16` each is wrapped in a `LossScaleOptimizer`.

        Args:
            optimizers: Dict from phase names to optimizers, each an object, a name or a config.
            settings: Dict of the further arguments of the subclass's `compile`, kept with the model's
                file.
            run_eagerly: As in `keras.Model.compile`.
            steps_per_execution: As in `keras.Model.compile`.
            jit_compile: As in `keras.Model.compile`. Must not be True on PyTorch.

        Raises:
            ValueError: If an optimizer serves two phases, or was built for other variables.
        """
        engine.check_jit_compile(jit_compile)
        engine.seed_layers(self)
        optimizers = {name: keras.optimizers.get(opt) for name, opt in optimizers.items()}
        phases = self.phases()
        self._compile_arguments = {
            "optimizer" if len(phases) == 1 else f"{name}_optimizer": optimizer
            for name, optimizer in optimizers.items()
        } | {
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            **(settings or {}),
        }
        for name, optimizer in optimizers.items():
            if optimizer.built:
                raise ValueError(
                    f"The {name}'s optimizer has been built for other variables: pass a new one. "
                    f"Received: {optimizer.name}, {len(optimizer.variables)} variables"
                )
            if _computes_in_float16(phases[name].networks) and not hasattr(
                optimizer, "inner_optimizer"
            ):
                optimizers[name] = keras.optimizers.LossScaleOptimizer(
                    optimizer, name=f"{name}_loss_scale"
                )
        phase_optimizer = PhaseOptimizer(optimizers)
        phase_optimizer.build_phases({name: phases[name].variables for name in optimizers})
        super().compile(
            optimizer=phase_optimizer,
            loss=None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=False,
        )
        for name in (*self._training_names, *self.evaluation_names):
            if name not in self._trackers:
                self._trackers[name] = keras.metrics.Mean(name=name)

    def set_execution(self, jit_compile="auto", steps_per_execution=1):
        """Changes how a compiled model's steps run, and nothing of what they compute.

        Args:
            jit_compile: Boolean; `"auto"` leaves it as it was compiled.
            steps_per_execution: As in `keras.Model.compile`.

        Raises:
            ValueError: If the backend has no such thing.
        """
        engine.check_jit_compile(jit_compile)
        if jit_compile != "auto":
            self.jit_compile = jit_compile
        self.steps_per_execution = steps_per_execution

    def get_compile_config(self):
        return keras.saving.serialize_keras_object(self._compile_arguments) if self.compiled else {}

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    # Training

    def fit(self, x=None, *args, **kwargs):
        """Trains the model: `keras.Model.fit`, after a look at arrays for NaN.

        Args:
            x: A `tf.data.Dataset`, an array, a generator, or what else `keras.Model.fit` takes.
            *args: As in `keras.Model.fit`.
            **kwargs: As in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: If an array holds NaN or infinities.
        """
        for array in keras.tree.flatten(x):
            if isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating):
                finite = np.isfinite(array)
                if not finite.all():
                    raise ValueError(
                        "`x` must hold finite numbers. Received: an array of shape "
                        f"{array.shape} with {(~finite).sum()} NaN or infinite values"
                    )
        if hasattr(x, "__iter__") and not hasattr(x, "__getitem__"):
            # Keras warns that its default, shuffle=True, does nothing for a pipeline.
            kwargs.setdefault("shuffle", False)
        engine.synchronize(self)
        return super().fit(x, *args, **kwargs)

    @property
    def is_chief(self):
        """Whether this process is the first of those that train the model: the one that writes files."""
        return engine.process_id(self) == 0

    @contextlib.contextmanager
    def alone(self):
        """Context in which this process runs the model by itself: `with model.alone() as model: ...`.

        Where several processes train together, `predict` is a thing of them all on TensorFlow and JAX.
        Callbacks that make images in one of them do it with what this gives: a copy with the same
        weights, or the model itself where one process trains it.
        """
        if engine.process_count(self) == 1:
            yield self
            return
        with engine.alone():
            copy = getattr(self, "_own_copy", None) or type(self).from_config(self.get_config())
            object.__setattr__(self, "_own_copy", copy)  # No layer of this model.
            copy.set_weights(self.get_weights())
            yield copy

    def run_train_step(self, data):
        """One training step: every update of the schedule. The engine calls it."""
        phases = self.phases()
        schedule = self.schedule(data, training=True)
        update = engine.advance(schedule, None)
        total = 0.0
        while update is not None:
            name, batch = update
            loss, terms = self._update(phases[name], self.optimizer[name], batch)
            self._track({self._loss_name(name): loss} | terms)
            self.after_phase(name)
            total = total + loss
            update = engine.advance(schedule, terms)
        if len(phases) > 1:
            self._track({"loss": total})
        self.optimizer.iterations.assign_add(1)
        return {name: self._trackers[name].result() for name in self._training_names}

    def run_test_step(self, data):
        """One evaluation step. The engine calls it."""
        self._track(self.evaluation_terms(data))
        return {name: self._trackers[name].result() for name in self.evaluation_names}

    def _update(self, phase, optimizer, batch):
        variables = phase.variables
        recorded = batch.get("recorded") if isinstance(batch, dict) else None
        if recorded is None:
            loss, terms, gradients = engine.loss_and_gradients(
                functools.partial(phase.loss, batch, training=True), variables, optimizer
            )
        else:
            loss, terms, gradient = engine.loss_and_output_gradient(
                lambda outputs: phase.loss({**batch, "fakes": outputs}, training=True),
                recorded.outputs,
                optimizer,
            )
            gradients = recorded.pullback(gradient)
        engine.apply_gradients(optimizer, gradients, variables)
        return loss, terms

    # Logs

    def _loss_name(self, phase):
        return "loss" if len(self.phases()) == 1 else f"{phase}_loss"

    @property
    def _phase_names(self):
        """Names of what the phases' losses give: each loss and its terms."""
        phases = self.phases()
        return (
            *map(self._loss_name, phases),
            *(t for phase in phases.values() for t in phase.terms),
        )

    @property
    def _training_names(self):
        return tuple(dict.fromkeys((*self._phase_names, "loss")))

    def _track(self, terms):
        """Adds scalars to their means: two operations each, where `update_state` makes a dozen."""
        ops, one = keras.ops, None
        for name, value in terms.items():
            if name not in self._trackers:
                continue
            value = ops.mean(ops.cast(value, "float32"))
            if one is None:
                # It waits for the value. Without that TensorFlow counts a batch more when it finds a
                # data set of unknown length at its end.
                one = ops.maximum(ops.cast(ops.isnan(value), "float32"), 1.0)
            self._trackers[name].total.assign_add(value)
            self._trackers[name].count.assign_add(one)

    @property
    def metrics(self):
        return list(self._trackers.values())

    # Presets

    @classmethod
    def from_preset(cls, preset, load_weights=True, custom_objects=None):
        """Makes a model of this class from a preset: see `keras_gen.from_preset`.

        Args:
            preset: String or path: a name in `keras_gen.list_presets()`, a folder, `"hf://user/repo"` or
                `"kaggle://user/model/framework/variation"`.
            load_weights: Boolean. If False the weights are freshly drawn.
            custom_objects: Dict from names to classes of your own that the preset is made of.

        Returns:
            A model, not compiled.

        Raises:
            ValueError: If the preset is of another class, or not the one that was saved.
        """
        model = presets.from_preset(preset, load_weights, custom_objects)
        if not isinstance(model, cls):
            raise ValueError(
                f"`preset` must be one of a {cls.__name__}. Received: preset={str(preset)!r}, a "
                f"{type(model).__name__}"
            )
        return model

    def save_to_preset(self, folder, weights_dtype="float32", metadata=None, custom_objects=None):
        """Writes the model as a preset: see `keras_gen.save_to_preset`."""
        return presets.save_to_preset(self, folder, weights_dtype, metadata, custom_objects)

    # Configs and saved state

    def get_config(self):
        arguments = [
            name for name in inspect.signature(type(self).__init__).parameters if name != "self"
        ]
        return {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in arguments
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))

    def save(self, filepath, *args, **kwargs):
        """Saves the model: `keras.Model.save`, which one process of several may call by itself."""
        with engine.alone():
            super().save(filepath, *args, **kwargs)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for number, variable in enumerate(self._seed_variables()):
            store[f"seed_{number}"] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store):
        names = list(store.keys())
        super().load_own_variables({n: store[n] for n in names if not n.startswith("seed_")})
        for number, variable in enumerate(self._seed_variables()):
            if f"seed_{number}" in names:
                variable.assign(store[f"seed_{number}"])

    def _seed_variables(self):
        return [v for v in self.non_trainable_variables if v.name == "seed_generator_state"]


def _computes_in_float16(networks):
    layers = [layer for network in networks for layer in network._flatten_layers()]
    return any(layer.compute_dtype == "float16" for layer in layers)
