import socket

import pytest
import tensorflow_datasets as tfds

from keras_gen import data
from keras_gen.data import preparing
from keras_gen.data.builders.digits import Digits


def test_an_unprepared_data_set_without_network_says_how_to_prepare_it(tmp_path, monkeypatch):
    def no_such_host(*args):
        raise socket.gaierror("no network")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    monkeypatch.setattr(preparing.urllib.request, "getproxies", dict)
    with pytest.raises(FileNotFoundError) as caught:
        data.images("cifar10", data_dir=tmp_path)
    message = str(caught.value)
    for part in (str(tmp_path / "cifar10"), "no network", "tfds build cifar10", "TFDS_DATA_DIR"):
        assert part in message
    assert message.endswith("Received: source='cifar10'")


@pytest.mark.parametrize("failure", ["a proxy is set", "a host resolves"])
def test_a_failed_download_says_why(tmp_path, monkeypatch, failure):
    def fail(self, **options):
        raise ConnectionError("connection refused")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [] if "host" in failure else 1 / 0)
    proxies = {"https": "proxy"} if "proxy" in failure else {}
    monkeypatch.setattr(preparing.urllib.request, "getproxies", lambda: proxies)
    with pytest.raises(FileNotFoundError, match=r"connection refused.*tfds build cifar10"):
        data.images("cifar10", data_dir=tmp_path)


def test_a_folder_that_cannot_be_written_gives_way_to_the_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder can be made in here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for _ in range(2):
        dataset = data.images("digits", batch_size=1, data_dir=str(tmp_path / "file" / "tfds"))
        assert len(dataset) == 1497
    assert (tmp_path / "cache" / "keras_gen" / "digits").is_dir()


def test_another_process_may_prepare_the_data_first(tmp_path, monkeypatch):
    prepare = Digits.download_and_prepare

    def prepare_and_be_late(self, **options):
        prepare(self, **options)
        raise OSError("Directory not empty")

    monkeypatch.setattr(Digits, "download_and_prepare", prepare_and_be_late)
    assert len(data.images("digits", batch_size=1, data_dir=tmp_path)) == 1497


def test_preparing_is_quiet_and_leaves_logging_alone(tmp_path, capfd):
    import logging

    level = logging.getLogger("absl").level
    data.images("digits", data_dir=tmp_path)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("absl").level == level


def test_names_of_data_sets():
    assert preparing.is_dataset_name("mnist")
    assert preparing.is_dataset_name("cycle_gan/horse2zebra:3.0.0")
    assert preparing.is_dataset_name("emoji")
    assert not preparing.is_dataset_name("holiday")
