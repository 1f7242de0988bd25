"""Options that several commands have."""

from typing import Annotated

import typer

Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Load a file of yours that names classes beyond Keras's and this package's, too.",
    ),
]
