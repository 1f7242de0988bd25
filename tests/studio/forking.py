"""Runs campaigns in processes that end at a point: `python forking.py`, told by lines of JSON.

What they need is imported once. A process is killed as it comes to its n-th point, of those at which something
gets onto the disk: before and after each flush, rename and transaction.
"""

import itertools
import json
import os
import pathlib
import signal
import sys
import types

if __name__ == "__main__":
    sys.argv[0] = "keras-gen"  # which imports no Keras

from keras_gen.files import folder_written_aside
from keras_gen.studio import Campaign, Picks, asking, review_page  # noqa: F401
from keras_gen.studio.ledger import Ledger


def make_candidates(model, output, n, seed, name, weights_sha256, labels=None):
    """Stands for the real one, which needs Keras; `model` is a folder of candidates."""
    with folder_written_aside(output) as aside:
        for path in sorted(model.iterdir()):
            (aside / path.name).write_bytes(path.read_bytes())
    return Picks(output)


def point_at(places, last):
    """Has each of some functions count points, and the process killed at the last one."""
    count = itertools.count(1)

    def point():
        if next(count) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function):
        def call(*arguments, **options):
            point()
            found = function(*arguments, **options)
            point()
            return found

        return call

    for place, name in places:
        setattr(place, name, counted(getattr(place, name)))


def run(told):
    """Runs a campaign to its end, or to the point that is told; ends the process."""
    places = [(os, "fsync"), (os, "replace"), (os, "rename"), (Ledger, "write")]
    point_at(places, told["kill"])
    stands = Campaign(told["campaign"], lambda path, trust: pathlib.Path(told["candidates"])).run()
    heavy = {"keras", "tensorflow", "jax", "torch", "sklearn"} & {*sys.modules}
    os._exit(0 if stands["stage"] == "done" and not heavy else 3)


def main():
    stand_in = types.SimpleNamespace(make_candidates=make_candidates)
    sys.modules["keras_gen.studio.candidates"] = stand_in
    for line in sys.stdin:
        process = os.fork()
        if not process:
            run(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
