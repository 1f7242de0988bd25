"""What a training comes to, to the last bit: the same as with 0.1.0."""

import pytest

from keras_gen.core import update
from tests.compatibility import training
from tests.compatibility.models import CASES


@pytest.mark.parametrize("name", CASES)
def test_three_steps_come_to_what_they_did(name, monkeypatch):
    # An evaluation of 0.1.0 was of the last of a phase's updates alone, where a step has several.
    monkeypatch.setattr(update, "_mean", lambda found: found[-1])
    path = training.FIXTURES / f"three_steps_{training.BACKEND}.npz"
    training.assert_same(training.three_steps(CASES[name]), path, f"{name}/")
