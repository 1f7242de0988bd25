"""Prints the most memory that this process held, in KiB: `python -m tests.benchmarks.peak_memory gan fit`.

By Linux's account of the program alone: `getrusage` counts what the parent held when it forked, too.
"""

import pathlib
import re
import sys

from tests.benchmarks import parts
from tests.benchmarks.workloads import workload


def main(model, way):
    case = workload(model, 64)
    if way == "fit":
        case.compiled().fit(case.dataset(), steps_per_epoch=3, verbose=0)
    else:
        parts._hand_written(case)(2)
    status = pathlib.Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\s*(\d+) kB", status)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
