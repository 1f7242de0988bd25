"""Our network and a PyTorch one with the same weights and inputs: do they agree?"""

import numpy as np
import torch

_NAMES = {
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def agree(ours, theirs, training, sample, run, scramble, tolerance=1e-4):
    """Assert it, for new random weights, to `tolerance`. Their layers bear the names of ours."""
    scramble(ours)
    _give_weights(ours, theirs)
    inputs = sample(ours, 3)
    arrays = inputs if isinstance(inputs, list) else [inputs]
    tensors = [torch.tensor(array).permute(0, 3, 1, 2) for array in arrays]
    theirs.train(training)
    with torch.no_grad():
        expected = theirs(*tensors).permute(0, 2, 3, 1).numpy()
    outputs = run(ours, inputs, training=training)
    # Neither dead nor pressed to tanh's ends, or agreement would say little.
    assert np.std(expected) > 0.05 and np.mean(np.isclose(np.abs(expected), 1, atol=1e-3)) < 0.2
    np.testing.assert_allclose(outputs, expected, atol=tolerance, rtol=0)


def _give_weights(ours, theirs):
    given = set()
    with torch.no_grad():
        for layer in theirs.layers.values():
            # A bias that ours leaves out is one of zero.
            if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                layer.bias.zero_()
        for weight in ours.weights:
            layer_name, name = weight.path.split("/")
            values = torch.tensor(np.array(weight.numpy()))
            if name == "kernel":
                # (height, width, in, out) to (out, in, height, width); transposed: in and out swap.
                name, values = "weight", values.permute(3, 2, 0, 1)
            target = getattr(theirs.layers[layer_name], _NAMES.get(name, name))
            assert target.shape == values.shape
            target.copy_(values)
            given.add(layer_name)
    assert given == set(theirs.layers)
