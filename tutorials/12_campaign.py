# %% [markdown]
# # From idea to campaign: synthetic product pictures of garments
#
# **You will learn** to go from an idea to a folder of approved pictures and words: candidates that can be made again,
# a person's picks, more like those picked, a filter that learns what is picked, a language model that writes title,
# alt text, tags and copy, a second person who reviews them, and what each step leaves on the disk. At the end the same
# is one file and one command.
#
# **Time** about a minute of one CPU core. No GPU is needed, and nothing is downloaded. It needs further packages:
# `pip install -e ".[tutorials,studio]"`.
#
# Three parts are played here that belong to others, so that the notebook runs to its end by itself: two people are
# stood in for by plain rules, and a language model, where you name none, by a few lines. Each is said to be a stand-in
# where it begins.

# %%
import base64
import http.server
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

import keras_gen
from keras_gen import pictures
from keras_gen.studio import Campaign, Picks, Reviews, describe, make_candidates

# %% short={"SKETCHES": 48, "JUDGED": 40}
SKETCHES = 160
JUDGED = 80

# %% [markdown]
# ## The idea, and candidates
#
# A small autumn collection: pullovers, coats, bags and ankle boots, all of them plain. The zoo's conditional GAN of
# Fashion-MNIST knows these classes by name. Candidates take turns among them:

# %%
MODEL = "cgan_fashion_mnist"
IDEA = ["Pullover", "Coat", "Bag", "Ankle boot"]
sketches = make_candidates(MODEL, "sketches", n=SKETCHES, seed=1, labels=IDEA)


def read(png):
    """A picture `(height, width, 1)` in [-1, 1], of a PNG file's path or bytes."""
    with Image.open(io.BytesIO(png) if isinstance(png, bytes) else png) as picture:
        return np.asarray(picture.convert("L"), "float32")[..., None] / 127.5 - 1


def show(picks, files, columns):
    images = np.stack([read(picks.folder / file) for file in files])
    grid = pictures.image_grid(images, columns)
    return Image.fromarray(pictures.enlarge(grid, 3 * len(grid)).squeeze())


show(sketches, list(sketches.candidates)[:40], 8)

# %% [markdown]
# Each is a PNG file, and a line of `candidates.jsonl` that makes it again: the model and the hash of its weights, the
# seed, the class, the latents.

# %%
line = dict(sketches.candidates["001.png"])
latents = line.pop("latents")
print(line)

gan = keras_gen.from_preset(MODEL)
again = gan.generate(latents=[latents], labels=[line["class"]])[0]
print(f"made again: {np.abs(again - read('sketches/001.png')).max():.4f} off, a grey level is {2 / 255:.4f}")
assert np.abs(again - read("sketches/001.png")).max() < 3 / 255

# %% [markdown]
# ## A person picks
#
# Whether a garment fits the idea is somebody's to say. This makes the same candidates, or finds those above, and shows
# them on a page of this machine until it is stopped; `y` and `n` are enough to go through them:
#
# ```bash
# keras-gen pick cgan_fashion_mnist --labels "Pullover,Coat,Bag,Ankle boot" --n 160 --seed 1 \
#     --output sketches --reviewer ann  # http://127.0.0.1:8000/
# ```
#
# A notebook can't wait for Ann. So here the page is only opened, asked what it would show, and closed:


