"""The command line: `keras-gen`, or `python -m keras_gen`.

Nothing of Keras or TensorFlow is imported to print words: commands import what they need.
"""

import pathlib
import sys
from typing import Annotated

import typer

from keras_gen.app import line
from keras_gen.app.families import HELP, Families, no_such_option
from keras_gen.app.options import Trust
from keras_gen.app.start import start
from keras_gen.app.words import plain_warnings, speaks_of_options

app = typer.Typer(
    help="Train generative models, make images with them, look at them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_families = typer.Typer(cls=Families, rich_markup_mode=None, no_args_is_help=True)


@_families.callback()
def _train():
    pass


_ValueRange = Annotated[
    str | None,
    typer.Option(help="Stored values that are black and white, 0,4095 of 12 bits say."),
]
_Resize = Annotated[
    str | None,
    typer.Option(
        help="How pictures are resized: bicubic, or nearest for masks; or one each of what is given and what "
        "is wanted, nearest,bicubic."
    ),
]
_Separator = Annotated[
    str | None,
    typer.Option(help="Of a table: the character between the fields of a CSV file. [found]"),
]
_Decimal = Annotated[
    str | None,
    typer.Option(help="Of a table: the decimal sign of a CSV file's numbers, . or ,. [found]"),
]
app.add_typer(_families, name="train", help=HELP, short_help="Train a model.")


def _print_version(wanted: bool):
    if wanted:
        from keras_gen.version import __version__

        typer.echo(f"keras_gen {__version__}")
        raise typer.Exit()


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
):
    pass


@app.command()
@speaks_of_options
def generate(
    model: Annotated[str, typer.Argument(help="A preset's name, a model.keras or its folder.")],
    n: Annotated[
        int | None, typer.Option("-n", help="How many images, or rows. [64]", min=1)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the latents: the same images each time.")
    ] = None,
    output: Annotated[
        pathlib.Path,
        typer.Option(
            help="Picture, or CSV file of a table, to write; a folder with --separate; under a name that ends "
            "in .gif an animation of n images that become others."
        ),
    ] = pathlib.Path("samples.png"),
    per_class: Annotated[
        bool,
        typer.Option("--per-class", help="n images of each class, all rows of the same latents."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="Classes by name or number, with commas between: Coat,Bag.")
    ] = None,
    separate: Annotated[bool, typer.Option("--separate", help="One file for each image.")] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(
            help="What the model's generate takes beside, once or more: truncation=0.7, steps=10, guidance=2."
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a table of mixed types: what rows shall have, rating=5; once or more."
        ),
    ] = None,
    given: Annotated[
        pathlib.Path | None,
        typer.Option(
            help="Of a table of mixed types: a CSV or Parquet file of rows whose empty cells, and columns that "
            "are not there, are filled."
        ),
    ] = None,
    separator: _Separator = None,
    decimal: _Decimal = None,
    trust: Trust = False,
):
    """Make images with a trained model, one grid or one file each; of a table's model, rows in a file."""
    start()
    from keras_gen import pictures, tasks
    from keras_gen.app.opening import load
    from keras_gen.studio.of_model import labels_in

    model = load(model, tasks.Generates, trust)
    spec = model.gives
    asked = model.asking(option or [])
    if separate and spec.kind != "images":
        raise ValueError(f"`separate` is for images. Received: a model of {spec.noun}")
    animated = output.suffix == ".gif" and spec.kind == "images" and not separate
    n = (16 if animated else 64) if n is None and given is None else n
    if given is not None and (labels or per_class):
        raise ValueError(
            "`given` says all of the rows; `labels` and `per_class` are for models without. "
            f"Received: labels={labels!r}, per_class={per_class}"
        )
    reading = {"separator": separator, "decimal": decimal}
    if given is None and (said := {name: how for name, how in reading.items() if how is not None}):
        raise ValueError(f"`given` must be the file that is read so. Received: {said} without it")
    if given is None:
        options, columns = model.in_order(n, per_class, labels_in(labels, model.class_names or ()))
    else:
        options, columns = {"n": n, **model.filling(given, **reading)}, None
    options |= model.meeting(condition or []) | asked
    if animated:
        if per_class or not isinstance(model, tasks.FromLatents):
            raise ValueError(
                "`output` may end in .gif for a model that makes images of latents, without `per_class`. "
                f"Received: output={str(output)!r} with a {type(model).__name__}, per_class={per_class}"
            )
        if "steps" in asked:
            raise ValueError(
                "`option` takes no steps where `output` ends in .gif, whose steps are others. "
                f"Received: output={str(output)!r} with steps={asked['steps']}"
            )
        typer.echo(f"Wrote {model.film(output, seed=seed, **{'n': n, **options})}")
        return
    samples = model.generate(seed=seed, **options)
    if separate:
        folder = output.with_suffix("") if output.suffix == ".png" else output
        digits = len(str(len(samples) - 1))
        for number, image in enumerate(samples):
            pictures.save_png(folder / f"{number:0{digits}d}.png", pictures.to_uint8(image))
        typer.echo(f"Wrote {len(samples)} images to {folder}/")
    else:
        typer.echo(f"Wrote {spec.show(samples, output, columns)}")


