"""Presets on the hubs of Hugging Face and Kaggle, through the hubs' own packages."""

import importlib
import pathlib

from keras_gen.presets import files
from keras_gen.types import PathLike

SCHEMES = ("hf://", "kaggle://")
_EXTRA_FILES = ("README.md", "samples.png", "samples.csv", "history.csv", "golden.npz")


def download_preset(address):
    """Downloads a preset, or finds it in the hub's own cache.

    Args:
        address: String, `"hf://user/repo"` or `"kaggle://user/model/framework/variation"`, as in
            `from_preset`.

    Returns:
        `pathlib.Path` of its folder.

    Raises:
        FileNotFoundError: If the hub has none, or can't be reached.
        ImportError: If the hub's own package is not installed.
    """
    name = address.partition("://")[2]
    try:
        if address.startswith("hf://"):
            repo, _, revision = name.partition("@")
            folder = _package("huggingface_hub").snapshot_download(
                repo,
                revision=revision or None,
                allow_patterns=[files.CONFIG, files.WEIGHTS, files.METADATA, *_EXTRA_FILES],
            )
        else:
            folder = _package("kagglehub").model_download(name)
    except ImportError:
        raise
    except Exception as error:  # Each hub has its own, for what is not there and for no network.
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise FileNotFoundError(
            f"`preset` could not be had from the hub. Received: preset={address!r} ({reason[0]})"
        ) from error
    return pathlib.Path(folder)


def upload_preset(address: str, folder: PathLike) -> None:
    """Uploads a preset's folder.

    Log in first as the hub's package says: `hf auth login`, `kagglehub.login()`.

    Args:
        address: String, `"hf://user/repo"` or `"kaggle://user/model/framework/variation"`. A Hugging
            Face repository is made if there is none.
        folder: String or path, what `save_to_preset` wrote.

    Raises:
        FileNotFoundError: If the folder is no preset.
        ValueError: If the address is none of a known hub, or a file of the preset was changed.
        ImportError: If the hub's own package is not installed.
    """
    if not isinstance(address, str) or not address.startswith(SCHEMES):
        raise ValueError(
            f"`address` must start with {' or '.join(SCHEMES)}. Received: address={address!r}"
        )
    folder = pathlib.Path(folder)
    files.check_files(folder, (files.CONFIG, files.WEIGHTS))
    if address.startswith("hf://"):
        repo = address.removeprefix("hf://")
        hub = _package("huggingface_hub").HfApi()
        hub.create_repo(repo, exist_ok=True)
        hub.upload_folder(repo_id=repo, folder_path=folder, commit_message="Upload preset")
    else:
        handle = address.removeprefix("kaggle://")
        _package("kagglehub").model_upload(handle, str(folder))


def _package(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"Presets on this hub need its own package: pip install {name}"
        ) from error
