"""What the steps in PyTorch share: the package's networks, NCHW as is usual there, and updates.

A family's own loop stands in its `tests/models/<family>/torch_loop.py`: `step_of(shape, options, networks)`
takes a workload's image shape, its options and perhaps other networks than the recipe's, and returns a step
that takes a batch of tensors and returns its losses. `page_networks()` gives those of Keras's example page.
The moving averages of generators are left out here.
"""

import itertools

import torch
from torch import nn
from torch.nn import functional


def tensors(batch):
    """A batch of NumPy arrays as tensors, images channels first."""
    return [
        torch.from_numpy(array).permute(0, 3, 1, 2).contiguous()
        if array.ndim == 4
        else torch.from_numpy(array)
        for array in batch
    ]


# Networks


def generator_of(shape, options, normalization="batch"):
    """`keras_gen.networks.dcgan_generator`."""
    channels, side = _channels(shape, options)[::-1], _smallest(shape)
    bias = normalization is None

    def finish(width):
        return [*_normalized(normalization, width), nn.ReLU()]

    layers = [
        nn.Linear(options["latent_dim"], channels[0] * side**2, bias=bias),
        nn.Unflatten(1, (channels[0], side, side)),
        *finish(channels[0]),
    ]
    for inputs, outputs in _pairs(channels[:-1]):
        layers += [_up(inputs, outputs, bias), *finish(outputs)]
    return nn.Sequential(*layers, _up(channels[-2], channels[-1]), nn.Tanh())


def discriminator_of(shape, options, normalization="batch"):
    """`keras_gen.networks.dcgan_discriminator`."""
    layers = []
    channels = _channels(shape, options)
    for inputs, outputs in _pairs(channels):
        layers.append(_down(inputs, outputs, bias=not layers))
        layers += _normalized(normalization if len(layers) > 1 else None, outputs)
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * _smallest(shape) ** 2, 1))


def patch_discriminator_of(shape, channels, filters):
    """`keras_gen.networks.patch_discriminator`."""
    strided = {28: 1, 64: 2}[shape[0]]
    layers, inputs = [], channels
    for level in range(strided):
        outputs = filters * 2**level
        layers.append(_down(inputs, outputs, bias=not level))
        layers += _normalized("instance" if level else None, outputs)
        layers.append(nn.LeakyReLU(0.2))
        inputs = outputs
    outputs = filters * 2**strided
    return nn.Sequential(
        *layers,
        nn.Conv2d(inputs, outputs, 4, 1, 1, bias=False),
        *_normalized("instance", outputs),
        nn.LeakyReLU(0.2),
        nn.Conv2d(outputs, 1, 4, 1, 1),
    )


def vae_networks_of(shape, options):
    """`keras_gen.networks.conv_encoder` and `conv_decoder`."""
    channels, latent_dim, hidden = _channels(shape, options), options["latent_dim"], 256
    last = channels[-1] * _smallest(shape) ** 2
    layers = [nn.Sequential(_down(*pair), nn.ReLU()) for pair in _pairs(channels)]
    body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(last, hidden), nn.ReLU())
    decoder = nn.Sequential(
        nn.Linear(latent_dim, hidden),
        nn.ReLU(),
        generator_of(shape, {**options, "latent_dim": hidden}, normalization=None)[:-1],
    )
    return Heads(body, hidden, latent_dim), decoder


class Heads(nn.Module):
    """Two linear layers on one body: a VAE's encoder."""

    def __init__(self, body, width, latent_dim):
        super().__init__()
        self.body = body
        self.heads = nn.ModuleList([nn.Linear(width, latent_dim) for _ in range(2)])

    def forward(self, images):
        features = self.body(images)
        return [head(features) for head in self.heads]


def cycle_gan_networks_of(shape, options):
    """Both generators and both discriminators."""
    filters, channels, blocks = options["base_filters"], shape[-1], options.get("blocks", 6)
    return (
        *(resnet_generator_of(channels, filters, blocks) for _ in range(2)),
        *(patch_discriminator_of(shape, channels, filters) for _ in range(2)),
    )


