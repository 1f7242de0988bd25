import errno

import pytest

from keras_gen.files import written_aside


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), written_aside(path) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_success_replaces_and_makes_folders(tmp_path):
    path = tmp_path / "new" / "b.keras"
    with written_aside(path) as aside:
        assert aside.suffix == ".keras"
        assert aside.parent == path.parent
        aside.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_file_s_name(tmp_path):
    path = tmp_path / "a.txt"
    full = pytest.raises(OSError, match=r"No space left on device: '.*/a.txt'$")
    with full as caught, written_aside(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.errno == errno.ENOSPC
    with full, written_aside(path) as aside:
        raise OSError(errno.ENOSPC, "No space left on device", str(aside))
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_names_a_file_goes_on_naming_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"'.*/missing'$"), written_aside(tmp_path / "a"):
        (tmp_path / "missing").read_text()
