"""The whole line: two people, a language model, a process that is killed; and what its file may say."""

import collections
import csv
import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from keras_gen import cli
from keras_gen.lock import locked
from keras_gen.studio import Campaign, Picks, Reviews, asking, candidates
from tests.studio import forking
from tests.studio.conftest import WORDS, candidates_in, lines_of

pytestmark = pytest.mark.one_backend
EDITED = {**WORDS, "title": "A dark square"}
KEY = "sk-a-secret-of-somebody"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(asking, "_FIRST_DELAY", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def write(tmp_path, server, port):
    """Function that writes campaign.toml, with some of its tables changed, for eight toy candidates."""
    (tmp_path / "toy.keras").write_text("toy")
    weights = hashlib.sha256(b"toy").hexdigest()
    toys = tmp_path / "toys"
    candidates_in(toys, 8)
    file = toys / "candidates.jsonl"
    file.write_text(
        file.read_text().replace('"weights_sha256": "0"', f'"weights_sha256": "{weights}"')
    )
    tables = {
        "generate": {"model": "toy.keras", "n": 8, "seed": 0},
        "pick": {"creator": "ann", "target": 3, "port": port},
        "describe": {"base_url": server.url, "model": "some-model", "workers": 1},
        "review": {"reviewer": "bob", "port": port},
    }

    def write(text=None, **changed):
        lines = []
        for name, table in (tables | changed).items():
            lines.append(f"[{name}]")
            merged = tables.get(name, {}) | table
            lines += [f"{k} = {json.dumps(v)}" for k, v in merged.items() if v is not None]
        path = tmp_path / "campaign.toml"
        path.write_text("\n".join(lines) + "\n" if text is None else text)
        return path

    return write


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Function that makes the toy candidates where a model's would be made."""
    monkeypatch.setattr(candidates, "make_candidates", forking.make_candidates)
    return lambda path, trust: tmp_path / "toys"


class People(threading.Thread):
    """Ann, who says no to even pictures and yes to odd ones, and Bob: approves, edits, rejects, by turns.

    `clicks` are those that were answered.
    """

    def __init__(self, port):
        super().__init__(daemon=True)
        self.url = f"http://127.0.0.1:{port}/"
        self.clicks, self.done, self.failed = [], False, None

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Picks": "1", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def run(self):
        while not self.done:
            try:
                self.click(self.ask("state"))
            except urllib.error.HTTPError as error:
                self.failed = f"{error}: {error.read()}"
            except OSError:
                pass  # nobody is there
            time.sleep(0.01)

    def click(self, state):
        if not state["pending"] or state["line"].startswith("All"):
            return  # The page says that it is enough.
        file = state["pending"][0]
        number = int(file[:3])
        if "pair" in state:
            body = {"file": file, "verdict": "yes" if number % 2 else "no"}
            self.ask("judge", body)
        else:
            verdict = "reject" if number == 5 else "approve"
            words = EDITED if number == 3 else None
            body = {"file": file, "verdict": verdict, "words": words}
            self.ask("decide", body)
        self.clicks.append(body)


@pytest.fixture
def people(port):
    people = People(port)
    people.start()
    yield people
    people.done = True
    people.join()
    assert people.failed is None


def check_whole(campaign, model="toy"):
    """Everything that is said stands once, in the journals, the database and the folder."""
    picks = campaign.folder / "picks"
    # Ann said no, yes, no, yes, no, yes: three are picked.
    verdicts = [(each["file"], each["verdict"]) for each in lines_of(picks / "verdicts.jsonl")]
    assert verdicts == [(f"{n:03d}.png", "yes" if n % 2 else "no") for n in range(6)]
    said = [each["file"] for each in lines_of(picks / "descriptions.jsonl") if each["answer"]]
    assert sorted(said) == ["001.png", "003.png", "005.png"]
    decided = [(each["file"], each["verdict"]) for each in lines_of(picks / "reviews.jsonl")]
    assert decided == [("001.png", "approve"), ("003.png", "approve"), ("005.png", "reject")]
    states = {item["file"]: item["state"] for item in campaign.items()}
    dropped = dict.fromkeys(("000.png", "002.png", "004.png"), "dropped")
    left = dict.fromkeys(("006.png", "007.png"), "candidate")
    made = {"001.png": "approved", "003.png": "approved", "005.png": "rejected"}
    assert states == dropped | left | made
    happened = collections.Counter((each["role"], each["what"]) for each in campaign.history())
    assert happened == {
        ("creator", "yes"): 3,
        ("creator", "no"): 3,
        ("language model", "described"): 3,
        ("reviewer", "approve"): 1,
        ("reviewer", "edit and approve"): 1,
        ("reviewer", "reject"): 1,
    }
    rows = lines_of(campaign.folder / "approved" / "approved.jsonl")
    assert [(row["file"], row["words"]) for row in rows] == [
        ("001.png", WORDS),
        ("003.png", EDITED),
    ]
    for row in rows:
        assert (row["creator"], row["reviewer"], row["model"]) == ("ann", "bob", model)
        assert row["judged_at"] < row["reviewed_at"]
        picture = (campaign.folder / "approved" / row["file"]).read_bytes()
        assert picture == (picks / row["file"]).read_bytes()
    with open(campaign.folder / "approved" / "approved.csv", newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["A square", "A dark square"]
    assert {path.name for path in campaign.folder.iterdir()} == {
        *("picks", "approved", "campaign.db", "campaign.id")
    }
    assert (picks / "contact_sheet.html").exists()
    assert not [path for path in picks.iterdir() if path.name.startswith(".")]


def test_a_campaign_goes_from_candidates_to_approved_words(write, people, server, toys):
    campaign = Campaign(write(), load=toys)
    nothing = dict.fromkeys(("dropped", "picked", "failed", "described", "approved", "rejected"), 0)
    assert campaign.status() == {"stage": "generate", "candidate": 0, **nothing}
    assert not campaign.folder.exists()
    said = []
    found = campaign.run(said.append)
    assert found == {
        "stage": "done",
        "candidate": 2,
        **nothing,
        "dropped": 3,
        "approved": 2,
        "rejected": 1,
    }
    check_whole(campaign)
    assert len(server.answered) == 3 and len(people.clicks) == 9
    assert any(words.startswith("ann picks 3 of 8: http://127.0.0.1:") for words in said)
    # Who runs it again is asked for nothing.
    before = (campaign.folder / "approved").stat()
    assert campaign.run()["stage"] == "done"
    assert os.path.samestat(before, (campaign.folder / "approved").stat())
    assert len(server.seen) == 3 and len(people.clicks) == 9
    # No key is anywhere.
    written = [path for path in campaign.folder.rglob("*") if path.is_file()]
    assert len(written) > 10 and not any(KEY.encode() in path.read_bytes() for path in written)
    assert KEY not in "".join(said)
    # The database is as good as its journals.
    with sqlite3.connect(campaign.folder / "campaign.db") as connection:
        connection.execute("UPDATE studio_items SET state = 'candidate'")
        connection.execute("DELETE FROM studio_events WHERE stage = 'review'")
    connection.close()
    campaign.run()
    check_whole(campaign)
    # More are wanted: the creator is asked again, and what is decided stands.
    campaign = Campaign(write(pick={"target": 4}), load=toys)
    assert campaign.status()["stage"] == "pick"
    assert campaign.run()["approved"] == 3 and len(server.seen) == 4
    assert len(lines_of(campaign.folder / "approved" / "approved.jsonl")) == 3


def test_nothing_is_lost_and_nothing_is_twice_when_it_is_killed_at_twenty_points(
    write, people, server, tmp_path
):
    path = write()
    campaign = Campaign(path)
    stages, kills, codes = [], 0, []
    with subprocess.Popen(
        [sys.executable, forking.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        while not codes or codes[-1]:
            kill = (2, 5, 9, 14, 20, 27)[kills % 6] if kills < 36 else 0
            told = {"campaign": str(path), "candidates": str(tmp_path / "toys"), "kill": kill}
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
            codes.append(int(process.stdout.readline()))
            if codes[-1]:
                assert codes[-1] == -signal.SIGKILL
                kills += 1
                stages.append(campaign.status()["stage"])
        process.stdin.close()
    assert kills >= 20
    assert {*stages} >= {"generate", "pick", "describe", "review", "output"}, stages
    check_whole(campaign)
    # A request that was under way when the process was killed is sent again.
    assert {*server.answered} == {each["picture_sha256"] for each in answers(campaign)}
    assert len(server.answered) <= 3 + stages.count("describe")


def answers(campaign):
    return lines_of(campaign.folder / "picks" / "descriptions.jsonl")


def test_pictures_without_words_are_tried_again_and_other_prompts_are_decided_anew(
    write, people, server, toys, tmp_path
):
    server.plan = ["refusing"]
    said = []
    campaign = Campaign(write(), load=toys)
    found = campaign.run(said.append)
    assert (found["stage"], found["failed"], found["described"]) == ("describe", 1, 2)
    assert said[-1] == "1 have no words: run it again."
    assert campaign.run()["stage"] == "done" and len(server.seen) == 4
    server.words = {**WORDS, "copy": "Behold."}
    (tmp_path / "brief.md").write_text("Be brief.")
    campaign = Campaign(write(describe={"prompt": "brief.md"}), load=toys)
    campaign.run()
    assert len(people.clicks) == 12 and len(server.seen) == 7
    assert server.seen[-1][1]["messages"][0]["content"][0]["text"] == "Be brief."
    rows = lines_of(campaign.folder / "approved" / "approved.jsonl")
    assert [row["words"]["copy"] for row in rows] == ["Behold.", "Look."]  # the second was edited


def test_roles_count_for_what_they_are(write, people, toys):
    """Verdicts by others, and a reviewer's undone ones, are written, and count for nothing."""
    campaign = Campaign(write(), load=toys)
    people.done = True
    people.join()
    line_up(campaign, toys)
    picks = Picks(campaign.folder / "picks")
    for file in ("006.png", "007.png"):
        picks.judge(file, "yes", "eve")
    reviews = Reviews(picks)
    reviews.decide("001.png", "approve", WORDS, "eve")
    reviews.decide("001.png", "reject", WORDS, "bob")
    assert reviews.undo("bob")["verdict"] == "reject" and reviews.undo("bob") is None
    again = People(int(people.url.split(":")[-1].strip("/")))
    again.start()
    campaign.run()
    again.done = True
    again.join()
    states = {item["file"]: item["state"] for item in campaign.items()}
    assert states["007.png"] == "candidate" and states["001.png"] == "approved"
    happened = [(each["role"], each["person"], each["what"]) for each in campaign.history()]
    assert happened.count(("other", "eve", "yes")) == 2
    assert ("other", "eve", "approve") in happened and ("reviewer", "bob", "undo") in happened
    approved = [item["reviewer"] for item in campaign.items() if item["state"] == "approved"]
    assert approved == ["bob", "bob"]


def line_up(campaign, toys):
    """Makes the candidates, and lets go before anybody is asked."""
    campaign.folder.mkdir()
    forking.make_candidates(toys(None, False), campaign.folder / "picks", 8, 0, "toy", None)


# The file


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pick": {"tarjet": 3}}, r"`pick\.tarjet` must be one of .*Did you mean 'target'\?"),
        ({"describe": {"api_key": KEY}}, r"`describe\.api_key` must be one of .*OPENAI_API_KEY"),
        ({"publish": {"a": 1}}, "`publish` must be one of generate, pick, describe, review"),
        ({"pick": {"creator": None}}, r"`pick\.creator` must be given in campaign\.toml, a text"),
        ({"generate": {"model": ""}}, r"`generate\.model` must be a text"),
        ({"generate": {"n": "many"}}, r"`generate\.n` must be an integer\. Received: generate\.n="),
        ({"generate": {"n": True}}, r"`generate\.n` must be an integer"),
        (
            {"generate": {"n": 0}},
            r"`generate\.n` must be an integer above 0\. Received: generate\.n=0",
        ),
        ({"generate": {"seed": -1}}, r"`generate\.seed` must be"),
        ({"generate": {"labels": "Bag,"}}, r"`generate\.labels` must be classes with a comma"),
        ({"pick": {"target": 9}}, r"`pick\.target` must be in 1 \.\.\. generate\.n=8"),
        ({"pick": {"port": 0}}, r"`pick\.port` must be in 1"),
        ({"pick": {"order": "random"}}, r"`pick\.order` must be one of number, preference"),
        ({"describe": {"base_url": "ftp://a"}}, r"`describe\.base_url` must be an address"),
        (
            {"describe": {"base_url": f"http://{KEY}@a/"}},
            r"`describe\.base_url` must hold no passw",
        ),
        ({"describe": {"workers": 0}}, r"`describe\.workers` must be"),
        ({"describe": {"timeout": "60"}}, r"`describe\.timeout` must be a number"),
        ({"describe": {"stream": 1}}, r"`describe\.stream` must be true or false"),
        ({"describe": {"price_in": 1}}, r"`describe\.price_in` and `describe\.price_out` must be"),
        ({"review": {"reviewer": "ann"}}, r"`review\.reviewer` must be somebody else"),
        ({"output": {"database": "mysql://a"}}, r"`output\.database` must be an address"),
        ({"output": {"database": f"postgresql://a:{KEY}@b/c"}}, r"`output\.database` must hold no"),
        (
            {"output": {"database": f"postgresql://b/c?password={KEY}"}},
            r"`output\.database` must h",
        ),
    ],
)
def test_another_file_is_refused_by_its_key(write, changed, words):
    with pytest.raises(ValueError, match=words) as error:
        Campaign(write(**changed))
    assert KEY not in str(error.value) and "\n" not in str(error.value)


def test_what_is_no_campaign_is_refused(write, tmp_path):
    for text in ("pick = 3\n[generate]\nmodel = 'toy.keras'\n", "[pick\n", "\x00"):
        with pytest.raises(ValueError, match=r"`pick` must be a table|must be a TOML file"):
            Campaign(write(text))
    with pytest.raises(ValueError, match=r"`generate\.model` must be given"):
        Campaign(write(""))
    with pytest.raises(FileNotFoundError, match=r"brief\.md"):
        Campaign(write(describe={"prompt": "brief.md"}))
    with pytest.raises(FileNotFoundError, match=r"none\.keras"):
        Campaign(write(generate={"model": "none.keras"})).run()
    assert not (tmp_path / "campaign").exists()


def test_folders_and_names_of_others_are_left_alone(write, toys, tmp_path):
    campaign = Campaign(write(), load=toys)
    with (
        locked(campaign.folder / ".campaign.lock"),
        pytest.raises(ValueError, match=r"`output\.folder` must be a folder that nobody else"),
    ):
        campaign.run()
    (campaign.folder / "approved").mkdir(parents=True)
    with pytest.raises(ValueError, match="must hold nothing called approved"):
        campaign.run()
    (campaign.folder / "approved").rmdir()
    (campaign.folder / "picks").mkdir()
    (campaign.folder / "picks" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="must be a new folder"):
        campaign.run()
    (campaign.folder / "picks" / "notes.txt").unlink()
    (campaign.folder / "campaign.id").write_text("another")
    with pytest.raises(ValueError, match=r"`output\.name` must be one that no other"):
        campaign.run()
    (campaign.folder / "campaign.db").write_bytes(b"no database at all" * 99)
    with pytest.raises(OSError, match="database can't be used"):
        campaign.status()


def test_a_database_that_fails_is_said_and_the_verdict_stands(write, toys, port, monkeypatch):
    campaign = Campaign(write(), load=toys)
    line_up(campaign, toys)
    answers = []

    def serve(app, port, until):
        from starlette.testclient import TestClient

        (campaign.folder / "campaign.db").write_bytes(b"no database at all" * 99)
        with TestClient(app, base_url="http://localhost") as client:
            body = {"file": "001.png", "verdict": "yes"}
            answers.append(client.post("/judge", json=body, headers={"X-Picks": "1"}))

    monkeypatch.setattr("keras_gen.serving.server.serve", serve)
    with pytest.raises(KeyboardInterrupt):  # as who stops it
        campaign.run()
    assert answers[0].status_code == 507 and "database" in answers[0].json()["error"]
    assert Picks(campaign.folder / "picks").picked("ann") == ["001.png"]


# The command


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gen", "studio", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        output = capsys.readouterr()
        return stop.value.code or 0, output.out, output.err

    return run


def test_the_command_makes_candidates_and_says_how_it_stands(command, write, people, tmp_path):
    path = write(generate={"model": "gan_digits", "n": 6})
    code, out, err = command(path, "--status")
    assert (code, err) == (0, "") and out.startswith("stage     generate\ncandidate        0\n")
    code, out, err = command(path)
    assert (code, err) == (0, "")
    assert f"Approved 2: {tmp_path / 'campaign' / 'approved'}/" in out
    code, out, _ = command(path, "--status")
    assert code == 0 and "stage         done\n" in out and "approved         2\n" in out
    row = lines_of(tmp_path / "campaign" / "approved" / "approved.jsonl")[0]
    assert row["model"] == "gan_digits" and row["seed"] == 0 and row["index"] == 1


def test_the_command_refuses_in_a_sentence(command, write, tmp_path):
    code, _, err = command(write(pick={"target": 0}))
    assert code == 2 and err.startswith("keras-gen: `pick.target` must be in 1")
    code, _, err = command(write(generate={"model": "cgan_fashion_mnist", "labels": "Bag,Hat"}))
    assert code == 2 and "`labels` must be of T-shirt/top" in err and "['Hat']" in err
    code, _, err = command(tmp_path / "none.toml")
    assert code == 2 and "none.toml" in err


@pytest.mark.slow
def test_the_command_is_gone_on_with_whenever_it_is_killed(write, people):
    path = write(generate={"model": "gan_digits"})
    random, kills = np.random.default_rng(0), 0
    command = [sys.executable, "-m", "keras_gen", "studio", str(path)]
    while kills < 8:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                process.wait(random.uniform(0.5, 6.0))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Approved 2: " in result.stdout
    check_whole(Campaign(path), "gan_digits")


# PostgreSQL


@pytest.mark.skipif(
    "KERAS_GEN_POSTGRESQL" not in os.environ, reason="needs an empty PostgreSQL database's address"
)
def test_postgresql_holds_several_campaigns(write, people, toys):
    pytest.importorskip("psycopg")
    database = {"database": os.environ["KERAS_GEN_POSTGRESQL"]}
    campaign = Campaign(write(output=database), load=toys)
    campaign.run()
    assert not (campaign.folder / "campaign.db").exists()
    (campaign.folder / "campaign.db").touch()
    check_whole(campaign)
    other = Campaign(write(output=database | {"folder": "other", "name": "another"}), load=toys)
    assert other.status()["stage"] == "generate"
    other.run()
    assert other.status()["approved"] == 2 and len(other.history()) == 12
    third = Campaign(write(output=database | {"folder": "third", "name": "another"}), load=toys)
    with pytest.raises(ValueError, match=r"`output\.name` must be one that no other"):
        third.run()
    nowhere = {"database": "postgresql://127.0.0.1:1/none"}
    with pytest.raises(OSError, match="database can't be used"):
        Campaign(write(output=nowhere), load=toys).run()