@app.command()
@speaks_of_options
def translate(
    model: Annotated[
        str,
        typer.Argument(
            help="A pix2pix, cycle_gan, cut, super_resolution or next_frame: a preset's name, model.keras or "
            "its folder."
        ),
    ],
    images: Annotated[
        list[str],
        typer.Argument(
            help="Folder of pictures, or one picture; of a next_frame clips. Of a model of several inputs a "
            "folder of each, with files of the same names."
        ),
    ],
    output: Annotated[pathlib.Path, typer.Option(help="Folder for the translations.")],
    direction: Annotated[str | None, typer.Option(help="Of a cycle_gan: ab or ba.")] = None,
    batch_size: Annotated[int, typer.Option(help="Pictures translated at a time.", min=1)] = 16,
    frames: Annotated[
        int | None,
        typer.Option(help="Of a next_frame: by how many frames clips are continued. [10]", min=1),
    ] = None,
    value_range: _ValueRange = None,
    resize: _Resize = None,
    own_size: Annotated[
        bool,
        typer.Option(
            "--own-size",
            help="Translate pictures at their own size, though the model was made for another; a "
            "super_resolution always does.",
        ),
    ] = False,
    trust: Trust = False,
):
    """Translate your own pictures, of any size and kind; names are kept, files are PNG. Clips become GIFs."""
    start()
    from keras_gen import tasks
    from keras_gen.app.opening import load, reading_of
    from keras_gen.recipes.images import ranges_of
    from keras_gen.translation import translate_files

    given = {"value_range": value_range, "resize": resize}
    reading = {name: how for name, how in reading_of(model, direction).items() if not given[name]}
    model = load(model, tasks.Translates, trust)
    if reading:
        said = " ".join(f"--{name.replace('_', '-')} {how}" for name, how in reading.items())
        typer.echo(f"Read as in training: {said}.")
    reading = given | reading
    count = translate_files(
        model,
        images,
        output,
        direction,
        batch_size,
        value_range=ranges_of(reading["value_range"]),
        resize=reading["resize"] or "bicubic",
        own_size=own_size,
        frames=frames,
    )
    noun = "clips" if model.gives.kind == "clips" else "pictures"
    typer.echo(f"Wrote {count} {noun} to {output}/")


