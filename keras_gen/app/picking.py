"""Candidates that the command line is told to have judged."""

from keras_gen.app.start import start
from keras_gen.presets import kept_with
from keras_gen.presets.files import describe_file
from keras_gen.presets.finding import find_weights, model_name
from keras_gen.studio.picks import CANDIDATES, Picks, check_free


def candidates_of(path, output, n, seed, trust=False):
    """Makes candidates in a folder, or finds those that were made there before.

    Args:
        path: String, a preset, a model file or its folder.
        output: `pathlib.Path` of the candidates' folder.
        n: As in `keras_gen.studio.make_candidates`, and so is `seed`.
        seed: As in `make_candidates`.
        trust: As in `keras_gen.app.opening.load`.

    Returns:
        `Picks`.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If something else is in the folder.
    """
    name, weights = model_name(path), describe_file(find_weights(path))["sha256"]
    if (output / CANDIDATES).exists():
        picks = Picks(output)
        first = next(iter(picks.candidates.values()))
        found = [first.get(key) for key in ("weights_sha256", "seed")]
        if [*found, len(picks.candidates)] != [weights, seed, n]:
            raise ValueError(
                f"`output` must be a new folder, or one of the same candidates. Received: {output}, "
                f"{len(picks.candidates)} of {first.get('model')} with seed {first.get('seed')}"
            )
        return picks
    check_free(output)
    start()
    from keras_gen import studio, tasks
    from keras_gen.app.opening import load

    model = load(path, tasks.Generates, trust)
    return studio.make_candidates(model, output, n, seed, name, weights)


def default_features(path):
    """What a preference is learnt from: the classifier of the model's data set, or pixels.

    Args:
        path: As in `candidates_of`.
    """
    start()
    from keras_gen.metrics.feature_extractor import dataset_classifier

    kept = kept_with(path)
    dataset = (kept["metadata"].get("evaluation") or kept["settings"]).get("dataset")
    return (dataset and dataset_classifier(dataset)) or "pixels"
