"""How a training is run, which may change whenever it is resumed."""

import dataclasses

from keras_gen.recipes.options import check_options, option

JIT = {"on": True, "off": False, "auto": "auto"}
TRACK = ("tensorboard", "trackio", "wandb", "mlflow", "none")
VERBOSE = ("auto", "line", "epochs", "none")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Execution:
    """Options of every `keras-gen train NAME` that are no part of what is learnt.

    Its fields are the command line's options, as those of a recipe are.
    """

    output: str | None = option(
        None,
        "Folder for the model, pictures and history.",
        shown="runs/NAME_DATASET",
    )
    resume: bool = option(False, "Go on with the training in the output folder.")
    from_preset: str | None = option(
        None,
        "Begin with the weights of a preset, of a model file or of another training, made with the same "
        "sizes; of networks that it has not, with new ones.",
        shown="new weights",
    )
    freeze_discriminator: int | None = option(
        None,
        "First layers of the discriminator that keep the weights of --from-preset, for few pictures: 3 say.",
        min=1,
        shown="none",
    )
    keep_best: bool | None = option(
        None,
        "Score samples by KID as the model learns, which adds a tenth to the time; keep the best as "
        "best.keras, and warn where samples become alike: of models that make images by themselves.",
        shown="no, or as before where it is resumed",
    )
    save_every: float | None = option(
        None, "Minutes after which the model is saved within an epoch, too.", min=0.0
    )
    strategy: str = option(
        "auto",
        "For several devices: mirrored, multiworker or tpu on TensorFlow, data-parallel on JAX and "
        "PyTorch; auto takes what it finds.",
    )
    jit: str = option("auto", "Compile the step with XLA: on, off or auto.", choices=tuple(JIT))
    steps_per_execution: int = option(1, "Steps that are run as one, to save time between.", min=1)
    track: str | None = option(
        None,
        "Send losses and pictures to a tracker, too: tensorboard, trackio, wandb or mlflow.",
        shown="none, or as before where it is resumed",
        choices=TRACK,
    )
    verbose: str = option(
        "auto",
        "What is shown: line, one that is refreshed; epochs, a line each; none. auto is line at a "
        "terminal, else epochs.",
        choices=VERBOSE,
    )

    def __post_init__(self):
        check_options(self)