# %%
def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def command(*arguments):
    """A command that runs beside the notebook, and whose words can be read line by line."""
    whole = [sys.executable, "-u", "-m", "keras_gen", *map(str, arguments)]
    return subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def get(address):
    """What a page answers, as soon as it is there."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:
                return json.load(answer)
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(address)


port = free_port()
options = {"labels": ",".join(IDEA), "n": SKETCHES, "seed": 1, "output": "sketches"}
named = [word for name, value in options.items() for word in (f"--{name}", value)]
page = command("pick", MODEL, *named, "--reviewer", "ann", "--port", port)
state = get(f"http://127.0.0.1:{port}/state")
print(len(state["pending"]), "wait for a verdict, the first is", state["pending"][0])
page.terminate()
_ = page.communicate()

# %% [markdown]
# **In Ann's stead** a rule gives the verdicts, through the same journal that the page writes to. It is no taste: a
# garment is plain, and wanted, if the grey of its pixels varies by no more than 0.18 (a standard deviation, where black
# is 0 and white is 1). Verdicts of yours, given on the page, would take their place.


# %%
def is_plain(png):
    grey = (read(png) + 1) / 2
    return grey[grey > 0.1].std() <= 0.18


def judge_for_ann(picks, files):
    for file in files:
        picks.judge(file, "yes" if is_plain(picks.folder / file) else "no", "ann")


judge_for_ann(sketches, sketches.pending("ann")[:JUDGED])
print(*pathlib.Path("sketches/verdicts.jsonl").read_text().splitlines()[:2], sep="\n")
print(f"{len(sketches.picked())} of {JUDGED} are picked")
show(sketches, sketches.picked()[:24], 8)

# %% [markdown]
# A verdict is on the disk before the page shows the next picture, and to undo is a line, too: nothing is ever deleted.
# Where two seem equal, the page lays them beside each other, and `sketches.elo()` has the ratings.
#
# ## A filter that learns from the picks
#
# A logistic regression learns the verdicts, from the pixels or from what a classifier sees. It is worth as much as it
# tells right of verdicts that it has not seen, and only beside what saying always the same tells right:

# %%
preferences = {name: sketches.preference(name) for name in ("pixels", "classifier_fashion_mnist")}
for name, preference in preferences.items():
    print(f"{name}: {preference}")

# %% [markdown]
# It does not decide. It puts those first that are most likely to be wanted, so that Ann comes to them sooner; on the page
# by `--order preference`. Above the first eight of those left, below the last eight:

# %%
left = sketches.pending("ann", preferences["pixels"])
show(sketches, [*left[:8], *left[-8:]], 8)

# %% [markdown]
# The rule goes through all that are left, so that the order can be judged by more than its look:

# %%
judge_for_ann(sketches, left)
picked = set(sketches.picked())
for name, preference in preferences.items():
    order = sorted(left, key=lambda file: -preference.scores[file])
    halves = np.array_split([file in picked for file in order], 2)
    first, last = (f"{half.mean():.0%}" for half in halves)
    print(f"{name}: wanted are {first} of the first half, {last} of the last")

# %% [markdown]
# So it sorts a little. Mostly it has learnt that boxy bags are plain, and boots and handles are not. With so few pictures
# either line may be lucky, and a person's taste may be easier to learn than this rule, or harder: look at the held-out
# share before you rely on the order.
#
# ## More like those picked
#
# Of each kind the one that the filter likes best, and seven near it: latents at a distance of `amount`, 0 the picture
# itself, 1 any other. Each row begins with the one that was picked.

# %%
wanted = sorted(picked, key=lambda file: -preferences["pixels"].scores[file])
best = [next(f for f in wanted if sketches.candidates[f]["class"] == kind) for kind in IDEA]
rows = []
for seed, file in enumerate(best):
    latent = np.float32(sketches.candidates[file]["latents"])
    rows += [latent[None], gan.prior.near(latent, amount=0.5, n=7, seed=seed)]

collection = make_candidates(
    MODEL, "collection", latents=np.concatenate(rows), labels=np.repeat(IDEA, 8)
)
show(collection, collection.candidates, 8)

# %%
judge_for_ann(collection, collection.pending("ann"))
print(f"{len(collection.picked())} of {len(collection.candidates)} are picked")

# %% [markdown]
# Of the sketches one half was picked; near the best of them nearly all are.
#
# ## Words from a language model
#
# `keras-gen describe` sends each picked picture to any server that speaks OpenAI's protocol, takes pictures and keeps to
# a JSON schema. Name yours before you run this, and your key, if it wants one, in `OPENAI_API_KEY`:
#
# ```bash
# export OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_MODEL=some-model
# ```
#
# Where they are not named, as in this run, **a stand-in** answers. It is no language model: it asks the zoo's classifier
# which of ten garments a picture looks like, and puts the answer into ready sentences. The tokens that it says it took are
# made up. So it shows the way, and not what a language model would write.

# %%
classifier = keras_gen.from_preset("classifier_fashion_mnist")


class StandIn(http.server.BaseHTTPRequestHandler):
    asked = []  # The pictures, in order.

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text, picture = body["messages"][0]["content"]
        png = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
        self.asked.append(png)
        kind = gan.class_names[int(np.argmax(classifier(read(png)[None])))]
        plain = "Plain" if is_plain(png) else "Patterned"
        words = {
            "title": f"{plain} {kind.lower()}",
            "alt_text": f"A {plain.lower()} {kind.lower()} on black, in coarse grey pixels.",
            "tags": [kind.lower(), plain.lower(), "autumn"],
            "copy": f"{plain}, and nothing to add: the {kind.lower()} of our autumn.",
        }
        time.sleep(0.3)  # Real ones take longer.
        usage = {"prompt_tokens": len(text["text"].split()), "completion_tokens": 30}
        message = {"role": "assistant", "content": json.dumps(words)}
        sent = json.dumps({"choices": [{"message": message}], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *arguments):
        pass


base_url, language_model = (os.environ.get(f"OPENAI_{name}") for name in ("BASE_URL", "MODEL"))
if not (base_url and language_model):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url, language_model = f"http://127.0.0.1:{server.server_port}/v1", "stand-in"
print(f"{language_model} writes")

# %% [markdown]
# What it is asked is a text of yours. The form of the answer is not: `title`, `alt_text`, `tags` and `copy` go along as a
# JSON schema, and an answer of another form is asked for again.

# %%
BRIEF = """\
You write for the shop of a small autumn collection: plain pullovers, coats, bags and ankle boots.
The picture is a coarse grey sketch, made by a generative model. Write of the garment in it:
- title: two to four words that name the kind of garment.
- alt_text: one sentence for somebody who can't see it.
- tags: three to six single words.
- copy: one or two sentences, warm and short. Promise no material, colour or price: none can be seen.
"""
_ = pathlib.Path("brief.md").write_text(BRIEF)

# %% [markdown]
# ### Killed, and gone on with
#
# Begin with the command, and kill it after four answers, as a computer that goes down would:

# %%
words = ["--base-url", base_url, "--model", language_model, "--prompt", "brief.md"]
killed = command("describe", "collection", *words, "--workers", 1)
for number in range(4):
    print(killed.stdout.readline().strip())
killed.kill()
_ = killed.communicate()

# %% [markdown]
# The answers are lines of `descriptions.jsonl`. Run again, in Python this time, it keeps them. With what a million tokens
# cost, in and out, it says what the run came to; these prices are made up.

# %%
asked = {"prompt": BRIEF, "price_in": 0.5, "price_out": 2.0}
summary = describe("collection", base_url, language_model, **asked)
print(summary)
summary_again = describe("collection", base_url, language_model, **asked)
print(summary_again)
assert summary["kept"] >= 4 and summary_again["kept"] == summary["described"]

# %% [markdown]
# `kept` are those of the run before, and the second time it is all of them, for no tokens. Only a request that was under
# way when the process died can be sent twice. An answer holds for a picture, a prompt and a model: change the brief, and
# all are asked anew. Beside the lines there are now `descriptions.csv`, for a spreadsheet, and `contact_sheet.html`, for
# a browser:

# %%
table = pd.read_csv("collection/descriptions.csv")
table.groupby("label", sort=False).head(1)[["file", "title", "tags", "copy"]]

# %% [markdown]
# ## A second person reviews
#
# Whoever picked is in love with the picture, and a language model may write of what is not there. So somebody else reads
# picture and words together, on a page that approves, edits and rejects.
#
# **In Bob's stead** there is a rule again: he rejects words that do not name the garment that was asked for, and adds to
# all others a sentence that says what the picture is.

# %%
DISCLOSURE = "Picture made by a generative model."


def review_for_bob(reviews, answers):
    for file, answer in answers.items():
        kind = reviews.picks.candidates[file]["class"].lower()
        if kind in json.dumps(answer).lower():
            edited = answer | {"copy": f"{answer['copy']} {DISCLOSURE}"}
            reviews.decide(file, "approve", answer, "bob", edited)
        else:
            reviews.decide(file, "reject", answer, "bob")


lines = pathlib.Path("collection/descriptions.jsonl").read_text().splitlines()
answers = {line["file"]: line["answer"] for line in map(json.loads, lines) if line["answer"]}
reviews = Reviews(collection)
review_for_bob(reviews, answers)
count = reviews.export("approved", creator="ann", reviewer="bob")
print(f"{count} of {len(answers)} are approved")
print(*sorted(path.name for path in pathlib.Path("approved").iterdir())[-4:])

# %% [markdown]
# Pictures near well-made ones are all taken for what they are. In the campaign below some will not be.
#
# `approved/` holds the pictures, and words, makers and times as `approved.jsonl` and `approved.csv`. It is whole or not
# there, and takes none that only one of the two wanted.

# %%
first = json.loads(pathlib.Path("approved/approved.jsonl").read_text().splitlines()[0])
print(json.dumps(first, indent=1))


# %%
def sheet(folder, columns=4, most=8):
    """A contact sheet of approved pictures and words, of each kind the first ones."""
    rows = pd.read_json(folder / "approved.jsonl", lines=True)
    rows = rows.groupby("class", sort=False).head(most // len(IDEA))
    height = -(-len(rows) // columns)
    _, axes = plt.subplots(height, columns, figsize=(10, 3.4 * height), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, row in zip(axes.flat, rows.itertuples(), strict=False):
        axis.imshow(read(folder / row.file)[..., 0], "gray", vmin=-1, vmax=1)
        axis.set_title(row.words["title"], fontsize=11)
        copy = textwrap.fill(row.words["copy"], 34)
        axis.text(0, -0.04, copy, transform=axis.transAxes, va="top", fontsize=8)
    plt.show()


sheet(pathlib.Path("approved"))

# %% [markdown]
# ## The same as one file
#
# All of it, but for the round of pictures near others, is one file for one command, `keras-gen studio campaign.toml`:

# %%
ports = free_port(), free_port()
pathlib.Path("campaign.toml").write_text(f"""\
[generate]
model = "{MODEL}"
labels = "{','.join(IDEA)}"
n = 40
seed = 7

