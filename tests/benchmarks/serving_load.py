"""Puts `keras-gen serve` under load, and prints what came of it: batched, and one by one.

    python -m tests.benchmarks.serving_load
    python -m tests.benchmarks.serving_load --model vae_fashion_mnist --clients 32 --seconds 20 --images 4
    python -m tests.benchmarks.serving_load --table --cores 1 --cores 2 --images 4 --seconds 20

Each client asks again as soon as it has its answer. Seconds are from a request to its whole answer; memory is
the server's, at its highest, beside what it was when it was ready. `--table` has a row for each model and
number of cores, which the server is bound to; clients have the other cores, where there are some. Models that
translate are sent pictures of noise, others are asked for some by seed.
"""

import argparse
import functools
import http.client
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import PIL.Image

TABLE = (
    "gan_digits",
    "cgan_fashion_mnist",
    "vae_fashion_mnist",
    "pix2pix_fluent_line_to_3d",
    "cut_fluent_flat_to_3d",
    "super_resolution_fluent_x4",
)
SIDE = 64  # of pictures that are sent
BOUNDARY = "the-next-picture"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", action="append", help="Default: gan_digits; of a table, several."
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--images", type=int, default=1, help="of each request")
    parser.add_argument("--table", action="store_true", help="a row for each model and --cores")
    parser.add_argument("--cores", action="append", type=int, help="of the table; default: 1")
    options = parser.parse_args()
    if options.table:
        return print_table(options)
    print("| model | batch | requests | refused | images/s | p50 | p95 | ready, MB | highest, MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for model in options.model or ["gan_digits"]:
        for batch in (64, 1):
            found = measured(options, model, batch)
            words = (
                found["requests"],
                found["refused"],
                f"{found['images/s']:.1f}",
                *in_words(found),
            )
            print(f"| {model} | {batch} | {' | '.join(map(str, words))} |", flush=True)
    return None


def print_table(options):
    """Prints the table of the site's page on deployment."""
    known = len(os.sched_getaffinity(0))
    cores = options.cores or [1]
    for count in cores:
        if not 1 <= count <= known:
            sys.exit(f"`--cores` must be from 1 to {known}, which there are. Received: {count}")
    print("| model | cores | requests/s | images/s | p50 | p95 | memory, MB | afterwards, MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for model in options.model or TABLE:
        for count in cores:
            found = measured(options, model, 64, count)
            words = f"{found['requests/s']:.1f}", f"{found['images/s']:.1f}", *in_words(found)
            print(f"| {model} | {count} | {' | '.join(words)} |", flush=True)
            if found["refused"]:
                print(f"{found['refused']} requests were refused.", file=sys.stderr)


def in_words(found):
    """How long answers took, and the memory."""
    times = (f"{found[name] * 1000:.0f} ms" for name in ("p50", "p95"))
    return *times, f"{found['ready']:.0f}", f"{found['highest']:.0f}"


def measured(options, model, batch, cores=None):
    """Figures of a server with batches of a size, on some cores, all by default."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    command = [sys.executable, "-m", "keras_gen", "serve", model, "--port", str(port)]
    command += ["--batch", str(batch)]
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_GEN_TOKEN"}
    everything = os.sched_getaffinity(0)
    own = set(sorted(everything)[:cores])
    server = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=functools.partial(os.sched_setaffinity, 0, own),
    )
    os.sched_setaffinity(0, (everything - own) or everything)
    try:
        while not is_ready(port):
            if server.poll() is not None:
                sys.exit("The server has ended.")
            time.sleep(0.1)
        request = request_of(port, model, options.images)
        load(port, options.clients, request, 2.0)  # Sizes are compiled.
        ready = memory(server.pid, "VmRSS")
        started = time.perf_counter()
        seconds, refused = load(port, options.clients, request, options.seconds)
        took = time.perf_counter() - started
        highest = memory(server.pid, "VmHWM")
    finally:
        os.sched_setaffinity(0, everything)
        server.terminate()
        server.wait()
    p50, p95 = np.percentile(seconds, [50, 95]) if seconds else (np.nan, np.nan)
    return {
        "requests": len(seconds),
        "refused": refused,
        "requests/s": len(seconds) / took,
        "images/s": len(seconds) * options.images / took,
        "p50": p50,
        "p95": p95,
        "ready": ready,
        "highest": highest,
    }


def request_of(port, model, images):
    """Function from a seed to the path, body and headers of a request for some images."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", f"/v1/models/{model}")
    methods = json.loads(connection.getresponse().read())["takes"]
    connection.close()
    path = f"/v1/models/{model}/"
    if "generate" in methods:
        kind = {"Content-Type": "application/json"}
        return lambda seed: (path + "generate", json.dumps({"n": images, "seed": seed}), kind)
    form = b"".join(_part(number) for number in range(images)) + f"--{BOUNDARY}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return lambda seed: (path + "translate", form, kind)


def _part(seed):
    """A picture of noise, as a part of a form."""
    file = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype("uint8")
    PIL.Image.fromarray(values).save(file, format="PNG")
    about = f'Content-Disposition: form-data; name="images"; filename="{seed}.png"'
    return f"--{BOUNDARY}\r\n{about}\r\n\r\n".encode() + file.getvalue() + b"\r\n"


def load(port, clients, request, seconds):
    """Seconds of the requests that were answered, and how many were not."""
    answered, refused = [], []
    end = time.perf_counter() + seconds

    def ask_again(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        path, body, headers = request(number)
        while (started := time.perf_counter()) < end:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            times = answered if answer.status == 200 else refused
            times.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=ask_again, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered, len(refused)


def is_ready(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def memory(pid, kind):
    """Megabytes of a process, of Linux."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main()
