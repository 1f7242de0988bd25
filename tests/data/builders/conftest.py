import json
import tarfile

import numpy as np
import pytest

from keras_gen.data.builders import moving_digits

PER_CLASS = 20  # digits of the archive


@pytest.fixture(scope="module")
def digits_dir(tmp_path_factory):
    """A TFDS folder with an archive of squares in its manual folder: each has a brightness of its own."""
    root = tmp_path_factory.mktemp("digits")
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    file = root / "digits.json"
    with tarfile.open(manual / moving_digits.ARCHIVE, "w:gz") as tar:
        for label in range(10):
            shades = 40 + PER_CLASS * label + np.arange(PER_CLASS)
            values = np.repeat(np.round(shades / 255, 3), 28 * 28)  # As the package rounds them.
            file.write_text(json.dumps({"data": values.tolist()}))
            tar.add(file, f"package/src/digits/{label}.json")
    return str(root)
