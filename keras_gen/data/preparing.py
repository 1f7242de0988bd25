"""Finding TFDS's builders, and having them write their data, with errors that help."""

import contextlib
import difflib
import importlib
import io
import logging
import os
import pathlib
import socket
import sys
import tempfile
import urllib.parse
import urllib.request

from keras_gen.data.lazy import tfds

OWN_BUILDERS = (
    "digits",
    "emoji",
    "fluent_emoji",
    "mnist_10k",
    "moving_digits",
    "stacked_digits",
)


def find_builder(name, data_dir=None):
    """The TFDS builder of a name; nothing is downloaded.

    Args:
        name: String, a TFDS name, perhaps with config and version: `"mnist"`,
            `"cycle_gan/horse2zebra"`.
        data_dir: Path, TFDS's folder. Defaults to `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.

    Raises:
        ValueError: If TFDS has no such data set; the message names similar ones.
    """
    base = _base(name)
    if base in OWN_BUILDERS:
        importlib.import_module(f"keras_gen.data.builders.{base}")
    try:
        return tfds.builder(name, data_dir=data_dir)
    except ValueError as error:  # An unknown name, config or version.
        known = tfds.list_builders(with_community_datasets=False)
        if base in known:
            own = f" The folder of that name is './{name}'." if os.path.isdir(name) else ""
            raise ValueError(
                f"`source` names no config or version of {base}: {str(error).splitlines()[0]}{own} "
                f"Received: source={name!r}"
            ) from error
        near = difflib.get_close_matches(base, [*OWN_BUILDERS, *known], n=5)
        hint = f" Similar names: {', '.join(near)}." if near else ""
        raise ValueError(
            "`source` must be the name of a TensorFlow Datasets data set, a folder that exists, or in "
            f"Python arrays.{hint} Received: source={name!r}"
        ) from None


def _base(name):
    """The name without config and version."""
    return name.split("/")[0].split(":")[0]


def is_dataset_name(name):
    """Whether TFDS, or this package, has a data set of that exact name."""
    base = _base(name)
    return base in OWN_BUILDERS or base in tfds.list_builders(with_community_datasets=False)


def prepared_builder(name, data_dir=None, manual_dir=None):
    """As `find_builder`, with the data on disk: downloaded and converted when first asked for.

    The package's own data sets go to a cache folder where TFDS's folder can't be written. Several
    processes may ask at once.

    Args:
        name: String, a TFDS name.
        data_dir: Path, TFDS's folder. Defaults to `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.
        manual_dir: Path, where manual downloads lie. Defaults to `downloads/manual` in that folder.

    Raises:
        FileNotFoundError: If the data cannot be had; the message says how to prepare them.
    """
    builder = find_builder(name, data_dir)
    if _is_prepared(builder):
        return builder
    own = builder.name in OWN_BUILDERS
    manual_dir = manual_dir or os.path.join(builder.data_dir_root, "downloads", "manual")
    if _is_tfds_own(builder) and _is_offline(builder):
        raise _how_to_prepare(builder, name, "no network was found", manual_dir)
    try:
        with quiet(bars=not own):
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
            )
        return builder
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        # Another process may have finished first: a builder made anew sees the data.
        builder = find_builder(name, data_dir)
        if _is_prepared(builder):
            return builder
        unwritable = isinstance(error, (PermissionError, NotADirectoryError, FileExistsError))
        if own and unwritable and data_dir != _cache_folder():
            return prepared_builder(name, _cache_folder(), manual_dir)
        raise _how_to_prepare(builder, name, error, manual_dir) from error


def _is_prepared(builder):
    with quiet():  # TFDS warns of every data set that is not.
        return builder.is_prepared()


def _cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(home) / "keras_gen"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        folder = pathlib.Path(tempfile.gettempdir()) / "keras_gen"
    return str(folder)


@contextlib.contextmanager
def quiet(bars=False):
    """Hide TFDS's notices; its bars of progress too, but for a person at a terminal if wanted."""
    absl, level = logging.getLogger("absl"), logging.getLogger("absl").level
    absl.setLevel(logging.ERROR)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            if not (bars and sys.stderr.isatty()):
                stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            yield
    finally:
        absl.setLevel(level)


def _is_tfds_own(builder):
    """Whether it comes with TFDS and fetches its data itself, as nearly all of those do."""
    from_tfds = type(builder).__module__.startswith("tensorflow_datasets.")
    return from_tfds and not builder.MANUAL_DOWNLOAD_INSTRUCTIONS


def _is_offline(builder):
    """Whether no host resolves and no proxy is set: TFDS itself would retry for minutes."""
    if urllib.request.getproxies():
        return False
    homepage = urllib.parse.urlparse(builder.info.homepage or "").hostname
    for host in filter(None, (homepage, "storage.googleapis.com", "www.tensorflow.org")):
        with contextlib.suppress(OSError):
            socket.getaddrinfo(host, 443)
            return False
    return True


def _how_to_prepare(builder, name, reason, manual_dir):
    instructions = getattr(builder, "MANUAL_DOWNLOAD_INSTRUCTIONS", None)
    if instructions:
        reason = str(reason).split(". ")[0]
        how = f"{' '.join(instructions.split())} The manual folder is {manual_dir}."
    else:
        how = (
            f"Where there is a network, run `tfds build {name}` (or "
            f"`tensorflow_datasets.builder({name!r}).download_and_prepare()`) and copy the folder "
            f"{builder.data_dir} here; another place for it is given by `data_dir` or "
            "`$TFDS_DATA_DIR`."
        )
    return FileNotFoundError(
        f"The data set is not in {builder.data_dir} and could not be prepared: {reason}. {how} "
        f"Received: source={name!r}"
    )
