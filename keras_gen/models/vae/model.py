"""Variational autoencoders."""

import keras

from keras_gen.core.latent_samplers import LatentSampler
from keras_gen.models.plain_vae import PlainVAE
from keras_gen.types import LikelihoodLike


@keras.saving.register_keras_serializable(package="keras_gen")
class VAE(PlainVAE):
    """A variational autoencoder, and with `beta` above 1 a beta-VAE.

    The loss is the negative evidence lower bound (ELBO) in nats: the reconstruction's negative
    log-likelihood, **summed** over pixels, plus `beta` times the Kullback-Leibler divergence of the
    posterior from the prior, standard normal unless there are `pseudo_inputs`, both averaged over the batch.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `loss`, `reconstruction_loss` and `kl_loss`;
    `evaluate` adds `elbo`, the bound itself (`beta` = 1).

    Args:
        encoder: Built `keras.Model`, images to the posterior's `[mean, log variance]`, each of shape
            `(batch, latent_dim)`.
        decoder: Built `keras.Model`, latents `(batch, latent_dim)` to the likelihood's parameters, of
            the images' shape: logits for `"bernoulli"`, means for `"gaussian"`.
        latent_dim: Integer, the length of a latent vector.
        beta: Number from 0 up, the weight of the KL term.
        likelihood: `"bernoulli"`, `"gaussian"`, `"learned_gaussian"` (its deviation is learnt),
            `"discretized_logistic"` (of 256 grey levels, with a learnt scale), or an object such as
            `keras_gen.losses.GaussianLikelihood(standard_deviation=0.1)`.
        kl_warmup_steps: Integer. Over so many training steps the KL term's weight grows linearly from
            0 to `beta`, which keeps latents from being switched off early.
        name: String or None.
        objective: `"elbo"`, or `"iwae"`: the bound of `importance_samples` latents an image, which is
            tighter. Its log-likelihood and log densities weigh as in the ELBO, the latter by `beta`.
            `"beta_tc"` weighs by `beta` no more of the KL term than the total correlation, by which latents
            depend on each other: it takes them apart, and costs less of the reconstruction. `"mmd"` adds how
            far the latents of all images together are from the prior, which with a small `beta` takes the
            KL term's place.
        importance_samples: Integer, the latents an image of `"iwae"`; as many images are decoded at once.
        doubly_reparameterised: Boolean. True has the encoder of an `"iwae"` learn by gradients that do not
            drown in noise where samples are many, for one more pass through the decoder.
        free_bits: Number from 0 up. With `"elbo"`, so many nats of the KL divergence of each latent
            dimension, averaged over the batch, are free: none is pressed below.
        mmd_weight: Number from 0 up, of the squared maximum mean discrepancy in `"mmd"`.
        sampler: What `fit_sampler` makes, a part of the model's file, or None.
        pseudo_inputs: Integer. Of 0 the prior is standard normal. Above, it is a `VampPrior`: the mixture of
            the posteriors of so many images, which are learnt. The KL term is then that of one draw of each
            posterior (of all draws in `"iwae"`), and may be below 0. A step costs about as much more as so
            many images in its batch do. `free_bits` and `"beta_tc"` are for the standard normal prior.

    Raises:
        ValueError: If a network is not built, or the shapes of the three do not fit.

    Example:
    >>> import keras_gen
    >>> vae = keras_gen.VAE(
    ...     encoder=keras_gen.networks.conv_encoder((8, 8, 1), latent_dim=2, base_filters=4),
    ...     decoder=keras_gen.networks.conv_decoder((8, 8, 1), latent_dim=2, base_filters=4),
    ...     latent_dim=2,
    ... )
    >>> vae.compile()
    >>> history = vae.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['kl_loss', 'loss', 'reconstruction_loss']
    >>> vae.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Kingma & Welling, 2013, https://arxiv.org/abs/1312.6114; Higgins et al., 2017 (beta-VAE);
    Burda et al., 2015 (IWAE), https://arxiv.org/abs/1509.00519; Tucker et al., 2018 (doubly
    reparameterised), https://arxiv.org/abs/1810.04152; Kingma et al., 2016 (free bits),
    https://arxiv.org/abs/1606.04934; Chen et al., 2018 (beta-TC), https://arxiv.org/abs/1802.04942; Zhao et
    al., 2017 (InfoVAE), https://arxiv.org/abs/1706.02262; Tomczak & Welling, 2017 (VampPrior),
    https://arxiv.org/abs/1705.07120
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        latent_dim: int,
        beta: float = 1.0,
        likelihood: LikelihoodLike = "bernoulli",
        kl_warmup_steps: int = 0,
        name: str | None = None,
        objective: str = "elbo",
        importance_samples: int = 5,
        doubly_reparameterised: bool = False,
        free_bits: float = 0.0,
        mmd_weight: float = 1000.0,
        sampler: LatentSampler | None = None,
        pseudo_inputs: int = 0,
    ) -> None:
        super().__init__(
            encoder,
            decoder,
            latent_dim,
            beta=beta,
            likelihood=likelihood,
            kl_warmup_steps=kl_warmup_steps,
            name=name,
            objective=objective,
            importance_samples=importance_samples,
            doubly_reparameterised=doubly_reparameterised,
            free_bits=free_bits,
            mmd_weight=mmd_weight,
            pseudo_inputs=pseudo_inputs,
        )
        self.set_sampler(sampler)
