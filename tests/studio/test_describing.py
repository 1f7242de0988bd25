"""Words for pictures: nothing is lost, nothing is sent twice, whatever the server and the process do."""

import collections
import csv
import html.parser
import json
import os
import signal
import subprocess
import sys

import openai._base_client
import pytest

from keras_gen.lock import locked
from keras_gen.studio import asking, describe
from keras_gen.studio.describing import PROMPT
from tests.studio.conftest import WORDS, candidates_in, lines_of

pytestmark = pytest.mark.one_backend
KEY = "sk-a-secret-of-somebody"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(openai._base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr(asking, "_FIRST_DELAY", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def picked(picks):
    """A folder of four pictures, of which three are picked."""
    for file in ("000.png", "001.png", "003.png"):
        picks.judge(file, "yes", "ann")
    return picks.folder


def descriptions(folder):
    return lines_of(folder / "descriptions.jsonl")


def sent(server):
    """How often each picture was sent."""
    return collections.Counter(picture for picture, *_ in server.seen)


@pytest.mark.parametrize("stream", [False, True])
def test_each_picked_picture_is_described_once(picked, server, stream):
    summary = describe(
        picked, server.url, "some-model", stream=stream, price_in=2.0, price_out=10.0
    )
    assert summary == {
        "described": 3,
        "kept": 0,
        "failed": 0,
        "prompt_tokens": 300,
        "completion_tokens": 30,
        "cost": pytest.approx(3 * (100 * 2.0 + 10 * 10.0) / 1e6),
    }
    lines = descriptions(picked)
    assert sorted(line["file"] for line in lines) == ["000.png", "001.png", "003.png"]
    assert {line["picture_sha256"] for line in lines} == {*sent(server)}
    for line in lines:
        assert line["answer"] == WORDS and line["failed"] is None
        assert line["usage"] == {"prompt_tokens": 100, "completion_tokens": 10}
        assert line["cost"] == pytest.approx(0.0003) and len(line["prompt_sha256"]) == 64
    for _, body, headers, _ in server.seen:
        assert body["model"] == "some-model" and body.get("stream", False) == stream
        form = body["response_format"]
        assert form["type"] == "json_schema" and form["json_schema"]["schema"] == asking.SCHEMA
        assert body["messages"][0]["content"][0]["text"] == PROMPT
        assert "content-type" in headers and "authorization" not in headers


def test_the_schema_is_what_is_checked():
    words = {field.alias or name for name, field in asking.Words.model_fields.items()}
    assert words == {*asking.SCHEMA["properties"]} == {*asking.SCHEMA["required"]} == {*WORDS}


def test_what_is_answered_is_not_sent_again_but_for_another_prompt_or_model(picked, server):
    describe(picked, server.url, "a")
    assert describe(picked, server.url, "a")["kept"] == 3
    assert len(server.seen) == 3
    describe(picked, server.url, "b")
    describe(picked, server.url, "a", prompt="Otherwise.")
    assert len(server.seen) == 9 and {*sent(server).values()} == {3}
    assert describe(picked, server.url, "b")["kept"] == 3


def test_one_picture_under_two_names_is_sent_once(picks, server):
    (picks.folder / "001.png").write_bytes((picks.folder / "000.png").read_bytes())
    for file in ("000.png", "001.png"):
        picks.judge(file, "yes", "ann")
    assert describe(picks.folder, server.url, "a")["described"] == 2
    assert len(server.seen) == 1


MANNERS = [
    "busy",
    "failing",
    "broken",
    "other_fields",
    "no_completion",
    "dropped",
    "dropped_midway",
]


@pytest.mark.parametrize("stream", [False, True])
def test_what_fails_is_asked_for_again(picked, server, stream):
    server.plan = [*MANNERS, "slow"]
    summary = describe(picked, server.url, "a", stream=stream, workers=1, attempts=9, timeout=1.5)
    assert (summary["described"], summary["failed"]) == (3, 0)
    assert len(server.seen) == len(MANNERS) + 1 + 3
    assert len(server.answered) == len({*server.answered}) == 3
    # `Retry-After` said one second.
    assert server.seen[1][3] - server.seen[0][3] >= 1.0
    # What broken answers took is counted, too.
    assert summary["prompt_tokens"] >= 500 - 100 * stream


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("manners", [["failing"], ["broken"], ["failing", "broken"]])
def test_attempts_are_bounded_and_the_line_goes_on(picked, server, manners, stream):
    server.plan = (manners * 4)[:4]
    said = []
    summary = describe(
        picked, server.url, "a", workers=1, attempts=4, stream=stream, say=said.append
    )
    assert (summary["described"], summary["failed"]) == (2, 1)
    assert sorted(sent(server).values()) == [1, 1, 4]
    first = descriptions(picked)[0]
    expected = "The server answered 500" if manners[-1] == "failing" else "The answer is not of the"
    assert first["answer"] is None and first["failed"].startswith(expected)
    assert "1/3 000.png: " + first["failed"] in said
    assert "Not described: The" in (picked / "contact_sheet.html").read_text()
    # What failed is sent again, and nothing else.
    assert describe(picked, server.url, "a")["failed"] == 0
    assert sorted(sent(server).values()) == [1, 1, 5]
    assert "Not described" not in (picked / "contact_sheet.html").read_text()


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ("slow", "did not answer within 0.2 seconds"),
        ("dropped", "broke off"),
        ("no_completion", "no chat completion"),
        ("other_fields", "alt_text: Field required"),
    ],
)
def test_a_failure_is_a_sentence(picked, server, manner, words):
    server.plan = [manner]
    describe(picked, server.url, "a", workers=1, attempts=1, timeout=0.2)
    assert words in descriptions(picked)[0]["failed"]


