"""A server that speaks OpenAI's protocol, asked for words about a picture."""

from __future__ import annotations

import base64
import json
import random
import time
from typing import Any

import openai
import pydantic

from keras_gen.studio.words import SCHEMA, Words

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 8.0  # seconds, those of OpenAI's client
_MOST_CHARACTERS = 300  # of a server's own words in a sentence


class UnansweredError(Exception):
    """A picture of which no words were got, in a sentence."""


class _BrokenError(Exception):
    """An answer that is none: it is asked for again."""


class Usage(dict):
    """Tokens by name, of all the answers that there were, those that were no words too."""

    def add(self, usage: Any) -> None:
        """Adds what an answer says that it took, if it says anything.

        Args:
            usage: Dict, or None.
        """
        for name in ("prompt_tokens", "completion_tokens"):
            count = usage.get(name) if isinstance(usage, dict) else None
            if isinstance(count, int):
                self[name] = self.get(name, 0) + count


class Asker:
    """Asks for words about pictures, again where it fails: may be called by several threads.

    What the client of OpenAI asks again for is left to it: 408, 409, 429, 5xx, broken connections and
    timeouts, after what `Retry-After` says or twice as long each time, with jitter. Answers that are no
    words, and streams that break off, are asked for again here, out of the same number of attempts.

    Args:
        base_url: String.
        model: String.
        prompt: String.
        key: String, or None.
        attempts: Integer, the most requests for a picture.
        timeout: Number, seconds.
        stream: Boolean.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        prompt: str,
        key: str | None,
        attempts: int,
        timeout: float,
        stream: bool,
    ) -> None:
        self.model = model
        self.prompt = prompt
        self.attempts = attempts
        self.timeout = timeout
        self.stream = stream
        self._key = key
        self._headers = {} if key else {"Authorization": openai.Omit()}
        self._client = openai.OpenAI(api_key=key or "none", base_url=base_url, timeout=timeout)

    def close(self) -> None:
        """Closes connections."""
        self._client.close()

    def ask(self, png: bytes, usage: Usage) -> dict[str, Any]:
        """Gets words about a picture.

        Args:
            png: Bytes of a PNG file.
            usage: `Usage`, to which what was taken is added, whether or not there are words in the end.

        Returns:
            Dict of `title`, `alt_text`, `tags` and `copy`.

        Raises:
            UnansweredError: If there are none.
        """
        left, delay = self.attempts, _FIRST_DELAY
        while True:
            left -= 1
            try:
                answer = self._send(png, left)
                left -= answer.retries_taken
                return _checked(self._text_of(answer, usage))
            except _BrokenError as error:
                if left <= 0:
                    raise UnansweredError(self._sentence(f"{error}")) from None
            except openai.OpenAIError as error:
                raise UnansweredError(self._sentence(self._words_for(error))) from None
            time.sleep(delay * random.uniform(0.75, 1.0))
            delay = min(2 * delay, _LONGEST_DELAY)

    def _send(self, png, retries):
        address = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
        text = {"type": "text", "text": self.prompt}
        content = [text, {"type": "image_url", "image_url": {"url": address}}]
        form = {"name": "words", "strict": True, "schema": SCHEMA}
        options: dict[str, Any] = {}
        if self.stream:
            options = {"stream": True, "stream_options": {"include_usage": True}}
        client = self._client.with_options(max_retries=retries)
        return client.chat.completions.with_raw_response.create(
            model=self.model,
            messages=[{"role": "user", "content": content}],
            response_format={"type": "json_schema", "json_schema": form},
            extra_headers=self._headers,
            **options,
        )

    def _text_of(self, answer, usage):
        try:
            if self.stream:
                return self._streamed(answer.parse(), usage)
            body = json.loads(answer.content)
            usage.add(body.get("usage"))
            return _content(body["choices"][0]["message"])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _BrokenError("The server's answer is no chat completion.") from error

    def _streamed(self, stream, usage):
        until, text = time.monotonic() + self.timeout, ""
        try:
            with stream:
                for chunk in stream:
                    if time.monotonic() > until:
                        raise _BrokenError(
                            f"The answer was not whole after {self.timeout:g} seconds."
                        )
                    if chunk.usage is not None:
                        usage.add(chunk.usage.model_dump())
                    for choice in (chunk.choices or [])[:1]:
                        text += choice.delta.content or ""
        except openai.OpenAIError as error:
            raise _BrokenError(self._words_for(error)) from error
        return text

    def _words_for(self, error):
        if isinstance(error, openai.APIStatusError):
            return f"The server answered {error.status_code}: {error.message}"
        if isinstance(error, openai.APITimeoutError):
            return f"The server did not answer within {self.timeout:g} seconds."
        if isinstance(error, openai.APIConnectionError):
            return "The connection to the server could not be made, or broke off."
        return f"The server failed: {error}"

    def _sentence(self, text):
        """A text in one line, without the key: servers may repeat what they were sent."""
        text = text if not self._key else text.replace(self._key, "***")
        return " ".join(text.split())[:_MOST_CHARACTERS]


def _content(message):
    if message.get("refusal"):
        raise _BrokenError(f"The model refused: {message['refusal']}")
    return message["content"]


def _checked(text):
    """Words of a text that a model wrote."""
    try:
        return Words.model_validate_json(text or "").model_dump(by_alias=True)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise _BrokenError(f"The answer is not of the form that is wanted: {what}") from error