def resnet_generator_of(channels, filters, blocks):
    """`keras_gen.networks.resnet_generator`."""

    def finish(width):
        return [*_normalized("instance", width), nn.ReLU()]

    wide = 4 * filters
    layers = [
        nn.Conv2d(channels, filters, 7, padding=3, padding_mode="reflect", bias=False),
        *finish(filters),
    ]
    for level in (1, 2):
        inputs, outputs = filters * 2 ** (level - 1), filters * 2**level
        layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), *finish(outputs)]
    layers += [Residual(wide) for _ in range(blocks)]
    for level in (2, 1):
        inputs, outputs = filters * 2**level, filters * 2 ** (level - 1)
        layers.append(nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1, bias=False))
        layers += finish(outputs)
    image = nn.Conv2d(filters, channels, 7, padding=3, padding_mode="reflect")
    return nn.Sequential(*layers, image, nn.Tanh())


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect", bias=False),
            *_normalized("instance", width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect", bias=False),
            *_normalized("instance", width),
        )

    def forward(self, x):
        return x + self.body(x)


class UNet(nn.Module):
    """`keras_gen.networks.unet_generator`, instance-normalised, with its dropout."""

    def __init__(self, shape, filters):
        super().__init__()
        depth = {28: 2, 64: 6}[shape[0]]
        widths = [filters * min(2**level, 8) for level in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (inputs, outputs) in enumerate(_pairs([shape[-1], *widths]), start=1):
            normalized = 1 < level < depth
            self.down.append(
                nn.Sequential(
                    _down(inputs, outputs, bias=not normalized),
                    *_normalized("instance" if normalized else None, outputs),
                    nn.LeakyReLU(0.2),
                )
            )
        inputs = widths[-1]
        for place, outputs in enumerate(widths[-2::-1]):
            dropout = [nn.Dropout(0.5)] if place < 3 else []
            self.up.append(
                nn.Sequential(
                    _up(inputs, outputs, bias=False),
                    *_normalized("instance", outputs),
                    *dropout,
                    nn.ReLU(),
                )
            )
            inputs = 2 * outputs
        self.image = nn.Sequential(_up(inputs, shape[-1]), nn.Tanh())

    def forward(self, x):
        maps = []
        for block in self.down:
            x = block(x)
            maps.append(x)
        for block, skip in zip(self.up, maps[-2::-1], strict=True):
            x = torch.cat([block(x), skip], 1)
        return self.image(x)


def _channels(shape, options):
    """Channels from the image to the coarsest map."""
    channels, side = [shape[-1]], shape[0]
    while side > 7:
        channels.append(options["base_filters"] * min(2 ** (len(channels) - 1), 8))
        side //= 2
    return channels


def _smallest(shape):
    side = shape[0]
    while side > 7:
        side //= 2
    return side


def _pairs(channels):
    return list(itertools.pairwise(channels))


def _down(inputs, outputs, bias=True):
    return nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias)


def _up(inputs, outputs, bias=True):
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)


def _normalized(normalization, channels):
    if normalization == "batch":
        return [nn.BatchNorm2d(channels)]
    if normalization == "layer":
        return [nn.GroupNorm(1, channels)]
    if normalization == "instance":
        return [nn.InstanceNorm2d(channels, affine=True)]
    return []


# Steps


def adversarial_step(
    reals,
    fakes,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    judge,
    weight=1.0,
    further=lambda: 0.0,
):
    loss = weight * (
        functional.softplus(-judge(reals)).mean()
        + functional.softplus(judge(fakes.detach())).mean()
    )
    update(discriminator_optimizer, loss)
    discriminator.requires_grad_(False)
    generator_loss = functional.softplus(-judge(fakes)).mean() + further()
    update(generator_optimizer, generator_loss)
    discriminator.requires_grad_(True)
    return loss.detach(), generator_loss.detach()


def adam(options, betas, generator, discriminator):
    rate = options["learning_rate"]
    rates = rate, options.get("discriminator_learning_rate") or rate
    networks = zip((generator, discriminator), rates, strict=True)
    return [torch.optim.Adam(net.parameters(), rate, betas) for net, rate in networks]


def update(optimizer, loss):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


# Example pages


def strided(*widths, kernel_size):
    parts = []
    for pair in itertools.pairwise(widths):
        parts += [nn.Conv2d(*pair, kernel_size, 2, (kernel_size - 1) // 2), nn.LeakyReLU(0.2)]
    return parts


def transposed(*widths):
    parts = []
    for pair in itertools.pairwise(widths):
        parts += [nn.ConvTranspose2d(*pair, 4, 2, 1), nn.LeakyReLU(0.2)]
    return parts