def test_a_server_that_is_not_there_fails_each(picked, server):
    url = server.url
    server.server_close()
    assert describe(picked, url, "a", attempts=2)["failed"] == 3


def test_the_key_is_sent_and_written_nowhere(picked, server, monkeypatch, capsys, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
    server.plan = ["refusing"]
    caplog.set_level("DEBUG")
    said = []
    describe(picked, server.url, "a", workers=1, say=said.append)
    assert {headers["authorization"] for _, _, headers, _ in server.seen} == {f"Bearer {KEY}"}
    assert len(server.seen) == 3  # who is refused is not asked again
    assert descriptions(picked)[0]["failed"].endswith("Wrong key: Bearer ***")
    written = [path.read_bytes() for path in picked.iterdir()]
    assert not any(KEY.encode() in data for data in written)
    assert KEY not in caplog.text + "".join(capsys.readouterr()) + "".join(said)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ü")
    with pytest.raises(ValueError, match="ASCII") as error:
        describe(picked, server.url, "a")
    assert "sk-" not in str(error.value)


# What is written for people


class _Images(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.images, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))


def test_the_sheet_and_the_table_hold_the_words_and_no_markup_of_the_model(picked, server):
    nasty = '<script>alert("1")</script> & "\'>'
    server.words = {"title": nasty, "alt_text": nasty, "tags": [nasty, "b"], "copy": nasty}
    describe(picked, server.url, "a")
    text = (picked / "contact_sheet.html").read_text()
    page = _Images()
    page.feed(text)
    assert "script" not in page.tags
    assert page.images == [
        {"src": file, "alt": nasty} for file in ("000.png", "001.png", "003.png")
    ]
    with open(picked / "descriptions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["000.png", "001.png", "003.png"]
    assert rows[0]["title"] == rows[0]["copy"] == nasty and rows[0]["tags"] == nasty + ", b"
    assert rows[0]["prompt_tokens"] == "100" and rows[0]["seed"] == "0"


# A process that is killed


def command(folder, url, *arguments):
    return [
        *(sys.executable, "-m", "keras_gen", "describe", folder),
        *("--base-url", url, "--model", "a", "--workers", "1", *arguments),
    ]


def test_a_process_that_is_killed_is_gone_on_with(tmp_path, server):
    picks = candidates_in(tmp_path / "picks", 6)
    for file in picks.candidates:
        picks.judge(file, "yes", "ann")
    for before in (0, 2, 1):
        # Killed while it waits, after so many answers; the last time its last line is torn, too.
        server.plan = ["good"] * before + ["held"]
        server.held.clear()
        with subprocess.Popen(command(picks.folder, server.url), stdout=subprocess.PIPE) as process:
            assert server.held.wait(300)
            os.kill(process.pid, signal.SIGKILL)
    file = picks.folder / "descriptions.jsonl"
    lost = json.loads(file.read_text().splitlines()[-1])["picture_sha256"]
    file.write_bytes(file.read_bytes()[:-40])
    result = subprocess.run(command(picks.folder, server.url), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Note: Line 3 of descriptions.jsonl is broken" in result.stderr
    assert "Described 6, 2 of them before, 0 failed." in result.stdout
    # Nothing was answered twice but what was never written.
    answered = collections.Counter(server.answered)
    assert answered.pop(lost) == 2 and {*answered.values()} == {1} and len(answered) == 5
    lines = [line for line in file.read_text().splitlines() if line.endswith("}")]
    found = [json.loads(line)["picture_sha256"] for line in lines]
    assert sorted(found) == sorted({*server.answered})


def test_who_stops_it_begins_nothing_else_and_loses_nothing(tmp_path, server):
    picks = candidates_in(tmp_path / "picks", 8)
    for file in picks.candidates:
        picks.judge(file, "yes", "ann")
    said = []

    def stop(sentence):
        said.append(sentence)
        if len(said) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe(picks.folder, server.url, "a", workers=1, say=stop)
    assert said[-1].startswith("Stopping")
    begun = len(server.seen)
    assert 1 <= begun < 8 and len(descriptions(picks.folder)) == begun
    assert describe(picks.folder, server.url, "a")["kept"] == begun
    assert {*sent(server).values()} == {1}


def test_the_command_needs_no_keras(picked, server):
    script = (
        "import sys; sys.argv[0] = 'keras-gen'\n"
        "from keras_gen.app.cli import main\n"
        "try: main()\n"
        "finally: assert not {'keras', 'tensorflow', 'jax', 'torch', 'sklearn'} & {*sys.modules}\n"
    )
    server.plan = ["refusing"]
    arguments = [*map(str, command(picked, server.url)[3:]), "--price-in", "1", "--price-out", "1"]
    found = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True
    )
    assert found.returncode == 1, found.stderr  # one failed
    assert "Described 2, 0 of them before, 1 failed. 200 + 20 tokens, cost 0.0002" in found.stdout
    assert found.stderr == ""


# What is refused


def test_what_is_refused_is_refused_before_anything_is_sent(picks, server, tmp_path):
    with pytest.raises(ValueError, match="pictures that are picked"):
        describe(picks.folder, server.url, "a")
    picks.judge("000.png", "yes", "ann")
    for wrong in (
        {"base_url": "file:///etc/passwd"},
        {"base_url": "http://"},
        {"prompt": " "},
        {"workers": 0},
        {"attempts": 0},
        {"price_in": 1.0},
        {"price_in": -1.0, "price_out": 1.0},
    ):
        with pytest.raises(ValueError, match="Received"):
            describe(picks.folder, **{"base_url": server.url, "model": "a", **wrong})
    with (
        locked(picks.folder / ".describe.lock"),
        pytest.raises(ValueError, match="`folder` must be a folder that nobody else"),
    ):
        describe(picks.folder, server.url, "a")
    with pytest.raises(FileNotFoundError):
        describe(tmp_path, server.url, "a")
    assert server.seen == []
