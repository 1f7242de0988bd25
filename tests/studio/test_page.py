"""The page: its routes, and who may use them."""

import re

import pytest
from starlette.testclient import TestClient

from keras_gen.studio import Picks, Reviews, create_page, create_review_page
from tests.studio.conftest import WORDS, candidates_in, lines_of

pytestmark = pytest.mark.one_backend
OWN = {"X-Picks": "1"}


@pytest.fixture
def client(picks):
    with TestClient(create_page(picks, "ann"), base_url="http://localhost") as client:
        yield client


def test_verdicts_of_the_page_are_lines(client, picks):
    assert client.get("/state").json()["pending"] == list(picks.candidates)
    found = client.post("/judge", json={"file": "000.png", "verdict": "yes"}, headers=OWN).json()
    assert found["pending"] == ["001.png", "002.png", "003.png"]
    assert found["verdicts"] == {"000.png": "yes"}
    client.post("/judge", json={"file": "001.png", "verdict": "no"}, headers=OWN)
    found = client.post(
        "/compare", json={"winner": "002.png", "loser": "003.png"}, headers=OWN
    ).json()
    assert found["compared"] == 1
    assert [row["file"] for row in client.get("/elo").json()] == ["002.png", "003.png"]
    body = {"winner": "000.png", "loser": "001.png", "tie": True}
    assert client.post("/compare", json=body, headers=OWN).json()["compared"] == 2
    assert client.post("/undo", json={}, headers=OWN).json()["undone"]["verdict"] == "tie"
    found = client.post("/undo", json={}, headers=OWN).json()
    assert found["compared"] == 0 and found["undone"]["verdict"] == "002.png"
    lines = lines_of(picks.folder / "verdicts.jsonl")
    assert [line["kind"] for line in lines] == [
        "judge",
        "judge",
        "compare",
        "compare",
        "undo",
        "undo",
    ]
    assert {line["reviewer"] for line in lines} == {"ann"}
    # Another process goes on where this one was.
    with TestClient(create_page(Picks(picks.folder), "ann"), base_url="http://localhost") as again:
        assert again.get("/state").json() == client.get("/state").json()


def test_pictures_are_candidates_alone(client, picks):
    secret = picks.folder.parent / "secret.png"
    secret.write_bytes(b"secret")
    (picks.folder / "other.png").write_bytes(b"other")
    answer = client.get("/pictures/000.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == (picks.folder / "000.png").read_bytes()
    for path in (
        "other.png",
        "candidates.jsonl",
        "verdicts.jsonl",
        "../secret.png",
        "..%2Fsecret.png",
        "%2e%2e%2fsecret.png",
        "..%5Csecret.png",
        "%2Fetc%2Fpasswd",
        "000.png%00",
        "",
        "./000.png/../../secret.png",
    ):
        answer = client.get(f"/pictures/{path}")
        assert answer.status_code in (404, 307), path
        assert b"secret" not in answer.content.replace(b"secret.png", b"") and b"root:" not in (
            answer.content
        )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("judge", {"file": "../secret.png", "verdict": "yes"}),
        ("judge", {"file": "000.png", "verdict": "maybe"}),
        ("judge", {"file": ["000.png"], "verdict": "yes"}),
        ("judge", {}),
        ("compare", {"winner": "000.png", "loser": "000.png"}),
        ("compare", {"winner": "000.png", "loser": "9.png"}),
    ],
)
def test_other_verdicts_are_refused_in_a_sentence(client, picks, path, body):
    answer = client.post(f"/{path}", json=body, headers=OWN)
    assert answer.status_code == 422 and isinstance(answer.json()["error"], str)
    assert str(picks.folder) not in answer.text
    assert not (picks.folder / "verdicts.jsonl").exists()


def test_another_page_in_the_browser_writes_nothing(client, picks):
    """It may send forms and texts, but no header of its own, unless it is allowed to: it is not."""
    body = '{"file": "000.png", "verdict": "yes"}'
    for path in ("/judge", "/compare", "/undo"):
        assert client.post(path, content=body).status_code in (403, 422)
    asked = {"Origin": "http://example.com", "Access-Control-Request-Method": "POST"}
    answer = client.options("/judge", headers=asked)
    assert "access-control-allow-origin" not in answer.headers
    assert not (picks.folder / "verdicts.jsonl").exists()


