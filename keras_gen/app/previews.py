"""The pictures of a training's course."""

import numpy as np


def drawer(recipe, examples):
    """What draws a model's samples.

    Args:
        recipe: `Recipe`.
        examples: What its `preview` returned.

    Returns:
        Function from the model to a pair: images `(n, height, width, channels)` in [-1, 1], and how many
        stand in a row.
    """

    def draw(model):
        if hasattr(model, "preview"):
            return model.preview(examples, seed=recipe.seed)
        if examples is None:
            classes = getattr(model, "num_classes", None)
            if classes is not None:
                return model.generate(10, per_class=True, seed=recipe.seed), 10
            return model.generate(64, seed=recipe.seed), 8
        first, second = examples
        translated = model.translate(first)
        if hasattr(model, "cycle"):
            back = model.translate(second, direction="ba")
            return _side_by_side(first, translated, second, back), 8
        return _side_by_side(first, translated, second), 6

    return draw


def _side_by_side(*batches):
    """Interleaves batches of images, grey ones made RGB."""
    batches = [batch.repeat(3, axis=-1) if batch.shape[-1] == 1 else batch for batch in batches]
    return np.stack(batches, axis=1).reshape(-1, *batches[0].shape[1:])
