"""Commands around models that are trained: serving them, and the line from candidates to approved words."""

import pathlib
from typing import Annotated

import typer

from keras_gen.app.options import Trust
from keras_gen.app.start import start
from keras_gen.app.words import speaks_of_options


@speaks_of_options
def serve(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...", help="Presets' names, model.keras files or their folders."
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            help="Where to listen. Others than this machine need a token, in KERAS_GEN_TOKEN."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.", min=0, max=65535)] = 8000,
    images: Annotated[int, typer.Option(help="The most images of one request.", min=1)] = 64,
    batch: Annotated[
        int, typer.Option(help="The most images of one call of a network.", min=1)
    ] = 64,
    queue: Annotated[
        int, typer.Option(help="The most requests that wait for a model.", min=1)
    ] = 256,
    wait_seconds: Annotated[
        float, typer.Option(help="How long a request may wait for its turn.", min=0)
    ] = 30.0,
    page: Annotated[
        bool | None,
        typer.Option(
            "--page/--no-page",
            help="A page for browsers at /page. By default where Gradio is installed.",
            show_default=False,
        ),
    ] = None,
    trust: Trust = False,
):
    """Serve models by HTTP: a page, REST with OpenAPI, the Open Inference Protocol, metrics."""
    import importlib.util
    import os

    try:
        from keras_gen import serving
        from keras_gen.serving.server import TOKEN, check_host
    except ImportError as error:
        raise ImportError("Serving needs FastAPI: pip install 'keras_gen[serve]'") from error
    token = os.environ.get(TOKEN) or None
    check_host(host, token)
    start()
    from keras_gen.app.opening import served_models

    made, metadata, cards = served_models(models, trust)
    limits = serving.Limits(images=images, batch=batch, queue=queue, wait_seconds=wait_seconds)
    if page is None:
        page = importlib.util.find_spec("gradio") is not None
    application = serving.create_app(made, limits, token, metadata, cards, page)
    typer.echo(f"Serving {', '.join(made)} at http://{host}:{port}/")
    serving.serve(application, host, port, token)


@speaks_of_options
def pick(
    model: Annotated[str, typer.Argument(help="A preset's name, a model.keras or its folder.")],
    output: Annotated[
        pathlib.Path,
        typer.Option(help="Folder for the candidates; one made before is gone on with."),
    ],
    n: Annotated[int, typer.Option("--n", "-n", help="How many candidates.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Of the latents.", min=0)] = 0,
    labels: Annotated[
        str | None,
        typer.Option(
            help="Classes that take turns, names or integers: Coat,Bag. By default drawn."
        ),
    ] = None,
    reviewer: Annotated[str, typer.Option(help="Whose verdicts they are.")] = "reviewer",
    order: Annotated[
        str,
        typer.Option(
            help="number, or preference: first what is most likely to be wanted, learnt from the verdicts."
        ),
    ] = "number",
    features: Annotated[
        str | None,
        typer.Option(
            help="What a preference is learnt from: pixels, or a classifier preset. By default the data set's "
            "own classifier, where there is one."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65535)] = 8000,
    trust: Trust = False,
):
    """Make candidates, and judge them on a page of this machine: yes or no, and which is better."""
    try:
        from keras_gen.serving.server import serve
        from keras_gen.studio.page import create_page
    except ImportError as error:
        raise ImportError("Picking needs FastAPI: pip install 'keras_gen[serve]'") from error
    from keras_gen.app import picking
    from keras_gen.studio.of_model import candidates_of, labels_in
    from keras_gen.studio.picks import check_page

    check_page(reviewer, order)
    of = labels_in(labels)
    picks = candidates_of(model, output, n, seed, lambda: picking.loaded(model, trust), of)
    if order == "preference" and features is None:
        features = picking.default_features(model)
    application = create_page(picks, reviewer, order, features or "pixels")
    typer.echo(
        f"{len(picks.candidates)} candidates in {output}/, judged at http://127.0.0.1:{port}/"
    )
    serve(application, port=port)
    typer.echo(f"Picked {len(picks.picked())}, {len(picks.pending())} have no verdict.")


@speaks_of_options
def describe(
    folder: Annotated[
        pathlib.Path, typer.Argument(metavar="PICKS", help="Folder of keras-gen pick.")
    ],
    base_url: Annotated[
        str,
        typer.Option(
            help="Server that speaks OpenAI's protocol, http://127.0.0.1:8080/v1 say. Its key is read from "
            "OPENAI_API_KEY."
        ),
    ],
    model: Annotated[str, typer.Option(help="The language model's name there.")],
    prompt: Annotated[
        pathlib.Path | None, typer.Option(help="Text file of what the model is asked.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 2,
    attempts: Annotated[int, typer.Option(help="The most requests for a picture.", min=1)] = 5,
    timeout: Annotated[float, typer.Option(help="Seconds that the server may take.", min=0)] = 60.0,
    stream: Annotated[bool, typer.Option("--stream", help="Have answers piece by piece.")] = False,
    price_in: Annotated[
        float | None, typer.Option(help="What a million tokens of prompts cost.", min=0)
    ] = None,
    price_out: Annotated[
        float | None, typer.Option(help="What a million tokens of answers cost.", min=0)
    ] = None,
):
    """Have a language model write title, alt text, tags and copy for each picked picture."""
    from keras_gen.studio import describing

    asked = describing.PROMPT if prompt is None else describing.read_prompt(prompt)
    summary = describing.describe(
        folder,
        base_url,
        model,
        asked,
        workers=workers,
        attempts=attempts,
        timeout=timeout,
        stream=stream,
        price_in=price_in,
        price_out=price_out,
        say=typer.echo,
    )
    words = f"Described {summary['described']}, {summary['kept']} of them before, {summary['failed']} failed."
    spent = describing.spent_in_words(summary)
    typer.echo(f"{words} {spent}. Wrote {folder / describing.SHEET}")
    if summary["failed"]:
        raise typer.Exit(1)


@speaks_of_options
def studio(
    campaign: Annotated[
        pathlib.Path, typer.Argument(metavar="CAMPAIGN", help="TOML file that says all of it.")
    ],
    status: Annotated[
        bool, typer.Option("--status", help="Print how many items stand where, and do nothing.")
    ] = False,
):
    """Make candidates, have them picked, described and reviewed, and write what is approved; go on with it."""
    from keras_gen.app import picking
    from keras_gen.studio.campaign import Campaign

    made = Campaign(campaign, load=picking.loaded)
    stands = made.status() if status else made.run(typer.echo)
    if status:
        for name, value in stands.items():
            typer.echo(f"{name:<10}{value:>8}")
    elif stands["stage"] != "done":
        raise typer.Exit(1)
