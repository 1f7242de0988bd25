"""The command line: `keras-gen`, or `python -m keras_gen`."""

import os
import pathlib
import sys
from typing import Annotated

import typer

from keras_gen import presets

app = typer.Typer(
    help="Train generative models, make images with them, look at them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def train(
    model: Annotated[
        str,
        typer.Argument(
            help="What to train: gan, wgan_gp, conditional_gan, vae, pix2pix or cycle_gan."
        ),
    ],
    dataset: Annotated[
        str, typer.Option(help="A TensorFlow Datasets name (digits needs no download) or a folder.")
    ],
    input: Annotated[
        str,
        typer.Option(help="For translation: the feature or subfolder to translate, or edges."),
    ] = None,
    target: Annotated[
        str, typer.Option(help="For translation: the feature or subfolder wanted.")
    ] = None,
    output: Annotated[
        pathlib.Path, typer.Option(help="Folder for the model, pictures and history.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="Passes over the data.", min=1)] = None,
    batch_size: Annotated[int, typer.Option(help="Images in a step.", min=1)] = None,
    image_size: Annotated[
        int, typer.Option(help="Side to resize images to; the data's own by default.", min=8)
    ] = None,
    latent_dim: Annotated[int, typer.Option(help="Length of a latent vector.", min=1)] = None,
    base_filters: Annotated[int, typer.Option(help="Width of the networks.", min=1)] = None,
    learning_rate: Annotated[
        float, typer.Option(help="Of the generator, or of all networks.", min=0.0)
    ] = None,
    discriminator_learning_rate: Annotated[
        float,
        typer.Option(help="Of the discriminator of a gan, wgan_gp or conditional_gan.", min=0.0),
    ] = None,
    loss: Annotated[
        str, typer.Option(help="Adversarial loss: non_saturating, hinge, relativistic, ...")
    ] = None,
    ema_decay: Annotated[
        float, typer.Option(help="Decay of the generator's moving average; 0 for none.")
    ] = None,
    beta: Annotated[float, typer.Option(help="Weight of a VAE's KL term.", min=0.0)] = None,
    r1_weight: Annotated[
        float,
        typer.Option(help="Weight of R1 in a gan or conditional_gan; 0 for none.", min=0.0),
    ] = None,
    n_critic: Annotated[
        int, typer.Option(help="Critic updates in a step of wgan_gp.", min=1)
    ] = None,
    augment: Annotated[
        str,
        typer.Option(
            help="For translation: crop,flip; flip, where all images are framed alike; none."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, noise and order of data. [0]")] = None,
    precision: Annotated[
        str, typer.Option(help="float32, mixed_bfloat16 or mixed_float16. [float32]")
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            help="For several devices: mirrored, multiworker or tpu on TensorFlow, data-parallel on JAX "
            "and PyTorch; auto takes what it finds."
        ),
    ] = "auto",
    jit: Annotated[str, typer.Option(help="Compile the step with XLA: on, off or auto.")] = "auto",
    steps_per_execution: Annotated[
        int, typer.Option(help="Steps that are run as one, to save time between.", min=1)
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training in the output folder.")
    ] = False,
):
    """Train a model: leaves model.keras, samples.png, samples/, history.csv and settings.json."""
    from keras_gen.recipes import Settings
    from keras_gen.training import Execution, train

    modes = {"on": True, "off": False, "auto": "auto"}
    if jit not in modes:
        raise ValueError(f"`jit` must be one of {', '.join(modes)}. Received: jit={jit!r}")
    output = output or pathlib.Path("runs") / f"{model}_{pathlib.Path(dataset).name}"
    settings = Settings(
        model=model,
        dataset=dataset,
        input=input,
        target=target,
        epochs=epochs,
        batch_size=batch_size,
        image_size=image_size,
        seed=seed,
        latent_dim=latent_dim,
        base_filters=base_filters,
        learning_rate=learning_rate,
        discriminator_learning_rate=discriminator_learning_rate,
        loss=loss,
        ema_decay=ema_decay,
        beta=beta,
        r1_weight=r1_weight,
        n_critic=n_critic,
        augment=augment,
        precision=precision,
    )
    execution = Execution(strategy, modes[jit], steps_per_execution)
    verbose = 1 if sys.stdout.isatty() else 2
    try:
        model = train(settings, output, resume, verbose, execution)
    except KeyboardInterrupt:
        typer.echo(
            f"\nInterrupted. Go on with: keras-gen train {model} --dataset {dataset} "
            f"--output {output} --resume",
            err=True,
        )
        raise typer.Exit(130) from None
    if model.is_chief:
        typer.echo(f"Wrote {output}/model.keras, samples.png, history.csv and samples/training.gif")


@app.command()
def generate(
    model: Annotated[str, typer.Argument(help="A preset's name, a model.keras or its folder.")],
    n: Annotated[int, typer.Option("-n", help="How many images.", min=1)] = 64,
    seed: Annotated[int, typer.Option(help="Of the latents: the same images each time.")] = None,
    output: Annotated[
        pathlib.Path, typer.Option(help="Picture to write; a folder with --separate.")
    ] = pathlib.Path("samples.png"),
    per_class: Annotated[
        bool,
        typer.Option("--per-class", help="n images of each class, all rows of the same latents."),
    ] = False,
    separate: Annotated[bool, typer.Option("--separate", help="One file for each image.")] = False,
):
    """Make images with a trained model: one grid, or one file each."""
    from keras_gen import pictures

    model = load(model, "generate")
    options, columns = _classes_in_order(model, n, per_class)
    images = model.generate(seed=seed, **options)
    if separate:
        folder = output.with_suffix("") if output.suffix == ".png" else output
        digits = len(str(len(images) - 1))
        for number, image in enumerate(images):
            pictures.save_png(folder / f"{number:0{digits}d}.png", pictures.to_uint8(image))
        typer.echo(f"Wrote {len(images)} images to {folder}/")
    else:
        pictures.save_png(output, pictures.enlarge(pictures.image_grid(images, columns)))
        typer.echo(f"Wrote {output}")


def _classes_in_order(model, n, per_class):
    """Arguments of `generate`, and columns of a picture, that put the classes of a model in order."""
    classes = getattr(model, "num_classes", None)
    if per_class and classes is None:
        raise ValueError(
            f"`--per-class` is for a conditional_gan. Received: a {type(model).__name__}"
        )
    if per_class:
        return {"n": n, "per_class": True}, n
    if classes is None:
        return {"n": n}, None
    labels = [number * classes // n for number in range(n)]
    return {"labels": labels}, n // classes if n % classes == 0 else None


@app.command()
def translate(
    model: Annotated[
        str,
        typer.Argument(help="A pix2pix or cycle_gan: a preset's name, model.keras or its folder."),
    ],
    images: Annotated[pathlib.Path, typer.Argument(help="Folder of pictures, or one picture.")],
    output: Annotated[pathlib.Path, typer.Option(help="Folder for the translations.")],
    direction: Annotated[str, typer.Option(help="Of a cycle_gan: ab or ba.")] = None,
    batch_size: Annotated[int, typer.Option(help="Pictures translated at a time.", min=1)] = 16,
):
    """Translate your own pictures, of any size and kind; names are kept, files are PNG."""
    from keras_gen.translation import translate_files

    model = load(model, "translate")
    count = translate_files(model, images, output, direction, batch_size)
    typer.echo(f"Wrote {count} pictures to {output}/")


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A preset's name, a model.keras or its folder.")],
    dataset: Annotated[
        str,
        typer.Option(
            help="A TensorFlow Datasets name or a folder. By default what the preset's card was "
            "measured on, with its --input, --target and -n."
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(help="The split or subfolder to evaluate on. [test]")
    ] = None,
    n: Annotated[
        int, typer.Option("-n", help="The most images, and samples. [10000]", min=1)
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="What scores are measured with: a classifier preset, its folder, or inception_v3. "
            "By default the data set's own classifier."
        ),
    ] = None,
    input: Annotated[
        str, typer.Option(help="For translation: the feature or subfolder, or edges.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="For translation: the feature or subfolder wanted.")
    ] = None,
    iwae: Annotated[
        int, typer.Option(help="Samples an image in a VAE's likelihood bound. [20]", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the latents.")] = 0,
    json_file: Annotated[
        str, typer.Option("--json", help="File for the scores; - for stdout and no table.")
    ] = None,
):
    """Score a model on a data set: FID, KID and others of its samples or translations, and errors."""
    import json

    from rich.console import Console

    from keras_gen.evaluation import evaluate, render
    from keras_gen.files import written_aside

    options = {
        "dataset": dataset,
        "split": split,
        "n": n,
        "features": features,
        "input": input,
        "target": target,
        "iwae": iwae,
    }
    options = {name: value for name, value in options.items() if value is not None}
    if dataset is None:
        options = _evaluation_of(model) | options
    report = evaluate(load(model, "evaluate"), **options, seed=seed)
    text = json.dumps(report, indent=2)
    if json_file == "-":
        typer.echo(text)
        return
    Console().print(render(report))
    if json_file is not None:
        with written_aside(json_file) as aside:
            aside.write_text(text + "\n")
        typer.echo(f"Wrote {json_file}")


@app.command(name="presets")
def show_presets(
    name: Annotated[
        str, typer.Argument(help="A preset, to read its card.", show_default=False)
    ] = None,
):
    """List the pretrained models that come with the package, or show the card of one."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.table import Table

    if name is not None:
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
def info(
    model: Annotated[
        str,
        typer.Argument(help="A preset's name, a model.keras or its folder.", show_default=False),
    ] = None,
):
    """Show versions, backend and devices, or what a model is made of."""
    import keras
    from rich.console import Console
    from rich.table import Table

    import keras_gen

    if model is not None:
        load(model).summary(expand_nested=False)
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


def load(path, ability=None):
    """Loads a preset, a model file, or the one in a training's folder.

    Args:
        path: String.
        ability: String or None, a method that the model must have.

    Returns:
        A model of this package.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If the file holds no model, or one without that method.
    """
    if _is_preset(path):  # noqa: SIM108
        model = presets.from_preset(path)
    else:
        model = _load_file(pathlib.Path(path))
    if ability is not None and not hasattr(model, ability):
        raise ValueError(
            f"`model` must be one that can {ability} images. Received: {path}, a "
            f"{type(model).__name__}"
        )
    return model


def _evaluation_of(path):
    """What a preset's scores were measured on."""
    metadata = presets.read_metadata(path) if _is_preset(path) else {}
    if "evaluation" not in metadata:
        raise ValueError(
            f"`--dataset` must be given for a model whose metadata name none. Received: {path}"
        )
    return metadata["evaluation"]


def _is_preset(path):
    """Whether it is a preset's name, address or folder; a file or folder of yours comes first."""
    if os.path.exists(path):
        return (pathlib.Path(path) / "metadata.json").exists()
    return path.startswith(presets.SCHEMES) or path in presets.list_presets()


def _load_file(path):
    import keras

    if path.is_dir():
        path = path / "model.keras"
    if not path.exists():
        raise FileNotFoundError(
            "`model` must be a .keras file, a folder with a model.keras, or a preset: its name (see "
            f"keras-gen presets), folder or hf:// or kaggle:// address. Received: {path}"
        )
    try:
        return keras.saving.load_model(path)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"`model` could not be loaded from {path}: {reason}") from error


def main():
    """Runs the command line. Wrong input ends it with one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except (typer.TyperException, ValueError, OSError, ImportError) as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        typer.echo("keras-gen: " + " ".join(message.split()), err=True)
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code)


if __name__ == "__main__":
    main()