[pick]
creator = "ann"
target = 8
port = {ports[0]}

[describe]
base_url = "{base_url}"
model = "{language_model}"
prompt = "brief.md"

[review]
reviewer = "bob"
port = {ports[1]}
""")
print(pathlib.Path("campaign.toml").read_text())

# %% [markdown]
# It makes candidates, waits on Ann's page for eight picks, has them described, waits on Bob's page, and writes
# `campaign/approved/`. Here both rules stand by: they write to the journals, and ask the page how it stands, as a browser
# would. After three of Ann's verdicts the command is killed.


# %%
def ann(picks, address, verdicts):
    """Judges until it is enough, or so many times; gives how often."""
    for number, file in enumerate(picks.pending("ann")):
        if number == verdicts or len(picks.picked("ann")) == 8:
            break
        judge_for_ann(picks, [file])
    get(f"{address}state")


def bob(picks, address):
    found = get(f"{address}items")["items"]
    review_for_bob(Reviews(picks), {item["file"]: item["words"] for item in found})
    get(f"{address}state")


def run_campaign(verdicts=None):
    """Runs the command, and does what it waits for; with `verdicts` it is killed after so many."""
    studio = command("studio", "campaign.toml")
    for said in studio.stdout:
        print(said.strip())
        address = said.split()[-1]
        if said.startswith("ann picks"):
            ann(Picks("campaign/picks"), address, verdicts)
            if verdicts is not None:
                studio.kill()
        elif said.startswith("bob reviews"):
            bob(Picks("campaign/picks"), address)
    return studio.wait()


run_campaign(verdicts=3)
campaign = Campaign("campaign.toml")
print(campaign.status())

# %% [markdown]
# The same command again goes on: the three verdicts stand, the candidates are not made anew.

# %%
code = run_campaign()
print(campaign.status())
assert code == 0 and campaign.status()["stage"] == "done"

# %%
sheet(pathlib.Path("campaign/approved"))

# %% [markdown]
# Where the classifier saw a shirt, and a coat or a pullover was asked for, Bob has rejected picture and words. That the last
# of these bags is "plain" is Ann's rule, which a person would overrule.
#
# Who did what when is in a database beside the journals, SQLite here, PostgreSQL for several campaigns:

# %%
history = pd.DataFrame(campaign.history())[["stage", "file", "role", "person", "what"]]
history.groupby(["stage", "role", "person", "what"], sort=False).size().rename("times").reset_index()

# %% [markdown]
# ## What this is not
#
# - **Garments of 28 x 28 grey pixels sell nothing.** Fashion-MNIST's pictures are negatives, too: what looks pale here was
#   dark. A real campaign needs a generator of photographs at the size of a shop's page, trained or fine-tuned on pictures
#   whose rights you hold; `keras-gen pick` and `studio` take any model of this package that makes pictures, by its file.
# - **Nobody has sewn these garments.** A synthetic picture may stand for an idea, a mood, a design to be made. It must not
#   stand for a product that is sold, which looks otherwise. Say that it is synthetic, as Bob's sentence does; laws may
#   demand it.
# - **Rules are not people.** Both rules here never tire and never change their mind. Measure a filter anew on a person's
#   verdicts, and have more than one person pick.
# - **A language model makes things up**, of pictures as coarse as these certainly. The schema keeps the form, not the
#   truth: that is what the second person is for.
# - **Cost**: a picture is many tokens with most models, and prices change. Try ten pictures first, and read `usage`.
#
# ## What to try when it fails
#
# - **`output` must be a new folder, or one of the same candidates**: another seed, number, model or classes than the
#   folder has. Take another folder.
# - **A preference needs 10 verdicts of each kind**: go on judging, or be stricter.
# - **Near ones all look alike, or nothing like it**: raise `amount`, or lower it.
# - **Pictures fail with "is not of the form"**: the model is too small for the schema, or its server ignores
#   `response_format`. Raise `attempts`, or take another.
# - **429, or no answer in time**: they are asked again by themselves; lower `workers`, raise `timeout`. What failed is
#   sent again when it is run again.
#
# ## Exercises
#
# 1. Judge the 160 candidates yourself by `keras-gen pick`. How many of your verdicts are told right when held out? Judge
#    them again a day later: how often do you agree with yourself?
# 2. Begin from the seven pictures near a pick, pick again, and go on for three rounds. Does the collection become one?
# 3. Let two people judge and draw the line at both (`picks.verdicts()`). How many picks are left?
# 4. Point `OPENAI_BASE_URL` at a model that sees. How many of its titles name the garment that was asked for?
# 5. Change one word of the brief, and run `keras-gen studio campaign.toml` again. What is asked anew, and by whom?