@pytest.mark.parametrize("host", ["example.com", "192.168.1.5:8000", "localhost.example.com", ""])
def test_other_hosts_are_refused(client, host):
    """A name of somebody's may lead to this machine: the browser then takes the page for theirs."""
    for path in ("/", "/state", "/pictures/000.png"):
        assert client.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_is_answered(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_the_page_is_one_file_and_asks_nobody_else(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    text = answer.text
    assert 'name="viewport"' in text and '<html lang="en">' in text
    assert not re.search(r"https?://|innerHTML|<link|src=\"", text)
    paths = {"candidates", "state", "judge", "compare", "undo"}
    assert paths <= {*re.findall(r'(?:ask|send)\("(\w+)"', text)}
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics"):
        assert client.get(path).status_code == 404


def test_every_picture_has_words(tmp_path):
    picks = candidates_in(tmp_path / "picks", 2)
    picks.candidates["000.png"] |= {"label": 3, "class": "coat"}
    with TestClient(create_page(picks), base_url="http://localhost") as client:
        found = client.get("/candidates").json()["candidates"]
    assert [each["alt"] for each in found] == [
        "Candidate 000 of class coat, made by toy",
        "Candidate 001, made by toy",
    ]


@pytest.fixture
def review(picks):
    reviews = Reviews(picks)
    answers = dict.fromkeys(("001.png", "003.png"), WORDS)
    app = create_review_page(reviews, answers, "bob", lambda: "2 are left.")
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_a_review_approves_edits_rejects_and_undoes(review, picks):
    found = review.get("/items").json()
    assert found["reviewer"] == "bob" and [each["file"] for each in found["items"]] == [
        *("001.png", "003.png")
    ]
    assert found["items"][0]["words"] == WORDS
    assert review.get("/state").json() == {
        "pending": ["001.png", "003.png"],
        "decided": {},
        "line": "2 are left.",
    }
    edited = {**WORDS, "title": "Another"}
    body = {"file": "001.png", "verdict": "approve", "words": edited}
    found = review.post("/decide", json=body, headers=OWN).json()
    assert found["decided"] == {"001.png": {"verdict": "approve", "words": edited}}
    body = {"file": "003.png", "verdict": "reject"}
    assert review.post("/decide", json=body, headers=OWN).json()["pending"] == []
    assert review.post("/undo", json={}, headers=OWN).json()["pending"] == ["003.png"]
    lines = lines_of(picks.folder / "reviews.jsonl")
    assert [line.get("verdict") for line in lines] == ["approve", "reject", None]
    assert lines[0]["answer"] == WORDS and {line["reviewer"] for line in lines} == {"bob"}


def test_other_decisions_are_refused(review, picks):
    for body in (
        {"file": "000.png", "verdict": "approve"},
        {"file": "001.png", "verdict": "yes"},
        {"file": "001.png", "verdict": "approve", "words": {**WORDS, "title": " "}},
        {"file": "001.png", "verdict": "approve", "words": {"title": "Short"}},
        {"verdict": "approve"},
    ):
        answer = review.post("/decide", json=body, headers=OWN)
        assert answer.status_code == 422 and isinstance(answer.json()["error"], str)
    good = {"file": "001.png", "verdict": "approve"}
    assert review.post("/decide", json=good).status_code == 403
    assert review.get("/state", headers={"Host": "example.com"}).status_code == 403
    assert not (picks.folder / "reviews.jsonl").exists()
    text = review.get("/").text
    assert {"items", "state", "decide", "undo"} <= {*re.findall(r'(?:ask|send)\("(\w+)"', text)}
    assert not re.search(r"https?://|innerHTML|<link|src=\"|/\* shared", text)


def test_a_preference_orders_what_is_left(tmp_path):
    picks = candidates_in(tmp_path / "picks", 30)
    files = list(picks.candidates)
    app = create_page(picks, "ann", order="preference")
    with TestClient(app, base_url="http://localhost") as client:
        found = client.get("/state").json()
        assert found["pending"] == files and "needs 10 verdicts" in found["preference"]
        for number in range(20):
            body = {"file": files[number], "verdict": "yes" if number % 2 else "no"}
            found = client.post("/judge", json=body, headers=OWN).json()
    assert {*found["pending"][:5]} == {*files[21::2]}
    assert "told right when held out" in found["preference"]


def test_options_are_checked(picks):
    with pytest.raises(ValueError, match="`order` must be one of number, preference"):
        create_page(picks, order="random")
    with pytest.raises(ValueError, match="`reviewer` must be a name"):
        create_page(picks, reviewer="")
