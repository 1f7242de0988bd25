# %% [markdown]
# # Synthetic customer reviews: rows that may be shown
#
# **You will learn** to train a model on a table of mixed types, to draw rows from it, also under conditions; to read
# the report that compares them with real ones, privacy included; to see whether groups of customers survive; and
# to measure whether generated rows help a classifier where real ones are rare.
#
# **Time** about four minutes of one CPU core. No GPU is needed, and nothing is downloaded: 23,486 reviews of a
# shop's clothing come with the package (Brooks, 2018, CC0), without their texts.

# %%
import pathlib

import keras
import numpy as np
import pandas as pd
from PIL import Image
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import keras_gen
from keras_gen.evaluation import evaluate

# %% short={"EPOCHS": 1, "SEEDS": [0], "FEW": [80]}
EPOCHS = 60
SEEDS = [0, 1, 2]
FEW = [20, 80]

# %% [markdown]
# ## From a CSV file to a model
#
# So that you can put files of your own in their place, the reviews are first written to two CSV files, one to learn
# from and one held out.

# %%
FOLDER = pathlib.Path("reviews")
FOLDER.mkdir(exist_ok=True)
for split in ("train", "test"):
    named = keras_gen.data.open_mixed_table("clothing_reviews", split)
    named.frame().to_csv(FOLDER / f"{split}.csv", index=False)

reviews = keras_gen.data.open_mixed_table(FOLDER, kinds={"product": "categorical"})
reviews.frame().head()

# %% [markdown]
# What was found of the columns. A product is a number that names it and measures nothing, so `kinds` says above that it
# is a category; the others are right as found. Where numbers heap up, as 0 does in `helpful`, they are values of their
# own beside the mixture of Gaussians (`modes`).

# %%
pd.DataFrame(
    [
        {"column": c.name, "kind": c.kind, "values": c.size, "modes": c.modes}
        for c in reviews.columns
    ]
)

# %% [markdown]
# The model is a variational autoencoder of rows (TVAE; Xu et al., 2019). On the command line the same is
# `keras-gen train tabular_vae --dataset reviews --kinds product=categorical --output runs/reviews`.


# %%
def train_vae(table, epochs=EPOCHS, seed=0):
    keras.utils.set_random_seed(seed)
    rows = table.coded
    parameters = keras_gen.losses.MixedLikelihood(rows.sizes, rows.modes).parameters
    vae = keras_gen.TabularVAE(
        encoder=keras_gen.networks.mlp_encoder(rows.width, latent_dim=64, width=128),
        decoder=keras_gen.networks.mlp_decoder(64, parameters, width=128),
        latent_dim=64,
        columns=table.columns,
    )
    vae.compile(keras.optimizers.Adam(1e-3))
    vae.fit(table.batches(batch_size=500, seed=seed), epochs=epochs, verbose=0)
    return vae


vae = train_vae(reviews)
made = vae.generate(10_000, seed=0)
made.head(8)

# %% [markdown]
# Columns, order, dtypes, ranges and whole numbers are those of the file, and texts are missing as often as there.
#
# ## The report
#
# As many rows are drawn as were held out, and compared with these. `quality` is the mean of two: `shapes`, how alike
# single columns are, and `trends`, how alike the pairs of columns that go together; both are those of SDMetrics' quality
# report. `auc lost` is what models of scikit-learn lose that learn on generated rows to predict whether a reviewer
# recommends the product, and are tried on real ones. `floor` is what real rows come to: no model can be expected to be
# better, so read every score beside it.

# %%
report = evaluate(vae, FOLDER, target="recommended", picture="report.png")
scores = pd.DataFrame({"model": report["scores"], "floor": report["floor"]})
scores.loc[["quality", "shapes", "trends", "auc", "auc lost"]].round(3)

# %%
Image.open("report.png")

# %% [markdown]
# Above, each column: real rows grey, generated ones coloured. Below, how alike each pair of columns is. Look at the palest
# fields first: `product` has 101 values, and what follows from it, its class and department, is where a small model
# errs, and makes a blouse of a pair of trousers. The zoo's GAN, which learnt for longer, is better at single columns and
# hardly at pairs:

# %%
gan = keras_gen.from_preset("tabular_gan_clothing_reviews")
for name, model in {"this VAE": vae, "the zoo's GAN": gan}.items():
    found = evaluate(model, FOLDER)["scores"]
    print(f"{name}: shapes {found['shapes']:.3f}, trends {found['trends']:.3f}")

