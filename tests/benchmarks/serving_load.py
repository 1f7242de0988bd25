"""Puts `keras-gen serve` under load, and prints what came of it: batched, and one by one.

    python -m tests.benchmarks.serving_load
    python -m tests.benchmarks.serving_load --model vae_fashion_mnist --clients 32 --seconds 20 --images 4

Each client asks again as soon as it has its answer. Seconds are from a request to its whole answer; memory is
the server's, at its highest, beside what it was when it was ready.
"""

import argparse
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="gan_digits")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--images", type=int, default=1, help="of each request")
    options = parser.parse_args()
    print("| batch | requests | refused | images/s | p50 | p95 | ready, MB | highest, MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for batch in (64, 1):
        print(f"| {batch} | {' | '.join(measured(options, batch))} |", flush=True)


def measured(options, batch):
    """What a server with batches of a size does, in words."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    command = [sys.executable, "-m", "keras_gen", "serve", options.model, "--port", str(port)]
    command += ["--batch", str(batch)]
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_GEN_TOKEN"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not is_ready(port):
            if server.poll() is not None:
                sys.exit("The server has ended.")
            time.sleep(0.1)
        load(port, options, 2.0)  # Sizes are compiled.
        ready = memory(server.pid, "VmRSS")
        started = time.perf_counter()
        seconds, refused = load(port, options, options.seconds)
        took = time.perf_counter() - started
        highest = memory(server.pid, "VmHWM")
    finally:
        server.terminate()
        server.wait()
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return (
        str(len(seconds)),
        str(refused),
        f"{len(seconds) * options.images / took:.0f}",
        f"{p50:.0f} ms",
        f"{p95:.0f} ms",
        f"{ready:.0f}",
        f"{highest:.0f}",
    )


def load(port, options, seconds):
    """Seconds of the requests that were answered, and how many were not."""
    answered, refused = [], []
    end = time.perf_counter() + seconds

    def ask_again(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        body = json.dumps({"n": options.images, "seed": number})
        headers = {"Content-Type": "application/json"}
        while (started := time.perf_counter()) < end:
            connection.request("POST", f"/v1/models/{options.model}/generate", body, headers)
            answer = connection.getresponse()
            answer.read()
            times = answered if answer.status == 200 else refused
            times.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=ask_again, args=(n,)) for n in range(options.clients)]
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
