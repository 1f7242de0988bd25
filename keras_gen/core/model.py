"""The base of every model: compile, the training step, logs, configs and saved state."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import keras

from keras_gen import backend, modalities, presets
from keras_gen.backend.datasets import narrowed
from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.core.divergence import KeepLastGood
from keras_gen.core.lasting_mean import LastingMean, kept
from keras_gen.core.learning_rates import check_rates, set_rate
from keras_gen.core.phase_optimizer import PhaseOptimizer
from keras_gen.core.sharing import ending_anywhere, shared_evenly, validating_evenly
from keras_gen.core.strays import Strays
from keras_gen.core.update import Update
from keras_gen.core.watching import check_watched
from keras_gen.presets.kept import Kept
from keras_gen.types import Config, Data, PathLike, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.phase import Phase


class GenerativeModel(backend.TrainerSteps, Kept, keras.Model):
    """A `keras.Model` whose training step is a sequence of updates, each of some of its networks.

    A subclass is given its networks already built and says only what is its own:

    - `takes`: a dict from the parts of a batch to what each is, such as `{"image": Images((8, 8, 1))}`.
    - `phases()`: a dict from names to `Phase`: the networks that are updated together, and the names of
      the terms that are logged.
    - `step(data, update)`: one training step. `reals = self.take(data)` gives the batch, and
      `update("discriminator", loss)` evaluates a loss and moves its phase's networks at once, so that
      what follows sees them moved. What the step computes outside of the losses (samples for the
      discriminator, say) is not differentiated. In an evaluation the same code measures the losses.
    - `compile`, which hands its optimizers to `compile_phases`. It takes each as `<phase>_optimizer`, or as
      `optimizer` where there is one phase: a loaded file calls it so.
    - `evaluation_terms(data)`: the dict of scalars that `evaluate` averages, if it is not the phases'
      own losses and terms, and `evaluation_names`, their names.

    Everything runs on TensorFlow, JAX and PyTorch. `fit` logs each phase's loss as `<phase>_loss`, the
    terms, and `loss`: the loss of a single phase, or the sum of them all, which says little of itself
    but is what Keras's own callbacks (`TerminateOnNaN`) look at.

    Every constructor argument must become an attribute of its name; `get_config` reads them.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self.seed_generator = ReplicaSeedGenerator()
        self._trackers = {}
        self._compile_arguments = {}

    @property
    def takes(self) -> dict[str, Spec]:
        """Dict from the parts of a batch to what each is; empty where the model looks itself."""
        return {}

    def phases(self) -> dict[str, Phase]:
        """Dict from phase names to `Phase`, in the order of their optimizers."""
        raise NotImplementedError(f"{type(self).__name__} must define `phases`.")

    def step(self, data: Data, update: Update) -> None:
        """One training step.

        Args:
            data: What `fit` was given, one batch of it.
            update: An `Update`, which takes the updates, or measures their losses where
                `update.training` is False.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `step`.")

    def take(self, data: Data) -> Any:
        """Parts of a batch as the networks have them: a tuple of tensors, or the one part itself.

        Args:
            data: What `fit` was given, one batch of it: the first part alone, a tuple of the parts, or a
                dict with their names as keys.

        Raises:
            ValueError: If a part is missing, or is not what `takes` says.
        """
        return modalities.take(data, self.takes)

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        """Dict of scalars of a batch that `evaluate` averages: the losses, nothing updated."""
        update = Update(self, training=False)
        self.step(data, update)
        return update.measured

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        """Tuple of the names in `evaluation_terms`."""
        return self._phase_names

    @property
    def plan(self) -> dict[str, Phase]:
        """The phases as they were when the model was compiled."""
        return self.phases() if self._plan is None else self._plan()

    _plan: Any = None
    _strays: Any = None

    # Compiling

    def compile_phases(
        self,
        optimizers: Mapping[str, Any],
        settings: Mapping[str, Any] | None = None,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        **unknown: Any,
    ) -> None:
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
            **unknown: What `compile` was given that it does not take: an error that says what it takes.

        Raises:
            TypeError: If there is an option that `compile` does not take.
            ValueError: If an optimizer serves two phases, or was built for other variables, or a phase
                has nothing to train.
        """
        if unknown:
            raise TypeError(self._unknown_options(unknown))
        backend.check_jit_compile(jit_compile)
        backend.seed_layers(self)
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
        for name, phase in phases.items():
            if not phase.variables:
                raise ValueError(
                    f"The {name} has nothing to train: all its layers are frozen. Unfreeze one "
                    "(`network.trainable = True`) before `compile`. Received: "
                    f"{', '.join(network.name for network in phase.networks)}"
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
        self._compiled_for = {n: {id(v) for v in p.variables} for n, p in phases.items()}
        self._plan = lambda: phases  # In a function, so that Keras does not look into it.
        strays = Strays(self.takes)
        self._strays = lambda: strays  # No part of the model's file.
        for name in (*self._training_names, *self.evaluation_names):
            if name not in self._trackers:
                self._trackers[name] = LastingMean(name=name)

    def set_execution(self, jit_compile: bool | str = "auto", steps_per_execution: int = 1) -> None:
        """Changes how a compiled model's steps run, and nothing of what they compute.

        Args:
            jit_compile: Boolean; `"auto"` leaves it as it was compiled.
            steps_per_execution: As in `keras.Model.compile`.

        Raises:
            ValueError: If the backend has no such thing.
        """
        backend.check_jit_compile(jit_compile)
        if jit_compile != "auto":
            self.jit_compile = jit_compile
        self.steps_per_execution = steps_per_execution

    def set_learning_rate(self, rate: Any) -> None:
        """Gives a compiled model's optimizers other learning rates, and leaves their state: to train on.

        A training of `keras-gen` ends with its rates at 0. A loaded model goes on with others:

            model = keras.saving.load_model("runs/digits/model.keras")
            model.set_learning_rate(1e-4)
            model.fit(images, epochs=10)

        Args:
            rate: Number above 0, for every phase; or a schedule, which is read at the optimizer's count of
                updates, those of before among them; or a dict from names of phases to them, the others
                being left as they are.

        Raises:
            ValueError: If it is none of them, there is no such phase, or the model is not compiled.
        """
        if not self.compiled:
            raise ValueError(
                "`set_learning_rate` is for a compiled model: `model.compile()` first."
            )
        optimizers = self.optimizer.by_phase
        rates = rate if isinstance(rate, dict) else dict.fromkeys(optimizers, rate)
        for name in rates:
            if name not in optimizers:
                raise ValueError(
                    f"`rate` must have the names of phases, {', '.join(optimizers)}. "
                    f"Received: {name!r}"
                )
        for name, one in rates.items():
            set_rate(optimizers[name], one)
        self.train_function = None  # It may have a schedule's numbers in it.

    def get_compile_config(self) -> Config:
        return keras.saving.serialize_keras_object(self._compile_arguments) if self.compiled else {}

    def compile_from_config(self, config: Config) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))

    def _unknown_options(self, unknown):
        known = [n for n in inspect.signature(self.compile).parameters if n != "trainer_options"]
        known += ["run_eagerly", "steps_per_execution", "jit_compile"]
        name = next(iter(unknown))
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        near = [n for n in known if n.endswith(f"_{name}")] or near
        hint = f" Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
        if name in ("metrics", "weighted_metrics"):
            hint = " Scores of samples: `evaluate(scores=...)` and the callback `EvaluateSamples`."
        return (
            f"`compile` of a {type(self).__name__} takes {', '.join(f'`{n}`' for n in known)}.{hint} "
            f"Received: {name}={unknown[name]!r}"
        )

    # Training

    def fit(
        self, x: Data | None = None, y: Data | None = None, *args: Any, **kwargs: Any
    ) -> keras.callbacks.History:
        """Trains the model: `keras.Model.fit`, after a look at the data.

        Values of a stream's later batches that the model does not take are found within the steps, and end
        the training after the epoch; the model is then what it was before that epoch.

        Args:
            x: A `tf.data.Dataset`, an array, a generator, or what else `keras.Model.fit` takes. Arrays
                are looked at whole, streams in their first batch, and in the others as they pass.
            y: As in `keras.Model.fit`.
            *args: As in `keras.Model.fit`.
            **kwargs: As in `keras.Model.fit`, but for weights of classes or examples.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: If the data are not what the model takes, layers were frozen or unfrozen since
                `compile`, a learning rate has come to 0 for good, or a callback of Keras watches a number
                that is not logged.
        """
        self._check_compiled("fit")
        _refuse_weights(kwargs)
        self._check_plan()
        check_rates(self.optimizer.by_phase)
        given = inspect.signature(keras.Model.fit).bind(self, x, y, *args, **kwargs).arguments
        kwargs = {name: v for name, v in given.items() if name not in ("self", "x", "y")}
        validates = kwargs.get("validation_data") is not None or kwargs.get("validation_split")
        validated = self.evaluation_names if validates else ()
        check_watched(kwargs.get("callbacks"), self._training_names, validated)
        if validates:
            x, y, kwargs = validating_evenly(x, y, kwargs, backend.replicas_here(self))
        if hasattr(x, "__iter__") and not hasattr(x, "__getitem__"):
            # Keras warns that its default, shuffle=True, does nothing for a pipeline.
            kwargs.setdefault("shuffle", False)
        x, y = self._for_steps(x, y, kwargs.get("batch_size"))
        backend.synchronize(self)
        strays = self._strays()
        strays.clear()
        keeper = KeepLastGood(strays)
        kwargs["callbacks"] = [keeper.guard, *_listed(kwargs.get("callbacks")), keeper]
        with (
            modalities.saying_it_of_data(keeper.restore),
            backend.keeps_state(self),
            ending_anywhere(),
        ):
            return super().fit(x, y, **kwargs)

    def evaluate(
        self, x: Data | None = None, y: Data | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Computes the losses over a data set: `keras.Model.evaluate`, after a look at the data.

        Args:
            x: As in `fit`.
            y: As in `keras.Model.evaluate`.
            *args: As in `keras.Model.evaluate`.
            **kwargs: As in `keras.Model.evaluate`, but for weights of examples.

        Returns:
            What `keras.Model.evaluate` returns.

        Raises:
            ValueError: If the model is not compiled, or the data are not what it takes.
        """
        self._check_compiled("evaluate")
        _refuse_weights(kwargs)
        x, y = self._for_steps(x, y, kwargs.get("batch_size", args[0] if args else None))
        strays = self._strays()
        within_fit = kwargs.get("_use_cached_eval_dataset")
        if within_fit:  # After the steps of an epoch.
            strays.refuse("in the epoch before it was validated")
        strays.clear()
        with (
            kept(self.metrics) if within_fit else contextlib.nullcontext(),
            modalities.saying_it_of_data(),
            backend.keeps_state(self),
            ending_anywhere(),
        ):
            scores = super().evaluate(x, y, *args, **kwargs)
        strays.refuse("in the evaluation")
        return scores

    def _for_steps(self, x, y, batch_size):
        """Data as the steps take them, after a look: arrays whole, streams in their first batch.

        Raises:
            ValueError: If the data are not what the model takes.
        """
        x, size = modalities.look_at(x, y, self.takes, batch_size)
        if size is not None and size < self.least_batch:
            raise ValueError(
                f"A batch must hold at least {self.least_batch} examples of a step of a "
                f"{type(self).__name__}. Received: a batch of {size}"
            )
        if not modalities.is_stream(x):
            x, y = modalities.in_native_order((x, y))
        elif hasattr(x, "unbatch") and not getattr(x, "is_checked", False):
            x = narrowed(x)
        return shared_evenly(x, y, batch_size, size, backend.replicas_here(self))

    def _check_compiled(self, method):
        if not self.compiled:
            raise ValueError(
                f"A {type(self).__name__} must be compiled before `{method}`: `model.compile()` alone takes "
                "the paper's optimizers. Received: a model that is not compiled"
            )

    def _check_plan(self):
        for name, phase in self.phases().items():
            if {id(v) for v in phase.variables} != self._compiled_for[name]:
                raise ValueError(
                    f"Layers of the {name} were frozen or unfrozen since `compile`, which the optimizer "
                    "does not know: compile again"
                )

    @property
    def least_batch(self) -> int:
        """The fewest examples that a step can be taken on."""
        return 1

    @property
    def is_chief(self) -> bool:
        """Whether this process is the first of those that train the model: the one that writes files."""
        return backend.process_id(self) == 0

    @contextlib.contextmanager
    def alone(self) -> Iterator[Self]:
        """Context in which this process runs the model by itself: `with model.alone() as model: ...`.

        Where several processes train together, `predict` is a thing of them all on TensorFlow and JAX.
        Callbacks that make images in one of them do it with what this gives: a copy with the same
        weights, or the model itself where one process trains it.
        """
        if backend.process_count(self) == 1:
            yield self
            return
        with backend.alone():
            copy = getattr(self, "_own_copy", None) or type(self).from_config(self.get_config())
            object.__setattr__(self, "_own_copy", copy)  # No layer of this model.
            copy.set_weights(self.get_weights())
            yield copy

    def run_train_step(self, data: Data) -> dict[str, Tensor]:
        """One training step. The backend's `train_step` calls it."""
        with backend.step_scope():
            self._strays().count(data)
            update = Update(self, training=True)
            self.step(data, update)
            update.finish()
            self.optimizer.iterations.assign_add(update.count)
        return {name: self._trackers[name].result() for name in self._training_names}

    def run_test_step(self, data: Data) -> dict[str, Tensor]:
        """One evaluation step. The backend's `test_step` calls it."""
        with backend.step_scope():
            self._strays().count(data)
            self.track(self.evaluation_terms(data), _examples(data))
        return {name: self._trackers[name].result() for name in self.evaluation_names}

    # Logs

    def loss_name(self, phase: str) -> str:
        """What the loss of a phase is called in the logs."""
        return "loss" if len(self.plan) == 1 else f"{phase}_loss"

    @property
    def _phase_names(self):
        """Names of what the phases' losses give: each loss and its terms."""
        phases = self.plan
        return (
            *map(self.loss_name, phases),
            *(t for phase in phases.values() for t in phase.terms),
        )

    @property
    def _training_names(self):
        return tuple(dict.fromkeys((*self._phase_names, "loss")))

    def track(self, terms: Mapping[str, Any], weight: Any = None) -> None:
        """Adds scalars to their means: two operations each, where `update_state` makes a dozen.

        Args:
            terms: Dict from names to scalars, or to pairs of one and its own weight in the mean.
            weight: Integer or scalar tensor, that of the others; None where all steps count alike.
        """
        ops, one = keras.ops, None
        for name, value in terms.items():
            if name not in self._trackers:
                continue
            value, own = value if isinstance(value, tuple) else (value, weight)
            value = ops.mean(ops.cast(value, "float32"))
            if one is None:
                # It waits for the value. Without that TensorFlow counts a batch more when it finds a
                # data set of unknown length at its end.
                one = ops.maximum(ops.cast(ops.isnan(value), "float32"), 1.0)
            count = one
            if own is not None:
                own = ops.cast(own, "float32")
                value, count = value * own, one * own
            self._trackers[name].total.assign_add(value)
            self._trackers[name].count.assign_add(count)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self._trackers.values())

    @property
    def metrics_variables(self) -> list[keras.Variable]:
        counts = self._strays().variables if self.compiled else []
        return [*super().metrics_variables, *counts]

    # Presets

    def kept_layers(self) -> list[keras.Layer]:
        """The layers that the model was made of, without what `compile` was given: an augmentation, say."""
        given = {id(part) for part in keras.tree.flatten(self._compile_arguments)}
        return [layer for layer in super().kept_layers() if id(layer) not in given]

    @classmethod
    def from_preset(
        cls,
        preset: PathLike,
        load_weights: bool = True,
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Self:
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

    def save_to_preset(
        self,
        folder: PathLike,
        weights_dtype: str = "float32",
        metadata: Mapping[str, Any] | None = None,
        custom_objects: Mapping[str, Any] | None = None,
        mantissa_bits: int = 10,
    ) -> Config:
        """Writes the model as a preset: see `keras_gen.save_to_preset`."""
        return presets.save_to_preset(
            self, folder, weights_dtype, metadata, custom_objects, mantissa_bits
        )

    # Configs and saved state

    def get_config(self) -> Config:
        arguments = [
            name for name in inspect.signature(type(self).__init__).parameters if name != "self"
        ]
        return {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in arguments
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))

    def save(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Saves the model: `keras.Model.save`, which one process of several may call by itself."""
        if not str(filepath).endswith(".keras"):
            raise ValueError(
                "`filepath` must end in '.keras': other formats do not keep what these models are made of. "
                "`save_weights` writes '.weights.h5' files. "
                f"Received: filepath={str(filepath)!r}"
            )
        with backend.alone():
            super().save(filepath, *args, **kwargs)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        for number, variable in enumerate(self._seed_variables()):
            store[f"seed_{number}"] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store: Any) -> None:
        names = list(store.keys())
        super().load_own_variables({n: store[n] for n in names if not n.startswith("seed_")})
        for number, variable in enumerate(self._seed_variables()):
            if f"seed_{number}" in names:
                variable.assign(store[f"seed_{number}"])

    def _seed_variables(self):
        return [v for v in self.non_trainable_variables if v.name == "seed_generator_state"]


def _listed(callbacks):
    """A list of callbacks, however they were given."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    return callbacks if isinstance(callbacks, (list, tuple)) else [callbacks] * bool(callbacks)


def _refuse_weights(arguments):
    for name in ("class_weight", "sample_weight"):
        if arguments.get(name) is not None:
            raise ValueError(
                f"`{name}` is not taken: the losses have no place for weights. Leave examples out, or "
                f"repeat them. Received: {name}={type(arguments[name]).__name__}"
            )


def _examples(data):
    """How many examples a batch holds."""
    parts = [part for part in keras.tree.flatten(data) if len(getattr(part, "shape", ()))]
    return keras.ops.shape(parts[0])[0]


def _computes_in_float16(networks):
    layers = [layer for network in networks for layer in network._flatten_layers()]
    return any(layer.compute_dtype == "float16" for layer in layers)
