"""The task of encoding data, and decoding them again."""


class Encodes:
    """What everybody asks of a model that encodes: `encode`, `decode`, `reconstruct`."""
