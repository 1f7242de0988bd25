import pytest

from tests.compatibility.alone import alone


@pytest.fixture(autouse=True)
def alone_in_its_process():
    with alone():
        yield
