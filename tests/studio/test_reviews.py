"""What a second person approved goes into a folder, without a campaign, too."""

import csv

import pytest

from keras_gen.studio import Reviews
from tests.studio.conftest import WORDS, lines_of

pytestmark = pytest.mark.one_backend
EDITED = {**WORDS, "title": "A dark square"}


@pytest.fixture
def reviews(picks):
    """`Reviews` of four pictures, of which Ann picked three and Bob decided on three."""
    for file, verdict in zip(picks.candidates, ("yes", "yes", "yes", "no"), strict=True):
        picks.judge(file, verdict, "ann")
    reviews = Reviews(picks)
    reviews.decide("000.png", "approve", WORDS, "bob", EDITED)
    reviews.decide("001.png", "reject", WORDS, "bob")
    reviews.decide("003.png", "approve", WORDS, "bob")  # which Ann does not want
    return reviews


def test_the_folder_holds_what_was_picked_and_approved(reviews, tmp_path):
    folder = tmp_path / "approved"
    assert reviews.export(folder, "ann", "bob") == 1
    (line,) = lines_of(folder / "approved.jsonl")
    assert line["file"] == "000.png" and line["words"] == EDITED
    assert (line["creator"], line["reviewer"]) == ("ann", "bob")
    assert line["judged_at"] < line["reviewed_at"]
    with open(folder / "approved.csv", newline="", encoding="utf-8") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["A dark square"]
    picture = reviews.picks.folder / "000.png"
    assert (folder / "000.png").read_bytes() == picture.read_bytes()
    # A decision that is taken back takes the picture out again; others' count for nothing.
    reviews.undo("bob")
    reviews.decide("001.png", "approve", WORDS, "eve")
    reviews.decide("000.png", "reject", WORDS, "bob")
    assert reviews.export(folder, "ann", "bob") == 0
    assert sorted(path.name for path in folder.iterdir()) == ["approved.csv", "approved.jsonl"]


def test_one_person_or_anothers_folder_is_refused(reviews, tmp_path):
    with pytest.raises(ValueError, match="`reviewer` must be somebody else than `creator`"):
        reviews.export(tmp_path / "approved", "ann", " ann")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="`folder` must be a new folder"):
        reviews.export(mine, "ann", "bob")
    assert (mine / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "approved").exists()
