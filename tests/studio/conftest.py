"""Toy candidates, and a server that speaks OpenAI's protocol well or badly."""

import base64
import hashlib
import http.server
import json
import pathlib
import socket
import threading
import time

import numpy as np
import PIL.Image
import pytest

from keras_gen.studio import Picks

WORDS = {
    "title": "A square",
    "alt_text": "A square on a ground.",
    "tags": ["square"],
    "copy": "Look.",
}


def candidates_in(folder, n, seed=0):
    """`Picks` of n pictures, 8 x 8, the even ones dark and the odd ones bright."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    lines = []
    for number in range(n):
        values = random.integers(0, 100, (8, 8, 3)) + 130 * (number % 2)
        file = f"{number:03d}.png"
        PIL.Image.fromarray(values.astype("uint8")).save(folder / file)
        lines.append({"file": file, "model": "toy", "weights_sha256": "0", "seed": seed})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "candidates.jsonl").write_text(text)
    return Picks(folder)


@pytest.fixture
def picks(tmp_path):
    """`Picks` of four candidates."""
    return candidates_in(tmp_path / "picks", 4)


def lines_of(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


class Server(http.server.ThreadingHTTPServer):
    """Answers by a plan: a list of manners, one a request, then good ones.

    `seen` holds the hash of each request's picture, its body, headers and time; `answered` the hashes of those
    that were answered with words.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plan, self.seen, self.answered = [], [], []
        self.words = WORDS
        self.held = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, address):
        pass  # who asked is gone


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.picture = _picture_in(body)
        self.streams = body.get("stream", False)
        server = self.server
        with server.lock:
            manner = server.plan.pop(0) if server.plan else "good"
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.seen.append((self.picture, body, headers, time.monotonic()))
        assert self.path == "/v1/chat/completions"
        getattr(self, manner)()

    def good(self):
        with self.server.lock:
            self.server.answered.append(self.picture)
        self.text(json.dumps(self.server.words))

    def text(self, text, end=True):
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        if not self.streams:
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self.send(200, {"id": "1", "choices": [choice], "usage": usage})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for start in range(0, len(text), 7):
            self.event([{"index": 0, "delta": {"content": text[start : start + 7]}}])
        if end:
            self.event([], usage)
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def event(self, choices, usage=None):
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": choices, "usage": usage}
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.flush()

    def send(self, status, body, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": len(body), **headers}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def busy(self):
        self.send(429, {"error": {"message": "Too many."}}, Retry_After=1)

    def failing(self):
        self.send(500, {"error": {"message": "Oh."}})

    def refusing(self):
        key = self.headers.get("Authorization", "")
        self.send(401, {"error": {"message": f"Wrong key: {key}"}})

    def broken(self):
        self.text('{"title": "A squ')

    def other_fields(self):
        self.text(json.dumps({"title": "A square"}))

    def no_completion(self):
        self.send(200, b"<html>", Content_Type="text/html")

    def slow(self):
        time.sleep(3.0)
        self.close_connection = True

    def dropped(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def dropped_midway(self):
        if self.streams:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.event([{"index": 0, "delta": {"content": '{"title"'}}])
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
        self.dropped()

    def held(self):
        """Never answers; the test that waits is told."""
        self.server.held.set()
        time.sleep(60)


def _picture_in(body):
    (message,) = body["messages"]
    text, picture = message["content"]
    assert text["type"] == "text" and text["text"]
    start, data = picture["image_url"]["url"].split(",")
    assert start == "data:image/png;base64"
    return hashlib.sha256(base64.b64decode(data)).hexdigest()


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
