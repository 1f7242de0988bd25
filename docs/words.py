"""Words of the field, and where the documentation speaks of them.

They make the page "A to Z", and the line "Also searched as" on the pages that they lead to.
"""

# Words, what they mean in a sentence, and the page.
WORDS = {
    "AC-GAN": (
        "A conditional GAN whose discriminator also tells the class.",
        "reference/models/ConditionalGAN.md",
    ),
    "augmentation of the discriminator, DiffAugment": (
        "Real and generated images are changed at random before they are judged.",
        "reference/layers/DiffAugment.md",
    ),
    "adaptive discriminator augmentation, ADA": (
        "As much of it as keeps the discriminator from knowing its images by heart.",
        "reference/layers/AdaptiveAugment.md",
    ),
    "anomaly detection": (
        "Finding the images that are unlike the training data.",
        "reference/models/VAE.md",
    ),
    "autoencoder": (
        "A network that squeezes images into short vectors, and one that makes images of them.",
        "reference/models/VAE.md",
    ),
    "autoregressive model, PixelCNN, PixelCNN++": (
        "Each pixel is drawn given those before it, and the likelihood is exact.",
        "reference/models/PixelCNN.md",
    ),
    "beta-VAE": (
        "A VAE whose divergence term has a weight.",
        "reference/models/VAE.md",
    ),
    "beta-TC-VAE, total correlation": (
        "A VAE that weighs no more of the divergence than how far latents depend on each other.",
        "reference/losses/total_correlation.md",
    ),
    "campaign, approval, review of generated text": (
        "Pictures and words that two people and a language model made of a generator's.",
        "studio.md",
    ),
    "human feedback, Elo rating, Label Studio": (
        "Verdicts of people on pictures, and what is made of them.",
        "studio.md",
    ),
    "binarisation, binarized MNIST": (
        "Grey pictures drawn black and white by their brightness, of which likelihoods are compared.",
        "reference/data/images.md",
    ),
    "bits per dimension, likelihood, density": (
        "How likely a model takes images to be: nats / (log 2 x numbers in an image).",
        "reference/models/PixelCNN.md",
    ),
    "checkpoint": (
        "A model kept during training, to go on from or to choose the best of.",
        "reference/callbacks/Checkpoint.md",
    ),
    "class folders": (
        "Subfolders of pictures whose names are the classes.",
        "guide/your-own-pictures.md",
    ),
    "conditional GAN, cGAN": (
        "A GAN that is told which class to make.",
        "reference/models/ConditionalGAN.md",
    ),
    "conditional VAE": (
        "A VAE that is told the class, and keeps the style apart from it.",
        "reference/models/CVAE.md",
    ),
    "critic": (
        "The discriminator of a Wasserstein GAN: it estimates a distance, and doesn't judge.",
        "reference/models/WGANGP.md",
    ),
    "CSV": (
        "A file of rows of numbers, which is a data set.",
        "reference/models/TableGAN.md",
    ),
    "CTGAN, conditional vector": (
        "A GAN of tables whose generator is told a column's value.",
        "reference/models/TabularGAN.md",
    ),
    "CUT, FastCUT, contrastive translation, PatchNCE": (
        "Translation without pairs, one way: patches must stay like themselves.",
        "reference/models/CUT.md",
    ),
    "cycle consistency": (
        "An image that is translated there and back should be itself.",
        "reference/models/CycleGAN.md",
    ),
    "DCGAN": (
        "A GAN of convolutions: the networks that the recipes use.",
        "reference/networks/dcgan_generator.md",
    ),
    "density and coverage": (
        "How many real images are near generated ones, and how many have one near.",
        "reference/metrics/DensityCoverage.md",
    ),
    "diffusion, flow matching, rectified flow": (
        "Noise becomes an image in many small steps of one network.",
        "reference/models/Diffusion.md",
    ),
    "discriminator": (
        "The network that tells real images from generated ones.",
        "reference/networks/dcgan_discriminator.md",
    ),
    "Docker, Kubernetes, KServe, nginx, Hugging Face Space": (
        "Where a model's server runs, and what stands in front of it.",
        "deployment.md",
    ),
    "ELBO, evidence lower bound": (
        "What a VAE maximises: it bounds the likelihood of the data from below.",
        "reference/models/VAE.md",
    ),
    "EMA, exponential moving average": (
        "A slow copy of the generator's weights, whose images are steadier: `ema_decay`.",
        "reference/models/GAN.md",
    ),
    "export: SavedModel, ONNX, LiteRT, TFLite": (
        "A trained model for a place without this package.",
        "guide/export.md",
    ),
    "feature matching, multi-scale discriminator, pix2pixHD": (
        "What a discriminator's layers give for real and for generated images is brought together.",
        "reference/losses/feature_matching.md",
    ),
    "FID, Fréchet inception distance": (
        "How far generated images are from real ones, by means and covariances of features.",
        "reference/metrics/FrechetDistance.md",
    ),
    "floor": (
        "What real images score against other real ones.",
        "reference/metrics/SampleScores.md",
    ),
    "free bits, posterior collapse": (
        "Nats of a latent that a VAE's divergence term leaves free, so that latents are not switched off.",
        "reference/models/VAE.md",
    ),
    "GAN, generative adversarial network": (
        "A generator that learns by passing for real before a discriminator.",
        "reference/models/GAN.md",
    ),
    "generator": (
        "The network that makes images of latents.",
        "reference/networks/dcgan_generator.md",
    ),
    "gradient penalty": (
        "Keeps the length of a critic's gradient near one.",
        "reference/losses/gradient_penalty.md",
    ),
    "guidance, classifier-free": (
        "Images more typical of their class: `generate(guidance=2.0)`.",
        "reference/models/Diffusion.md",
    ),
    "hinge loss": (
        "Stops pushing scores that are on the right side by far enough.",
        "reference/losses/hinge_discriminator_loss.md",
    ),
    "image pool": (
        "Earlier generated images, which CycleGAN's discriminators see again.",
        "reference/layers/ImagePool.md",
    ),
    "image-to-image translation": (
        "One kind of picture made of another.",
        "reference/models/Pix2Pix.md",
    ),
    "inception score, IS": (
        "How sure a classifier is of each image, and how varied they are.",
        "reference/metrics/InceptionScore.md",
    ),
    "IWAE, importance-weighted bound, log-likelihood": (
        "A bound of the likelihood by several latents an image, which tightens with their number.",
        "reference/models/VAE.md",
    ),
    "InfoVAE, MMD": (
        "A VAE whose latents, all together, are brought to the prior.",
        "reference/losses/maximum_mean_discrepancy.md",
    ),
    "InfoGAN, disentangled codes": (
        "Latents that come to stand for kinds and scales of images, without labels.",
        "reference/models/InfoGAN.md",
    ),
    "inpainting, filling holes, removing objects": (
        "A part of a picture is drawn from what surrounds it.",
        "reference/models/Inpainting.md",
    ),
    "instance normalisation": (
        "Each channel of each image is normalised by itself.",
        "reference/layers/InstanceNormalization.md",
    ),
    "interpolation": (
        "The images on the way from one latent vector to another.",
        "reference/models/GAN.md",
    ),
    "KID, kernel inception distance": (
        "As FID, without its bias for small samples.",
        "reference/metrics/KernelDistance.md",
    ),
    "KL divergence": (
        "How far a posterior is from the prior.",
        "reference/losses/gaussian_kl_divergence.md",
    ),
    "latents, latent space, z": (
        "Vectors of random numbers that a generator makes images of.",
        "reference/core/Normal.md",
    ),
    "LSGAN, least squares": (
        "A GAN whose discriminator's scores are fitted to one and to zero.",
        "reference/losses/least_squares_discriminator_loss.md",
    ),
    "masks": (
        'Pictures whose colours are numbers of classes: `resize="nearest"`, `value_range`.',
        "reference/data/images.md",
    ),
    "minibatch discrimination": (
        "Lets a discriminator see how varied a batch is.",
        "reference/layers/MinibatchStandardDeviation.md",
    ),
    "mixed precision, bfloat16, float16": (
        "Steps that compute in half the bits.",
        "guide/performance-and-scaling.md",
    ),
    "mode collapse": (
        "A generator that makes but few kinds of image.",
        "reference/callbacks/CollapseMonitor.md",
    ),
    "multi-GPU, TPU, several machines": (
        "One training on several devices.",
        "guide/performance-and-scaling.md",
    ),
    "next-frame prediction, video prediction": (
        "The frames that follow those of a clip.",
        "reference/models/NextFrame.md",
    ),
    "own model": (
        "A family of your own, on the parts that the package's are made of.",
        "tutorials/09_your_own_model.md",
    ),
    "own pictures, own images, own data, image folder": (
        "A folder of pictures is a data set.",
        "guide/your-own-pictures.md",
    ),
    "paired data": (
        "Pairs of images that show the same thing, side by side or in two folders.",
        "reference/data/paired.md",
    ),
    "PatchGAN": (
        "A discriminator that judges patches, not the whole image.",
        "reference/networks/patch_discriminator.md",
    ),
    "precision and recall": (
        "The share of generated images that look real, and of real ones that could be generated.",
        "reference/metrics/PrecisionRecall.md",
    ),
    "pretrained models, weights, model zoo": (
        "Models that come with the package, trained.",
        "zoo/README.md",
    ),
    "projection discriminator": (
        "Tells a discriminator the class by an inner product.",
        "reference/layers/LabelProjection.md",
    ),
    "PSNR, peak signal-to-noise ratio": (
        "How near an image is to its true counterpart, in decibels.",
        "reference/metrics/PeakSignalToNoiseRatio.md",
    ),
    "R1 and R2 penalties": (
        "Keep a discriminator's gradient small on real and on generated images.",
        "reference/losses/r1_penalty.md",
    ),
    "R3GAN": (
        "A GAN of pairs and of penalties that comes to rest.",
        "reference/models/R3GAN.md",
    ),
    "relativistic GAN, RpGAN": (
        "A discriminator that judges real and generated images in pairs.",
        "reference/losses/relativistic_paired_discriminator_loss.md",
    ),
    "reparameterisation trick": (
        "Draws latents so that gradients pass through the draw.",
        "reference/layers/Sampling.md",
    ),
    "resume": (
        "Going on with a training that was stopped, exactly: `--resume`.",
        "reference/command_line/index.md",
    ),
    "pixel shuffle, depth to space": (
        "Channels made pixels: how super-resolution enlarges its maps.",
        "reference/layers/PixelShuffle.md",
    ),
    "semi-supervised learning, few labels": (
        "Classes learnt from few labels and many pictures without.",
        "reference/models/SemiSupervisedGAN.md",
    ),
    "M2, semi-supervised VAE": (
        "A VAE of class and style, of which few classes are known.",
        "reference/models/SemiSupervisedVAE.md",
    ),
    "SNGAN": (
        "A GAN of residual networks under spectral normalisation.",
        "reference/networks/sngan_resnet_generator.md",
    ),
    "SDV, ctgan": (
        "What their calls are called here.",
        "guide/coming-from-sdv-and-ctgan.md",
    ),
    "spectral normalisation": (
        "Bounds how steep a layer is by its largest singular value.",
        "reference/layers/SpectralNormalization.md",
    ),
    "sampling temperature": (
        "Below 1 an autoregressive model draws what is likely more often than it should.",
        "reference/models/PixelCNN.md",
    ),
    "SSIM, structural similarity": (
        "How like an image is to its true counterpart in light, contrast and structure.",
        "reference/metrics/StructuralSimilarity.md",
    ),
    "StyleGAN, style mixing, truncation trick": (
        "A GAN with a code of style for each level of detail.",
        "reference/models/StyleGAN2.md",
    ),
    "GAN inversion, latent projection": (
        "Finding the codes that make a picture there is.",
        "reference/models/StyleGAN2.md",
    ),
    "path-length regularisation": (
        "A step in the codes of a generator is a step of one size in its images.",
        "reference/losses/path_lengths.md",
    ),
    "progressive growing, PGGAN, ProGAN": (
        "A GAN of small images whose layers for larger ones fade in.",
        "reference/models/ProgressiveGAN.md",
    ),
    "equalised learning rate": (
        "Weights are scaled when they are used, so that all layers learn at one rate.",
        "reference/layers/EqualizedDense.md",
    ),
    "super-resolution, upscaling": (
        "Small pictures made larger: EDSR, and with a discriminator SRGAN.",
        "reference/models/SuperResolution.md",
    ),
    "synthetic data, tabular data": (
        "Rows like those of a table: numbers, categories, dates.",
        "reference/models/TabularVAE.md",
    ),
    "tensorflow-addons, tfa": (
        "What its layers and optimizers are called here.",
        "guide/coming-from-tensorflow-addons.md",
    ),
    "transposed convolution, checkerboard": (
        "How a generator enlarges, and what it may leave: `upsampling`.",
        "reference/networks/dcgan_generator.md",
    ),
    "TVAE": (
        "A VAE of tables with categories.",
        "reference/models/TabularVAE.md",
    ),
    "U-Net": (
        "A translator whose halves are joined at every size.",
        "reference/networks/unet_generator.md",
    ),
    "unpaired data": (
        "Two sets of images, of which none belong together.",
        "reference/data/unpaired.md",
    ),
    "VAE-GAN, learnt similarity, features of a discriminator": (
        "A VAE that compares images by what a discriminator sees in them.",
        "reference/models/VAEGAN.md",
    ),
    "variational autoencoder": (
        "An autoencoder whose vectors follow a known distribution, so that new ones can be drawn.",
        "reference/models/VAE.md",
    ),
    "VQ-VAE, vector quantisation, codebook, discrete latents": (
        "Images become small maps of integers, which stand for learnt vectors.",
        "reference/models/VQVAE.md",
    ),
    "WGAN, Wasserstein": (
        "A GAN whose critic estimates the distance between generated and real images.",
        "reference/models/WGANGP.md",
    ),
}