# %% [markdown]
# ## Under conditions
#
# All rows meet the conditions; the other columns follow. Of dresses that were rated 2 the model has learnt that they are
# seldom recommended, and that many found such reviews helpful:

# %%
conditions = {"department": "Dresses", "rating": 2}
bad = vae.generate(2_000, conditions=conditions, seed=0)
real = reviews.frame()
real_bad = real[(real["department"] == "Dresses") & (real["rating"] == 2)]
for name, rows in {"real": real_bad, "generated": bad}.items():
    print(
        f"{name}: {len(rows)} rows, recommended {rows['recommended'].mean():.0%}, "
        f"negative {(rows['sentiment'] == 'negative').mean():.0%}, "
        f"helpful to {rows['helpful'].mean():.1f}, age {rows['age'].mean():.0f} ± {rows['age'].std():.0f}"
    )
assert (bad["department"] == "Dresses").all() and (bad["rating"] == 2).all()

# %% [markdown]
# ## Do groups of customers survive?
#
# A retailer would look for groups: who likes what, and who complains? So cluster the positive and the negative reviews,
# the real and the generated ones each for themselves, and set the groups side by side. Where the generated rows are good,
# whoever has only them comes to the same groups.


# %%
def features(rows):
    """Numbers in standard deviations of the real rows, departments as ones and zeros."""
    numbers = rows[["age", "rating"]].assign(helpful=np.log1p(rows["helpful"]))
    usual = real[["age", "rating"]].assign(helpful=np.log1p(real["helpful"]))
    scaled = (numbers - usual.mean()) / usual.std()
    departments = sorted(real["department"].dropna().unique())
    ones = [(rows["department"] == name).astype(float) for name in departments]
    return np.column_stack([scaled, *ones])


def clusters(rows, count=4):
    """What the members of each cluster are like, and the clusters' centres."""
    found = KMeans(count, n_init=10, random_state=0).fit(features(rows))
    members = [rows[found.labels_ == k] for k in range(count)]
    described = pd.DataFrame(
        {
            "share": [len(m) / len(rows) for m in members],
            "age": [m["age"].mean() for m in members],
            "rating": [m["rating"].mean() for m in members],
            "helpful": [m["helpful"].mean() for m in members],
            "tops": [(m["department"] == "Tops").mean() for m in members],
            "dresses": [(m["department"] == "Dresses").mean() for m in members],
        }
    )
    return described, found.cluster_centers_


def side_by_side(real_rows, made_rows):
    """Clusters of both, matched by the distances of their centres; the largest of the real ones first."""
    (of_real, a), (of_made, b) = clusters(real_rows), clusters(made_rows)
    _, partner = linear_sum_assignment(np.linalg.norm(a[:, None] - b[None], axis=-1))
    of_made = of_made.iloc[partner].reset_index(drop=True)
    both = pd.concat({"real": of_real, "generated": of_made}, axis=1).swaplevel(axis=1)
    order = of_real["share"].sort_values(ascending=False).index
    return both[of_real.columns].loc[order].reset_index(drop=True).round(2)


many = vae.generate(len(real), seed=1)
for sentiment in ("positive", "negative"):
    print(f"{sentiment}: {(real['sentiment'] == sentiment).sum()} real reviews,", end=" ")
    print(f"{(many['sentiment'] == sentiment).sum()} generated ones")
side_by_side(real[real["sentiment"] == "positive"], many[many["sentiment"] == "positive"])

# %%
side_by_side(real[real["sentiment"] == "negative"], many[many["sentiment"] == "negative"])

# %% [markdown]
# Ages, ratings and shares of the groups are found again in both. Differences of a few hundredths are as large as those
# between two halves of the real rows; a group of few members, as the last of the negative ones, is not to be relied upon.
#
# ## Do generated rows help where real ones are rare?
#
# A shop begins to sell jackets, and has a few reviews of them beside thousands of other garments. Who will not
# recommend a jacket, by age, sentiment, votes and product, the rating not told? To have it measured, all reviews of
# jackets but a few are taken from the training rows, a model learns from the others, those few jackets among them, and
# draws 2,000 more jackets. A logistic regression learns from four sets of rows and is tried on the jackets that were
# taken away.

