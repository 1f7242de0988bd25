import ctypes
import os
import sys

import numpy as np
import pytest

from keras_gen.app.cpu import keep_freed_memory, use_onednn


def a_step():
    """Allocates what a training step does, and frees it."""
    [np.ones(2**22, "float32") for _ in range(6)]


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc's alone"
)
def test_a_step_takes_the_memory_of_the_one_before():
    import resource

    keep_freed_memory()
    a_step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        a_step()
    # Given back and cleared anew it is 15,000 pages of 4 KiB, or more.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 1_000


@pytest.mark.parametrize(
    ("platform", "variables", "set_here"),
    [
        ("linux", {}, [-1, -3]),
        ("linux", {"MALLOC_TRIM_THRESHOLD_": "1"}, [-3]),
        ("linux", {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"}, []),
        ("darwin", {}, []),
    ],
)
def test_what_the_environment_says_holds(monkeypatch, platform, variables, set_here):
    class Library:
        def __init__(self, name):
            self.mallopt = lambda parameter, value: asked.append(parameter)

    asked = []
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("ctypes.CDLL", Library)
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    keep_freed_memory()
    assert asked == set_here


@pytest.mark.parametrize(
    ("machine", "said", "found"),
    [("x86_64", None, "1"), ("AMD64", None, "1"), ("aarch64", None, None), ("x86_64", "0", "0")],
)
def test_onednn_is_asked_for_where_nobody_said_otherwise(monkeypatch, machine, said, found):
    name = "TF_ENABLE_ONEDNN_OPTS"
    monkeypatch.setenv(name, "")  # So that what is set here is taken back, too.
    monkeypatch.delenv(name)
    if said is not None:
        monkeypatch.setenv(name, said)
    monkeypatch.setattr("platform.machine", lambda: machine)
    use_onednn()
    assert os.environ.get(name) == found