@app.command()
@speaks_of_options
def fill(
    model: Annotated[
        str, typer.Argument(help="An inpainting: a preset's name, model.keras or its folder.")
    ],
    images: Annotated[pathlib.Path, typer.Argument(help="Folder of pictures, or one picture.")],
    masks: Annotated[
        pathlib.Path | None,
        typer.Argument(
            help="Folder of masks of the same names, or the mask of the one picture: white is what to "
            "fill. By default what is wholly transparent is filled."
        ),
    ] = None,
    *,
    output: Annotated[pathlib.Path, typer.Option(help="Folder for the filled pictures.")],
    batch_size: Annotated[int, typer.Option(help="Pictures filled at a time.", min=1)] = 16,
    trust: Trust = False,
):
    """Fill holes in your own pictures, of any size and kind; what is known stays as it is."""
    start()
    from keras_gen import tasks
    from keras_gen.app.opening import load
    from keras_gen.filling import fill_files

    model = load(model, tasks.Fills, trust)
    count = fill_files(model, images, output, masks, batch_size)
    typer.echo(f"Wrote {count} pictures to {output}/")


@app.command()
@speaks_of_options
def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="A preset's name, a model.keras or its folder. Two or more are compared in one table.",
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A TensorFlow Datasets name or a folder. By default what the model was trained on, or "
            "what the preset's card was measured on, with its --input, --target and -n."
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="The split or subfolder to evaluate on: test, or train where a training's data have no "
            "other."
        ),
    ] = None,
    n: Annotated[
        int | None, typer.Option("-n", help="The most images, and samples. [10000]", min=1)
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="What scores are measured with: a classifier preset, its folder, or inception_v3. "
            "By default the data set's own classifier."
        ),
    ] = None,
    input: Annotated[
        str | None, typer.Option(help="For translation: the feature or subfolder, or edges.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="For translation: the feature or subfolder wanted. Of a table of mixed types: the column "
            "that models trained on generated rows are to predict."
        ),
    ] = None,
    iwae: Annotated[
        int | None,
        typer.Option(help="Samples an image in the bound on the likelihood. [20]", min=1),
    ] = None,
    log_likelihood: Annotated[
        int | None,
        typer.Option(help="Samples an image in an estimate of log p(x) in nats, 128 say.", min=1),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the latents.")] = 0,
    value_range: _ValueRange = None,
    resize: _Resize = None,
    binarize: Annotated[
        str | None,
        typer.Option(
            help="Pictures drawn black and white by brightness: static, once, or dynamic. [as in training, of "
            "its data]"
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Those of the data whose images are meant, with commas between. [as in training, of its data]"
        ),
    ] = None,
    separator: _Separator = None,
    decimal: _Decimal = None,
    json_file: Annotated[
        str | None, typer.Option("--json", help="File for the scores; - for stdout and no table.")
    ] = None,
    picture: Annotated[
        pathlib.Path | None,
        typer.Option(
            "--report",
            help="Of a table of mixed types: picture of its columns and pairs, report.png.",
        ),
    ] = None,
    trust: Trust = False,
):
    """Score a model on a data set: FID, KID and others of its samples or translations, and errors."""
    start(data=True)
    import json

    from rich.console import Console

    from keras_gen.app import comparing
    from keras_gen.evaluation import render
    from keras_gen.files import written_aside
    from keras_gen.recipes.images import ranges_of

    options = {
        "dataset": dataset,
        "split": split,
        "n": n,
        "features": features,
        "input": input,
        "target": target,
        "iwae": iwae,
        "log_likelihood": log_likelihood,
        "picture": picture,
        "resize": resize,
        "binarize": binarize,
        "classes": classes,
        "separator": separator,
        "decimal": decimal,
        "value_range": ranges_of(value_range),
    }
    options = {name: value for name, value in options.items() if value is not None}
    if picture is not None and len(models) > 1:
        raise ValueError(f"`picture` is of one model. Received: {len(models)} of them")
    reports = comparing.reports(
        models, options, seed, say=lambda s: typer.echo(s, err=True), trust=trust
    )
    one = len(reports) == 1
    text = json.dumps(next(iter(reports.values())) if one else reports, indent=2)
    if json_file == "-":
        typer.echo(text)
        return
    Console().print(render(*reports.values()) if one else comparing.table(reports))
    if json_file is not None:
        with written_aside(json_file) as aside:
            aside.write_text(text + "\n")
        typer.echo(f"Wrote {json_file}")


