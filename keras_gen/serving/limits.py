"""How much a request may ask for, and how it is told that it asked for too much."""

import dataclasses

from keras_gen.checks import check_non_negative, check_positive_integer


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one request may ask for, and how many may wait.

    Args:
        images: Integer, the most pictures that are made or sent in one request.
        rows: Integer, the most rows of a table.
        pixels: Integer, the most pixels, of all pictures sent in a request or made by it.
        body_bytes: Integer, the most bytes of a request.
        body_seconds: Number, how long sending a request may take.
        batch: Integer, the most examples of one call of a network.
        queue: Integer, the most requests that wait for a model.
        wait_seconds: Number, how long a request may wait for its turn.

    Raises:
        ValueError: If one is out of range.
    """

    images: int = 64
    rows: int = 10_000
    pixels: int = 2**24
    body_bytes: int = 2**24
    body_seconds: float = 30.0
    batch: int = 64
    queue: int = 256
    wait_seconds: float = 30.0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            check = check_positive_integer if field.type is int else check_non_negative
            check(field.name, getattr(self, field.name))


class RefusedError(Exception):
    """A request that is answered with a status and one sentence.

    Args:
        status: Integer, of HTTP.
        sentence: String, what the matter is.
        **headers: Further headers of the answer, `_` where they have a hyphen.
    """

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def busy(sentence: str) -> RefusedError:
    """The answer to one who may come again.

    Args:
        sentence: String.
    """
    return RefusedError(429, sentence, Retry_After="1")
