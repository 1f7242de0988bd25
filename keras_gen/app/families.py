"""`keras-gen train`: a command for each family, made of the fields of its recipe."""

import functools
import inspect
import pathlib
import shlex
import signal
from typing import Annotated

import typer
from typer.core import TyperGroup

from keras_gen.app.execution import Execution
from keras_gen.app.start import start
from keras_gen.app.stopping import Stopper
from keras_gen.app.words import speaks_of_options
from keras_gen.recipes import families, find_family
from keras_gen.recipes.options import options_of
from keras_gen.recipes.registry import own_families

HELP = (
    "Train a model. Each has options of its own: keras-gen train vae --help shows those of the vae.\n\n"
    "Leaves model.keras, samples.png, samples/, history.csv, settings.json and data.json; of models of latents "
    "interpolation.gif, too."
)


class Families(TyperGroup):
    """The group of commands: a family's recipe is imported when its command is asked for."""

    def list_commands(self, ctx):
        return list(families())

    def get_command(self, ctx, cmd_name):
        return command_of(cmd_name) if cmd_name in families() else None

    def resolve_command(self, ctx, args):
        name = args[0]
        if name.startswith("-"):
            raise ValueError(
                f"`model` must come first: keras-gen train NAME, then the options. Received: {name}"
            )
        find_family(name)
        return name, command_of(name), args[1:]

    def format_commands(self, ctx, formatter):
        with formatter.section("Families"):
            formatter.write_dl([(name, family.line) for name, family in families().items()])


def no_such_option(name, command):
    """What is said of an option that a command of `keras-gen train` has not.

    Args:
        name: String, as it was typed.
        command: String, the command as it was typed: `"keras-gen train vae"`.

    Returns:
        String, empty where there is nothing to say.
    """
    *_, group, family = ["", *command.split()]
    if family == "train":
        return f"The model comes first: keras-gen train NAME {name} ..."
    if group != "train":
        return ""
    others = [other for other in own_families() if other != family and _has(other, name)]
    return f"It is one of {', '.join(others)}." if others else ""


def _has(family, flag):
    return flag in (option.flag for option in find_family(family).load().options())


@functools.cache
def command_of(name):
    """The command of a family: `keras-gen train NAME`.

    Args:
        name: String.

    Returns:
        Typer's command.
    """
    recipe = find_family(name).load()
    own = recipe.options()
    running = options_of(Execution)

    def command(**given):
        run(name, {o.name: given[o.name] for o in own}, {o.name: given[o.name] for o in running})

    command.__doc__ = recipe.title
    command.__signature__ = inspect.Signature([*map(_parameter, own), *map(_parameter, running)])
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command(name=name)(speaks_of_options(command))
    made = typer.main.get_command(app)
    made.name = name
    return made


def _parameter(option):
    """An option as a parameter that Typer reads, None where it was not typed: a flag, too."""
    shown = option.default_in_words
    about = typer.Option(
        option.flag,
        help=f"{option.help} [{shown}]" if shown else option.help,
        min=option.min,
        max=option.max,
        show_default=False,
        autocompletion=option.choices and (lambda: list(option.choices)),
    )
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[option.kind, about],
    )


def run(name, options, running):
    """Trains, says where the files are, and how to go on if it was stopped.

    Args:
        name: String, a family.
        options: Dict of the recipe's options, None where none was given.
        running: Dict of the options of `Execution`, likewise.
    """
    execution = Execution(**{key: value for key, value in running.items() if value is not None})
    output, dataset = execution.output, options["dataset"]
    if dataset is None and not (execution.resume and output):
        raise ValueError("`dataset` must be given: a name or a folder. Received: dataset=None")
    if output is None:
        output = str(pathlib.Path("runs") / f"{name}_{pathlib.Path(dataset).name}")
        execution = Execution(**{**vars(execution), "output": output})
    start(data=True)
    from keras_gen.app import training
    from keras_gen.app.run_folder import RunFolder

    stopper = Stopper()
    try:
        with stopper.open():
            model = training.train(name, options, execution, stopper)
    except KeyboardInterrupt:
        word = "Terminated" if stopper.signal == signal.SIGTERM else "Interrupted"
        on = "Nothing was written yet."
        if RunFolder(output).settings.exists():
            on = f"Go on with: keras-gen train {name} --output {shlex.quote(output)} --resume"
        typer.echo(f"\n{word}. {on}", err=True)
        raise typer.Exit(stopper.code) from None
    if model.is_chief:
        suffix = model.gives.suffix
        course = "samples/training.gif" if suffix == ".png" else "samples/"
        typer.echo(f"Wrote {output}/model.keras, samples{suffix}, history.csv and {course}")
