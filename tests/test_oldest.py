"""Every dependency says its oldest version, which `python -m tests.oldest` runs the suite with."""

import importlib.metadata

import pytest

from tests import oldest


def test_every_dependency_has_an_oldest_version():
    found = oldest.oldest()
    assert {"keras", "tensorflow", "tensorflow-datasets", "pillow"} <= set(found)
    for name, version in found.items():
        numbers = [int(number) for number in version.split(".")]
        installed = importlib.metadata.version(name).split(".")
        assert [int(number) for number in installed[: len(numbers)]] >= numbers


def test_a_dependency_without_one_is_named(tmp_path, monkeypatch):
    (tmp_path / "setup.cfg").write_text(
        "[options]\ninstall_requires =\n    # of tables\n    pandas\n"
    )
    monkeypatch.setattr(oldest, "ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"'pandas' in setup\.cfg must say `>=`"):
        oldest.oldest()
