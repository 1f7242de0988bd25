"""Odd data given to `fit` and `evaluate`: taken for what they mean, or refused in a sentence.

`python -m tests.reliability data [--backend tensorflow|jax|torch] [--count 300] [--seed 0] [--only TEXT]`.
Kinds are drawn of families x oddities of a part (dtype, range, shape, NaN, labels) x containers x where it
is odd: in all of the data, the first batch, or a later one alone. What is taken must train and score as
its clean equivalent does; what is refused must raise a ValueError or TypeError of one line that names what
is wrong, and leave the model as it was. A warning that names it is counted by itself.
"""

import argparse
import collections
import os
import re
import time
import warnings

FAMILIES = ("gan", "vae", "conditional_gan", "cvae", "pix2pix", "table_vae")
GOOD = ("taken", "refused", "warned")
_NAMES = r"(Training |Labels|A batch|`\w+`)"


def run(arguments):
    parser = argparse.ArgumentParser("python -m tests.reliability data", description=__doc__)
    parser.add_argument("--backend", default=os.environ.get("KERAS_BACKEND", "tensorflow"))
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="Only the kinds whose names hold this.")
    options = parser.parse_args(arguments)
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np

    random = np.random.default_rng(options.seed)
    subjects = {family: _Subject(family) for family in FAMILIES}
    kinds = [kind for subject in subjects.values() for kind in subject.kinds()]
    drawn = [kinds[number] for number in random.permutation(len(kinds))]
    if options.only:
        drawn = [kind for kind in drawn if options.only in kind.name]
    drawn = sorted(drawn[: options.count], key=lambda kind: FAMILIES.index(kind.family))
    counts, start = collections.Counter(), time.monotonic()
    for number, kind in enumerate(drawn):
        outcome, said = subjects[kind.family].judge(kind)
        counts[outcome] += 1
        if outcome not in GOOD:
            print(f"{outcome}: {kind.name}: {said[:600]}", flush=True)
        if (number + 1) % 50 == 0:
            print(f"{number + 1} of {len(drawn)}", flush=True)
    wrong = sum(count for outcome, count in counts.items() if outcome not in GOOD)
    print(f"{len(drawn)} of {len(kinds)} kinds in {time.monotonic() - start:.0f} s: {dict(counts)}")
    return min(1, wrong)


Kind = collections.namedtuple("Kind", ["name", "family", "make", "means"])


