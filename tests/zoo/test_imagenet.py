"""Whether the weights of EfficientNet-Lite0 were put where they belong."""

import numpy as np
import pytest

from keras_gen import presets
from keras_gen.metrics import get_feature_extractor

# ImageNet's numbers of what the photographs show.
CATS, ESPRESSO = {281, 282, 285}, {967}


@pytest.mark.parametrize(
    ("photograph", "classes", "share"), [("chelsea", CATS, 0.8), ("coffee", ESPRESSO, 0.9)]
)
def test_it_knows_what_photographs_show(photograph, classes, share, monkeypatch):
    monkeypatch.syspath_prepend(presets.zoo_folder() / "tools")
    import port_efficientnet_lite

    extractor = get_feature_extractor("classifier_imagenet_lite0")
    said = extractor(port_efficientnet_lite.photographs([photograph]))
    assert said.features.shape == (1, 1280) and extractor.num_classes == 1000
    (probabilities,) = said.probabilities
    assert probabilities[sorted(classes)].sum() > share
    assert int(np.argmax(probabilities)) in classes
