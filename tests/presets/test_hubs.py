"""Presets over a hub that stands on this machine, through the hubs' own packages."""

import base64
import builtins
import hashlib
import http.server
import json
import re
import shutil
import threading
from typing import ClassVar

import numpy as np
import pytest

import keras_gen
from keras_gen.presets import files
from tests.cases import latents

TOKEN = "hf_" + "x" * 34


class HuggingFaceHub(http.server.BaseHTTPRequestHandler):
    """As much of the hub as uploading and downloading a small repository takes."""

    repositories: ClassVar = {}
    commit = "0" * 40

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.answer({"error": "Invalid credentials"}, status=401)
        elif self.path == "/api/repos/create":
            request = json.loads(body)
            name = f"{request['organization']}/{request['name']}"
            self.repositories.setdefault(name, {})
            self.answer({"url": f"http://{self.headers['Host']}/{name}"})
        elif self.path.endswith("/preupload/main"):
            wanted = json.loads(body)["files"]
            self.answer(
                {
                    "files": [
                        {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                        for file in wanted
                    ]
                }
            )
        elif self.path.endswith("/commit/main"):
            repository = self.repositories[self.path.split("/models/")[1].split("/commit/")[0]]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    repository[line["value"]["path"]] = content
            self.answer(
                {
                    "commitUrl": f"http://{self.headers['Host']}/a/b/commit/0",
                    "commitOid": self.commit,
                }
            )
        else:
            self.answer({"error": self.path}, status=404)

    def do_GET(self):
        model = re.fullmatch(r"/api/models/([^/]+/[^/?]+)(/revision/\w+)?(\?.*)?", self.path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/\w+/(.+)", self.path)
        tree = re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/\w+(\?.*)?", self.path)
        if model and model[1] in self.repositories:
            siblings = [{"rfilename": name} for name in self.repositories[model[1]]]
            self.answer({"id": model[1], "sha": self.commit, "siblings": siblings})
        elif tree and tree[1] in self.repositories:
            self.answer(
                [
                    {
                        "type": "file",
                        "path": name,
                        "size": len(content),
                        "oid": hashlib.sha1(content).hexdigest(),
                    }
                    for name, content in self.repositories[tree[1]].items()
                ]
            )
        elif file and file[2] in self.repositories.get(file[1], {}):
            content = self.repositories[file[1]][file[2]]
            self.answer(content, headers={"ETag": f'"{hashlib.sha1(content).hexdigest()}"'})
        else:
            headers = {"X-Error-Code": "RepoNotFound"}
            self.answer({"error": "Repository not found"}, status=404, headers=headers)

    do_HEAD = do_GET  # noqa: N815

    def answer(self, content, status=200, headers=None):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        extra = {"X-Repo-Commit": self.commit, **(headers or {})}
        for name, value in {"Content-Length": len(content), **extra}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    """The repositories of a hub that `huggingface_hub` takes for its own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HuggingFaceHub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf_home")))
        patch.setenv("HF_TOKEN", TOKEN)
        patch.setenv("HF_HUB_DISABLE_XET", "1")
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        patch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield HuggingFaceHub.repositories
    server.shutdown()
    server.server_close()


def test_hugging_face_round_trip(hugging_face, preset):
    keras_gen.upload_preset("hf://someone/small-gan", preset)
    assert {*hugging_face["someone/small-gan"]} == {files.CONFIG, files.WEIGHTS, files.METADATA}
    loaded = keras_gen.GAN.from_preset("hf://someone/small-gan")
    original = keras_gen.from_preset(preset)
    np.testing.assert_array_equal(
        loaded.generate(latents=latents()), original.generate(latents=latents())
    )
    assert keras_gen.from_preset("hf://someone/small-gan@main", load_weights=False)


def test_a_file_that_the_hub_changed_is_refused(hugging_face, preset):
    keras_gen.upload_preset("hf://someone/changed", preset)
    weights = bytearray(hugging_face["someone/changed"][files.WEIGHTS])
    weights[100] ^= 1
    hugging_face["someone/changed"][files.WEIGHTS] = bytes(weights)
    with pytest.raises(ValueError, match=f"{files.WEIGHTS} is not the file"):
        keras_gen.from_preset("hf://someone/changed")


def test_a_repository_that_is_not_there(hugging_face):
    with pytest.raises(FileNotFoundError, match="hf://someone/nothing"):
        keras_gen.from_preset("hf://someone/nothing")


def test_a_damaged_preset_is_not_uploaded(hugging_face, preset):
    (preset / files.WEIGHTS).write_bytes(b"")
    with pytest.raises(ValueError, match=f"{files.WEIGHTS} is not the file"):
        keras_gen.upload_preset("hf://someone/damaged", preset)
    assert "someone/damaged" not in hugging_face


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """The folders of a hub that answers `kagglehub` as its own resolvers do."""
    import kagglehub
    from kagglehub import registry

    folders = {}

    class Resolver:
        def is_supported(self, handle, *arguments, **options):
            return True

        def __call__(self, handle, path=None, *, force_download=False, output_dir=None):
            return str(folders[str(handle)]), 1

    def upload(handle, folder, **options):
        folders[handle] = tmp_path / "kaggle" / handle
        shutil.copytree(folder, folders[handle])

    monkeypatch.setattr(registry.model_resolver, "_impls", [Resolver()])
    monkeypatch.setattr(kagglehub, "model_upload", upload)
    return folders


def test_kaggle_round_trip(kaggle, preset):
    handle = "someone/small-gan/keras/base"
    keras_gen.upload_preset(f"kaggle://{handle}", preset)
    loaded = keras_gen.GAN.from_preset(f"kaggle://{handle}")
    original = keras_gen.from_preset(preset)
    np.testing.assert_array_equal(
        loaded.generate(latents=latents()), original.generate(latents=latents())
    )


@pytest.mark.parametrize("address", ["ftp://a/b", None])
def test_an_address_of_no_known_hub_is_refused(preset, address):
    with pytest.raises(ValueError, match=rf"hf:// or kaggle://.*address={address!r}"):
        keras_gen.upload_preset(address, preset)


@pytest.mark.parametrize(
    ("address", "package"),
    [("hf://a/b", "huggingface_hub"), ("kaggle://a/b/keras/c", "kagglehub")],
)
def test_a_missing_package_is_named(monkeypatch, preset, address, package):
    imported = builtins.__import__

    def refuse(name, *arguments, **options):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(name)
        return imported(name, *arguments, **options)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        keras_gen.from_preset(address)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        keras_gen.upload_preset(address, preset)