@app.command()
@speaks_of_options
def export(
    model: Annotated[str, typer.Argument(help="A preset's name, a model.keras or its folder.")],
    filepath: Annotated[
        pathlib.Path,
        typer.Argument(
            metavar="OUTPUT",
            help="digits.onnx for ONNX, digits.tflite for LiteRT, or a folder for a SavedModel.",
        ),
    ],
    method: Annotated[
        str | None,
        typer.Option(
            help="What the file is to do: generate, reconstruct, encode, fill, translate, translate_ab, "
            "translate_ba. By default the first of them that the model does."
        ),
    ] = None,
    trust: Trust = False,
):
    """Write what a model does as a file that runs without Keras: ONNX, LiteRT or a SavedModel."""
    start()
    from keras_gen import tasks
    from keras_gen.app.opening import load

    path = load(model, tasks.Task, trust).export(filepath, method=method)
    typer.echo(f"Wrote {path}")


for _command in (line.serve, line.pick, line.describe, line.studio):
    app.command()(_command)


@app.command(name="presets")
@speaks_of_options
def show_presets(
    name: Annotated[
        str | None, typer.Argument(help="A preset, to read its card.", show_default=False)
    ] = None,
):
    """List the pretrained models that come with the package, or show the card of one."""
    from rich.console import Console
    from rich.table import Table

    from keras_gen import presets

    if name is not None:
        from rich.markdown import Markdown

        card = presets.find_preset(name) / "README.md"
        if not card.exists():
            raise FileNotFoundError(f"The preset has no card. Received: {card}")
        Console().print(Markdown(card.read_text(encoding="utf-8")))
        return
    table = Table(box=None, title="keras-gen presets NAME shows a card", title_justify="left")
    for column in ("name", "model", "parameters", "what it makes"):
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for name, metadata in presets.list_presets().items():
        table.add_row(
            name,
            metadata["class_name"],
            f"{metadata['parameter_count']:,}",
            metadata.get("description", ""),
        )
    Console().print(table)


@app.command()
@speaks_of_options
def info(
    model: Annotated[
        str | None,
        typer.Argument(help="A preset's name, a model.keras or its folder.", show_default=False),
    ] = None,
    trust: Trust = False,
):
    """Show versions, backend and devices, or what a model is made of."""
    start()
    import keras
    from rich.console import Console
    from rich.table import Table

    import keras_gen
    from keras_gen.app.opening import load

    if model is not None:
        load(model, trust=trust).summary(expand_nested=False)
        return
    table = Table(show_header=False, box=None)
    for name, value in {
        "keras_gen": keras_gen.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "devices": ", ".join(map(str, keras.distribution.list_devices())) or "cpu",
        "precision": keras.config.dtype_policy().name,
    }.items():
        table.add_row(name, value)
    Console().print(table)


def main():
    """Runs the command line. Wrong input ends it with one line on stderr and exit code 2."""
    try:
        with plain_warnings():
            code = app(standalone_mode=False)
    except (typer.TyperException, ValueError, OSError, ImportError) as error:
        typer.echo("keras-gen: " + " ".join(_message(error).split()), err=True)
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code)


def _message(error):
    if not hasattr(error, "format_message"):
        return str(error)
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option is None or context is None or not hasattr(error, "possibilities"):
        return error.format_message()
    near = ", ".join(error.possibilities or ())
    # What is known goes before what only looks alike.
    hint = no_such_option(option, context.command_path) or f"Did you mean {near}?" * bool(near)
    return f"{context.command_path} has no option {option}. {hint}"


if __name__ == "__main__":
    main()
