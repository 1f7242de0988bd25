import hashlib
import io
import json

import tensorflow_datasets as tfds

from keras_gen.data.builders.archives import manual_archive, read_archive
from keras_gen.modalities.images.decode import read_picture

ARCHIVES = {
    "noto": ("emoji-datasource-google-16.0.0.tgz", "package/img/google/64/"),
    "twemoji": ("emoji-datasource-twitter-16.0.0.tgz", "package/img/twitter/64/"),
}
CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Component",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
)
SKIN_TONES = {
    "1F3FB": "light",
    "1F3FC": "medium-light",
    "1F3FD": "medium",
    "1F3FE": "medium-dark",
    "1F3FF": "dark",
}
# Variation selectors, gender signs, the arrow of "facing right", styles of hair.
_LOOKS = {"FE0E", "FE0F", "2640", "2642", "27A1", "1F9B0", "1F9B1", "1F9B2", "1F9B3"}
# The same figure as a woman, a man or a child has code points of its own: one stands for all.
_PERSON, _CHILD = "1F9D1", "1F9D2"
_SAME_FIGURE = {
    **dict.fromkeys(("1F468", "1F469"), _PERSON),
    **dict.fromkeys(("1F466", "1F467"), _CHILD),
    **dict.fromkeys(("1F474", "1F475"), "1F9D3"),  # older
    **dict.fromkeys(("1F46C", "1F46D"), "1F46B"),  # holding hands
    "1F57A": "1F483",  # dancing
    **dict.fromkeys(("1F478", "1F934"), "1FAC5"),  # crowned
    **dict.fromkeys(("1F930", "1FAC3"), "1FAC4"),  # pregnant
    **dict.fromkeys(("1F936", "1F9D1-1F384"), "1F385"),  # Christmas
    **dict.fromkeys(("1F931", "1F9D1-1F37C"), "1F931"),  # feeding a baby
}
# What stands between two people, and the single emoji of that couple.
_COUPLES = {"1F48B": "1F48F", "2764": "1F491", "1F91D": "1F46B"}
_FAMILY = "1F46A"


def base_key(code):
    """The emoji that a code is a variant of: one key for all its skin tones, genders, sequences.

    Activities of a person stay apart from one another; every couple of a kind is one emoji, as
    is every family; of other joined sequences the first emoji is the base.

    Args:
        code: String, the emoji's code points in hexadecimal joined by `-`.

    Returns:
        String, the base emoji's code points.

    Example:

    >>> base_key("1F469-1F3FD-200D-1F680"), base_key("1F468-200D-1F680")  # two astronauts
    ('1F9D1-1F680', '1F9D1-1F680')
    >>> base_key("1F408-200D-2B1B")  # a black cat
    '1F408'
    """
    parts = ("-".join(_essence(part)) for part in code.upper().split("-200D-"))
    figures = [_SAME_FIGURE.get(part, part) for part in parts if part]
    if not figures:  # A gender sign on its own, or a swatch of a skin tone.
        return "1F3FB" if code.upper() in SKIN_TONES else code.upper().removesuffix("-FE0F")
    first, rest = figures[0], figures[1:]
    if first not in (_PERSON, _CHILD) or not rest:
        return first
    if _PERSON in rest or _CHILD in rest:
        return next((_COUPLES[mark] for mark in _COUPLES if mark in rest), _FAMILY)
    activity = "-".join([first, *rest])
    return _SAME_FIGURE.get(activity, activity)


def _essence(part):
    return [point for point in part.split("-") if point not in _LOOKS and point not in SKIN_TONES]


def is_test(code):
    """Whether an emoji is held out: one base emoji in ten, by a hash of its key."""
    return hashlib.sha256(base_key(code).encode()).digest()[0] % 10 == 0


class Emoji(tfds.core.GeneratorBasedBuilder):
    """3,786 emoji, each drawn twice: by Google (Noto) and by Twitter (Twemoji).

    Features: `noto` and `twemoji`, the two pictures (64 x 64 x 3, uint8, composited on white);
    `name`, a lower-case string; `category`, one of Unicode's ten as a label. About one emoji in ten
    is held out for testing **by emoji**: skin tones, genders and joined sequences of one base emoji
    all fall on the same side.

    The two archives are downloaded by hand from the npm registry into TFDS's manual folder,
    `~/tensorflow_datasets/downloads/manual` by default:

        npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0

    Licences of the artwork: Noto Emoji, Apache 2.0; Twemoji, CC BY 4.0 (credit Twitter when you
    show what a model trained on it draws).

    Reference: emoji-data, https://github.com/iamcal/emoji-data
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "emoji-datasource 16.0.0, split by base emoji."}  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "In TFDS's manual folder run "
        "`npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0`; it leaves "
        "emoji-datasource-google-16.0.0.tgz and emoji-datasource-twitter-16.0.0.tgz there."
    )

    def _info(self):
        picture = {"shape": (64, 64, 3), "encoding_format": "png"}
        return self.dataset_info_from_configs(
            description="Emoji in two styles, 64 x 64: Noto (Google) and Twemoji (Twitter).",
            features=tfds.features.FeaturesDict(
                {
                    "noto": tfds.features.Image(**picture),
                    "twemoji": tfds.features.Image(**picture),
                    "name": tfds.features.Text(),
                    "category": tfds.features.ClassLabel(names=CATEGORIES),
                }
            ),
            supervised_keys=("noto", "category"),
            homepage="https://github.com/iamcal/emoji-data",
            license="Noto Emoji: Apache 2.0. Twemoji: CC BY 4.0.",
        )

    def _split_generators(self, dl_manager):
        archives = {}
        for style, (archive, folder) in ARCHIVES.items():
            path = manual_archive(dl_manager.manual_dir, archive, self.MANUAL_DOWNLOAD_INSTRUCTIONS)
            wanted = (folder, "package/emoji.json")
            archives[style] = read_archive(path, lambda name, w=wanted: name.startswith(w))
        emoji = list(_variants(json.loads(archives["noto"]["package/emoji.json"])))
        return {
            "train": self._generate_examples(emoji, archives, held_out=False),
            "test": self._generate_examples(emoji, archives, held_out=True),
        }

    def _generate_examples(self, emoji, archives, held_out):
        for base, file, name, category in emoji:
            pictures = {
                style: archives[style].get(folder + file) for style, (_, folder) in ARCHIVES.items()
            }
            if is_test(base) == held_out and all(pictures.values()):
                pixels = {s: read_picture(io.BytesIO(png), 3) for s, png in pictures.items()}
                yield file, {**pixels, "name": name, "category": category}


def _variants(entries):
    """Base code, file name, name and category of each emoji and of each of its skin tones."""
    for entry in entries:
        base, name, category = entry["unified"], entry["name"].lower(), entry["category"]
        yield base, entry["image"], name, category
        for tones, variant in entry.get("skin_variations", {}).items():
            spoken = " and ".join(dict.fromkeys(SKIN_TONES[tone] for tone in tones.split("-")))
            yield base, variant["image"], f"{name}, {spoken} skin tone", category
