"""The same step in PyTorch, run eagerly, and the example page's networks."""

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.torch_loops import Heads, update, vae_networks_of


def step_of(shape, options, networks=None):
    encoder, decoder = networks or vae_networks_of(shape, options)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, options["learning_rate"])

    def step(images):
        mean, log_variance = encoder(images)
        logits = decoder(mean + (0.5 * log_variance).exp() * torch.randn_like(mean))
        white = 0.5 * (images + 1.0)
        log_likelihood = (white * logits - functional.softplus(logits)).sum((1, 2, 3))
        kl = 0.5 * (mean.square() + log_variance.expm1() - log_variance).sum(1)
        loss = (options["beta"] * kl - log_likelihood).mean()
        update(optimizer, loss)
        return (loss.detach(),)

    return step


def page_networks():
    body = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, 16),
        nn.ReLU(),
    )
    decoder = nn.Sequential(
        nn.Linear(2, 3136),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, 2, 1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, 1, 1),
    )
    return Heads(body, 16, 2), decoder
