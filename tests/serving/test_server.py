"""Who may ask, where it listens, and the server as it runs."""

import base64
import http.client
import itertools
import json
import logging
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import time

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import keras_gen
from keras_gen.serving import Limits, create_app
from keras_gen.serving.guard import ICON, OPEN
from keras_gen.serving.server import check_host, serve
from tests.serving.conftest import listening, until_ready
from tests.serving.test_hostile import refused

TOKEN = "a long secret ü"


@pytest.fixture(scope="module")
def guarded(models):
    app = create_app({"gan": models["gan"]}, token=TOKEN)
    with TestClient(app, base_url="http://somewhere.example") as client:
        until_ready(client)
        yield client


def bearer(token):
    return {"Authorization": b"Bearer " + token.encode()}


@pytest.mark.parametrize("path", ["/", "/v1/models", "/metrics", "/openapi.json", "/v2", "/none"])
def test_a_token_is_needed(guarded, path):
    answer = guarded.get(path)
    refused(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.get(path, headers=bearer(TOKEN)).status_code in (200, 404)


@pytest.mark.parametrize("token", ["", "a", TOKEN + "x", TOKEN.upper()])
def test_another_token_is_refused(guarded, token):
    refused(guarded.post("/v1/models/gan/generate", json={}, headers=bearer(token)), 401)


TOKENS = {
    "twice": b"Bearer " + TOKEN.encode() * 2,
    "half of it": b"Bearer " + TOKEN[:6].encode(),
    "by itself": TOKEN.encode(),
    "of another scheme": b"Token " + TOKEN.encode(),
    "as a password": b"Basic " + base64.b64encode(b"ann:" + TOKEN.encode()),
    "with a blank before": b"Bearer  " + TOKEN.encode(),
    "with a zero behind": b"Bearer " + TOKEN.encode() + b"\x00",
    "very long": b"Bearer " + b"a" * 200_000,
    "none": b"Bearer null",
    "a signed one": b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "two": b"Bearer a, Bearer " + TOKEN.encode(),
}


@pytest.mark.parametrize("what", TOKENS)
def test_what_is_not_quite_the_token_is_refused(guarded, what):
    refused(guarded.get("/v1/models", headers={"Authorization": TOKENS[what]}), 401)


def test_a_token_elsewhere_is_none(guarded):
    refused(guarded.get("/v1/models", params={"token": TOKEN, "access_token": TOKEN}), 401)
    refused(guarded.get("/v1/models", headers={"X-Api-Key": TOKEN.encode()}), 401)
    refused(guarded.get("/v1/models", headers={"Cookie": b"token=" + TOKEN.encode()}), 401)
    refused(guarded.get("/healthz/../v1/models"), 401)
    refused(guarded.get("//healthz"), 401)


def test_a_token_lets_in(guarded):
    answer = guarded.post("/v1/models/gan/generate", json={"n": 2}, headers=bearer(TOKEN))
    assert len(answer.json()["images"]) == 2


@pytest.mark.parametrize("path", OPEN)
def test_who_looks_after_it_needs_no_token(guarded, path):
    assert guarded.get(path).status_code == (204 if path == ICON else 200)


@pytest.mark.parametrize("path", OPEN)
def test_who_has_no_token_sends_nothing_that_is_held(guarded, path):
    refused(guarded.post(path, content=b"a"), 413)
    refused(guarded.post(path, content=iter([b"a" * 1000])), 413)  # of no said length


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_it_does_not_listen_to_others_without_a_token(host):
    with pytest.raises(ValueError, match="KERAS_GEN_TOKEN"):
        check_host(host, None)
    with pytest.raises(ValueError, match="KERAS_GEN_TOKEN"):
        serve(None, host=host)
    check_host(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_it_listens_to_this_machine(host):
    check_host(host, None)


def test_logs_of_the_process_stay_open(tmp_path):
    handler = logging.FileHandler(tmp_path / "own.log")
    try:
        serve(FastAPI(), port=0, until=lambda: True)
        assert handler.stream is not None and not handler.stream.closed
    finally:
        handler.close()


@pytest.mark.parametrize("name", ["", "a b", "../a", "a/b", "a?b", ".", "ä"])
def test_names_are_parts_of_addresses(models, name):
    with pytest.raises(ValueError, match="names"):
        create_app({name: models["gan"]})
    with pytest.raises(ValueError, match="one or more"):
        create_app({})


# Over a socket


@pytest.fixture(scope="module")
def port(models):
    """Port of a real server."""
    limits = Limits(body_bytes=2**20, body_seconds=1.0)
    with listening(create_app({"gan": models["gan"]}, limits)) as found:
        deadline = time.monotonic() + 300
        while ask(found, "GET", "/readyz")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield found


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_server_answers(port):
    headers = {"Content-Type": "application/json"}
    status, body = ask(port, "POST", "/v1/models/gan/generate", b'{"n": 2, "seed": 1}', headers)
    assert status == 200 and len(json.loads(body)["images"]) == 2


def test_a_stream_without_an_end_is_cut_off(port):
    """It is refused after the bytes that a request may have, whatever follows."""
    with socket.create_connection(("127.0.0.1", port), timeout=100) as connection:
        connection.sendall(
            b"POST /v1/models/gan/generate HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + bytes(2**16) + b"\r\n"
        sent = 0
        try:
            for _ in range(200):
                connection.sendall(chunk)
                sent += 2**16
        except OSError:
            pass
        else:
            assert connection.recv(2**16).startswith(b"HTTP/1.1 413")
    assert ask(port, "GET", "/healthz")[0] == 200


def test_who_sends_slowly_is_cut_off(port):
    with socket.create_connection(("127.0.0.1", port), timeout=100) as connection:
        connection.sendall(
            b"POST /v1/models/gan/generate HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        assert connection.recv(2**16).startswith(b"HTTP/1.1 408")


HOST = b"Host: localhost\r\n"
POST = b"POST /v1/models/gan/generate HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
WIRE = {
    "nonsense": b"nonsense\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "a long address": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "a length below 0": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 50_000 + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "another host": b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a host and another": b"GET /v1/models HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n",
    "another's address": b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "a header of zeros": b"GET / HTTP/1.1\r\n" + HOST + b"A: \x00\x00\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"abc\r\n\r\n",
    "a name with a blank": b"GET / HTTP/1.1\r\n" + HOST + b"A b : c\r\n\r\n",
    "a header of no end": b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 300_000,
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}",
    "a length and chunks": POST
    + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
    "a length of words": POST + b"Content-Length: ten\r\n\r\n{}",
    "a length of no end": POST + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n{}",
    "a body that is shorter": POST + b"Content-Length: 100\r\n\r\n{}",
    "a chunk without a size": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "a chunk below 0": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "a huge chunk": CHUNKED + b"ffffffffffffffff\r\n{}",
    "a chunk's long note": CHUNKED + b"2;" + b"a" * 300_000 + b"\r\n{}\r\n0\r\n\r\n",
    "another transfer": POST + b"Transfer-Encoding: gzip\r\n\r\n\x1f\x8b",
}


@pytest.mark.parametrize("what", WIRE)
def test_what_is_no_http_hurts_nobody(port, what):
    with socket.create_connection(("127.0.0.1", port), timeout=100) as connection:
        try:
            connection.sendall(WIRE[what])
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(2**16)
        except OSError:
            answer = b""
    # One has a whole request before the rest: of an empty body.
    own = b"HTTP/1.1 422" if what == "a length and chunks" else b""
    assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 431", own)
    assert b"Traceback" not in answer and b"site-packages" not in answer
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_socket_for_messages_is_not_opened(port):
    """The request is answered as any other: by HTTP."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert ask(port, "GET", "/v1/models", headers=upgrade)[0] == 200
    assert ask(port, "GET", "/healthz")[0] == 200


# The command


def run(*arguments, token=None):
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_GEN_TOKEN"}
    if token is not None:
        environment["KERAS_GEN_TOKEN"] = token
    command = [sys.executable, "-m", "keras_gen", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


@pytest.mark.parametrize("token", [None, ""])
def test_the_command_refuses_to_listen_to_others(token):
    found = run("gan_digits", "--host", "0.0.0.0", token=token)
    assert found.returncode == 2
    assert found.stderr.startswith("keras-gen: `--host` must be of this machine")
    assert "Traceback" not in found.stderr


@pytest.mark.slow
def test_the_command_serves_presets():
    port = free_port()
    command = [sys.executable, "-m", "keras_gen", "serve", "gan_digits", "vae_digits"]
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == (
            f"Serving gan_digits, vae_digits at http://127.0.0.1:{port}/\n"
        )
        deadline = time.monotonic() + 300
        while not _is_ready(port):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        status, page = ask(port, "GET", "/")
        assert status == 200 and b"gan_digits" in page and b"vae_digits" in page
        headers = {"Content-Type": "application/json", "Accept": "image/png"}
        status, body = ask(port, "POST", "/v1/models/gan_digits/generate", b"{}", headers)
        assert status == 200 and body.startswith(b"\x89PNG")
        for path, body, headers in examples():
            assert ask(port, "POST", path, body, headers)[0] == 200, body
    finally:
        process.terminate()
        process.communicate(timeout=100)


def examples():
    """Path, body and headers of each request in the site's page."""
    page = pathlib.Path(keras_gen.__file__).parents[1] / "docs" / "serving.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    found = [shlex.split(line) for line in lines if line.startswith("curl ")]
    assert len(found) == 3
    for words in found:
        headers = [b.split(": ") for a, b in itertools.pairwise(words) if a == "-H"]
        path = words[-1].removeprefix("http://127.0.0.1:8000")
        yield path, words[words.index("-d") + 1], dict(headers)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _is_ready(port):
    try:
        return ask(port, "GET", "/readyz")[0] == 200
    except OSError:
        return False
