"""Several optimizers behind `model.optimizer`."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras

from keras_gen.types import Config


@keras.saving.register_keras_serializable(package="keras_gen")
class PhaseOptimizer(keras.optimizers.Optimizer):
    """The optimizers of a model's phases, as one object that Keras can save, restore and schedule.

    `phase_optimizer["generator"]` is the optimizer that was given for that phase (wrapped in a
    `LossScaleOptimizer` under float16). `optimizers` lists them, which is what Keras's
    `LearningRateScheduler`, `ReduceLROnPlateau` and `TensorBoard` look for. `iterations` counts
    training steps, each of which may hold several updates of a phase.

    Args:
        optimizers: Dict from phase names to `keras.optimizers.Optimizer`, each its own object.
        name: String.

    Raises:
        ValueError: If two phases share an optimizer, whose state would be mixed up.

    Example:
    >>> optimizer = PhaseOptimizer({"generator": keras.optimizers.Adam(2e-4)})
    >>> round(float(optimizer["generator"].learning_rate), 6)
    0.0002
    """

    def __init__(
        self, optimizers: Mapping[str, keras.optimizers.Optimizer], name: str = "phase_optimizer"
    ) -> None:
        # A callable rate makes no variable; nothing reads it, since `learning_rate` raises.
        super().__init__(learning_rate=lambda: 0.0, name=name)
        if len({id(optimizer) for optimizer in optimizers.values()}) < len(optimizers):
            raise ValueError(
                "`optimizers` must be different objects, one for each phase, since an optimizer keeps "
                f"the state of the variables it updates. Received: optimizers={optimizers}"
            )
        self.phase_names = tuple(optimizers)
        self.optimizers = list(optimizers.values())

    def __getitem__(self, phase: str) -> keras.optimizers.Optimizer:
        if phase not in self.phase_names:
            raise KeyError(f"No phase {phase!r}; there are {', '.join(self.phase_names)}.")
        return self.optimizers[self.phase_names.index(phase)]

    @property
    def by_phase(self) -> dict[str, keras.optimizers.Optimizer]:
        """Dict from names of phases to their optimizers."""
        return dict(zip(self.phase_names, self.optimizers, strict=True))

    def build_phases(self, variables: Mapping[str, Sequence[keras.Variable]]) -> None:
        """Creates every optimizer's state at once, so that it can be restored before training.

        Args:
            variables: Dict from phase names to lists of variables.
        """
        for name, optimizer in self.by_phase.items():
            optimizer.build(variables[name])
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        inner = [v for optimizer in self.optimizers for v in optimizer.variables]
        return super().variables + inner

    def save_own_variables(self, store: Any) -> None:
        store["0"] = keras.ops.convert_to_numpy(self._iterations)

    def load_own_variables(self, store: Any) -> None:
        self._iterations.assign(store["0"])

    @property
    def learning_rate(self) -> Any:
        names = ", ".join(f'optimizer["{name}"].learning_rate' for name in self.phase_names)
        raise AttributeError(f"Each phase has a learning rate of its own: {names}.")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.learning_rate  # noqa: B018 (raises)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(optimizer._trainable_variables)

    def get_config(self) -> Config:
        return {
            "name": self.name,
            "optimizers": {
                name: keras.saving.serialize_keras_object(optimizer)
                for name, optimizer in self.by_phase.items()
            },
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        optimizers = keras.saving.deserialize_keras_object(config["optimizers"], custom_objects)
        return cls(optimizers, name=config["name"])
