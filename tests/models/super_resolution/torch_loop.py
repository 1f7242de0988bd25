"""The same step in PyTorch, run eagerly."""

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.torch_loops import update


def _convolution(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class Block(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(filters, filters), nn.ReLU(), _convolution(filters, filters)
        )

    def forward(self, x):
        return x + self.layers(x)


class EDSR(nn.Module):
    """`keras_gen.networks.edsr_generator`."""

    def __init__(self, depth, factor, filters, blocks):
        super().__init__()
        self.factor = factor
        self.head = _convolution(depth, filters)
        self.body = nn.Sequential(
            *(Block(filters) for _ in range(blocks)), _convolution(filters, filters)
        )
        stages = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}[factor]
        self.tail = nn.Sequential(
            *(
                layer
                for times in stages
                for layer in (_convolution(filters, times**2 * filters), nn.PixelShuffle(times))
            ),
            _convolution(filters, depth),
        )

    def forward(self, images):
        x = self.head(images)
        enlarged = functional.interpolate(images, scale_factor=self.factor, mode="bicubic")
        return enlarged + self.tail(x + self.body(x))


def step_of(shape, options, networks=None):
    (generator,) = networks or (
        EDSR(shape[-1], options["factor"], options["base_filters"], options["blocks"]),
    )
    optimizer = torch.optim.Adam(generator.parameters(), options["learning_rate"])

    def step(inputs, targets):
        loss = functional.l1_loss(generator(inputs), targets)
        update(optimizer, loss)
        return (loss.detach(),)

    return step
