import concurrent.futures
import errno
import os
import pathlib

import pytest

from keras_gen.files import folder_written_aside, written_aside


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


def test_a_folder_whose_exchange_fails_comes_back(tmp_path, monkeypatch):
    """The old one is out of the way already when the new one can't be put into its place."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    rename = pathlib.Path.rename

    def fails(self, target):
        if self.name == "new":
            raise PermissionError("held open")
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", fails)
    with pytest.raises(PermissionError), folder_written_aside(folder) as aside:
        (aside / "new.txt").write_text("new")
    assert [path.name for path in folder.iterdir()] == ["old.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_many_threads_leave_the_rights_of_files_as_they_are(tmp_path):
    mask = os.umask(0)
    os.umask(mask)

    def write(number):
        for _ in range(50):
            with written_aside(tmp_path / f"{number}.txt") as aside:
                aside.write_text("text")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    found = os.umask(mask)
    assert found == mask