# %%
COLUMNS = ["product", "age", "helpful", "sentiment", "division"]


def auc_of(train, test):
    """How well a logistic regression of these rows predicts `recommended`."""

    def inputs(rows):
        texts = rows[COLUMNS].assign(age=rows["age"] // 10, helpful=rows["helpful"].clip(upper=5))
        return texts.astype(str)

    model = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=500, C=0.5)
    )
    model.fit(inputs(train), train["recommended"])
    return roc_auc_score(test["recommended"], model.predict_proba(inputs(test))[:, 1])


held_out = keras_gen.data.open_mixed_table(FOLDER, "test", columns=reviews.columns).frame()
everything = pd.concat([real, held_out], ignore_index=True)
of_jackets = everything["department"] == "Jackets"
jackets, others = everything[of_jackets], everything[~of_jackets]
results = []
for few in FEW:
    for seed in SEEDS:
        known = jackets.sample(few, random_state=seed)
        unknown = jackets.drop(known.index)
        rows = pd.concat([others, known])
        table = keras_gen.data.open_mixed_table(rows, kinds={"product": "categorical"})
        model = train_vae(table, seed=seed)
        drawn = model.generate(2_000, conditions={"department": "Jackets"}, seed=seed)
        sets = {
            "the few": known,
            "the few, and generated jackets": pd.concat([known, drawn]),
            "all real reviews": rows,
            "all real reviews, and generated jackets": pd.concat([rows, drawn]),
        }
        results += [(few, name, auc_of(train, unknown)) for name, train in sets.items()]

areas = pd.DataFrame(results, columns=["jackets known", "learnt from", "AUC"])
areas.pivot_table("AUC", "learnt from", "jackets known", ["mean", "min", "max"], sort=False).round(
    3
)

# %% [markdown]
# Beside the few reviews alone, generated ones help much: at 20 the regression guesses without them. But they carry
# nothing that the model had not learnt from all the *other* reviews, and whoever has these can use them at once: learnt
# from all real reviews the regression is better still, and 2,000 generated jackets make that worse, by the model's
# mistakes. So generated rows pay where the real ones may not leave the house, and the classifier is built by someone
# who has only the few. Whoever says that they make data out of nothing should be asked for the third line.
#
# ## Privacy, read honestly

# %%
scores.loc[["nearer to training", "membership auc", "copied"]].round(3)

# %% [markdown]
# - `nearer to training`: how many generated rows are nearer to a row that was learnt from than to one that was held out.
#   One half is what a model comes to that has learnt nobody by heart.
# - `membership auc`: whether the distance to the nearest generated row tells who was in the training; 0.5 is chance.
# - `copied`: rows that are, in all columns, a row of the training. It looks bad, but the table is coarse: a five-star
#   review of a knit top by a woman of 39 was written many times. Of real rows that the model never saw, more are the same
#   as one of the training (`floor`).
#
# These are attacks by distance alone, on average over all rows. They are no proof of anonymity, and a row that is unlike
# all others is in more danger than the mean says. What the model certainly keeps is each column's categories, its least and
# largest number and the numbers that many rows have: a category that one customer alone has is hers. Leave such columns
# out, or merge rare values as was done here with products of fewer than 50 reviews. Differential privacy, which would bound
# what can be learnt of anyone, is not offered.
#
# ## What to try when it fails
#
# - **A column is refused**: free text, or a number that tells rows apart. Leave it out by `columns`, or say what it is by
#   `kinds`.
# - **Pairs do not fit** (`trends` far below its floor): train for longer, widen the networks, or take `tabular_gan`.
# - **A rare value is never drawn**: ask for it by `conditions`. The GAN is trained on rare values more often than they
#   occur.
# - **`copied` is above its floor, or the membership AUC above 0.55**: fewer epochs, narrower networks, more rows.
#
# ## Exercises
#
# 1. Train for 200 epochs. Which scores rise, and does `membership auc`?
# 2. Leave out `product` (`columns`): what becomes of `trends`, and why?
# 3. Take an eighth of the rows. From when on are rows learnt by heart?
# 4. Fill gaps: `vae.generate(given=...)` with `sentiment` left out. How often is it right on held-out rows, and how often is
#    the commonest value?
# 5. The same table by `TabularGAN`: `keras-gen train tabular_gan --dataset clothing_reviews --epochs 100 --output runs/gan`.
