"""What a training comes to, to the last bit: the same as with 0.1.0."""

import pytest

from tests.compatibility import training
from tests.compatibility.models import CASES


@pytest.mark.parametrize("name", CASES)
def test_three_steps_come_to_what_they_did(name):
    path = training.FIXTURES / f"three_steps_{training.BACKEND}.npz"
    training.assert_same(training.three_steps(CASES[name]), path, f"{name}/")