class _Subject:
    """A tiny model that is given odd data, again and again from the same state.

    Args:
        family: String.
    """

    def __init__(self, family):
        import keras
        import numpy as np

        from tests import cases
        from tests.reliability import _oddities

        self.odd, self.keras, self.np = _oddities, keras, np
        self.family = family
        keras.utils.set_random_seed(0)
        case = cases.CASES[family]
        self.model = cases.compiled(case)
        data = case.data(_oddities.SIZE * _oddities.BLOCKS)
        parts = data if isinstance(data, dict) else {next(iter(self.model.takes)): data}
        self.names = list(parts)
        self.blocks = [
            tuple(part[4 * k : 4 * k + 4] for part in parts.values())
            for k in range(_oddities.BLOCKS)
        ]
        self.variables = [*self.model.variables, *self.model.optimizer.variables]
        self.begin = [np.array(value) for value in self.state()]
        self.references = {}

    def kinds(self):
        """Every kind of odd data for this family."""
        odd = self.odd
        lists = {"images": odd.IMAGES, "tables": odd.ROWS, "labels": odd.LABELS}
        for number, (part, spec) in enumerate(self.model.takes.items()):
            for oddity in lists[spec.kind]:
                for place, odd_blocks in odd.PLACES.items():
                    for name, container in odd.CONTAINERS.items():
                        blocks = self._changed(number, oddity.change, odd_blocks)
                        try:
                            if container(blocks, self.names) is None:
                                continue
                        except (TypeError, ValueError):
                            continue  # NumPy itself can't hold these beside each other.
                        means = oddity.means and self._changed(number, oddity.means, odd_blocks)
                        yield Kind(
                            f"{self.family}, {part}: {oddity.name}, {place}, {name}",
                            self.family,
                            lambda c=container, b=blocks: c(b, self.names),
                            means,
                        )
        for structure, taken in odd.STRUCTURES.items():
            if structure(self.blocks, self.names) is not None:
                yield Kind(
                    f"{self.family}: {structure.__name__}",
                    self.family,
                    lambda s=structure: s(self.blocks, self.names),
                    self.blocks if taken else None,
                )

    def judge(self, kind):
        """The outcome of one kind, one of `GOOD` or what is wrong, and what was said."""
        outcomes = []
        for method in ("evaluate", "fit"):
            self.restore()
            outcome, said = self._call(method, kind)
            if outcome not in GOOD:
                return f"{outcome} in {method}", said
            outcomes.append(outcome)
        if "refused" in outcomes and "taken" in outcomes:
            return "refused by one of evaluate and fit", said
        return outcomes[1], said

    def state(self):
        """Values of all variables of the model and its optimizer."""
        return [self.keras.ops.convert_to_numpy(variable) for variable in self.variables]

    def restore(self):
        """Puts the model back to its beginning."""
        for variable, value in zip(self.variables, self.begin, strict=True):
            variable.assign(value)

    def _has_changed(self, method):
        """Whether the model is another than at its beginning; an evaluation may draw latents."""
        triples = zip(self.variables, self.state(), self.begin, strict=True)
        return any(
            not self.np.array_equal(now, begun)
            for variable, now, begun in triples
            if method == "fit" or "seed" not in variable.path
        )

    def _changed(self, part, change, places):
        return [
            tuple(change(a) if number == part and k in places else a for number, a in enumerate(b))
            for k, b in enumerate(self.blocks)
        ]

    def _call(self, method, kind):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = self._run(method, kind.make())
            except (ValueError, TypeError) as error:
                said = str(error)
                if not _is_sentence(said):
                    return "no sentence", f"{type(error).__name__}: {said}"
                if self._has_changed(method):
                    return "refused, but the model changed", said
                return "refused", said
            except Exception as error:
                return "no sentence", f"{type(error).__name__}: {error}"
        if kind.means is None:
            words = [str(w.message) for w in caught if re.search(_NAMES, str(w.message))]
            return ("warned", words[0]) if words else ("wrong in silence", "")
        wanted = self._reference(method, kind.means)
        if not self._same(result, wanted, 1e-5):
            return "wrong in silence", f"other results than the clean equivalent: {result[:1]}"
        return "taken", ""

    def _run(self, method, given):
        """Runs a method, and gives its results: scores, or of `fit` the model's state."""
        from keras_gen.modalities import is_stream

        options = {"verbose": 0}
        *given, last = given
        if isinstance(last, dict) and "steps" in last:
            options["steps" if method == "evaluate" else "steps_per_epoch"] = last["steps"]
        else:
            given.append(last)
        if not is_stream(given[0]):
            options["batch_size"] = self.odd.SIZE
        if method == "evaluate":
            scores = self.model.evaluate(*given, return_dict=True, **options)
            return [self.np.float64(scores[name]) for name in sorted(scores)]
        self.model.fit(*given, shuffle=False, **options)
        return self.state()

    def _reference(self, method, means):
        """What the clean equivalent gives."""
        blocks = [
            tuple(
                self.np.ascontiguousarray(part).astype(
                    "int32" if self.model.takes[name].kind == "labels" else "float32"
                )
                for name, part in zip(self.names, block, strict=True)
            )
            for block in means
        ]
        key = method, b"".join(part.tobytes() for block in blocks for part in block)
        if key not in self.references:
            self.restore()
            given = self.odd.dicts(blocks, self.names)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.references[key] = self._run(method, given)
        return self.references[key]

    def _same(self, one, other, tolerance):
        return len(one) == len(other) and all(
            self.np.allclose(a, b, rtol=tolerance, atol=tolerance)
            for a, b in zip(one, other, strict=True)
        )


def _is_sentence(said):
    return "\n" not in said and len(said) < 800 and bool(re.search(_NAMES, said))
