"""Verdicts: what stands, what is undone, what a killed process leaves, and what is made of them."""

import json
import subprocess
import sys

import pytest

from keras_gen.studio import Picks, Preference, elo_ratings
from keras_gen.studio.journal import Journal
from keras_gen.studio.label_studio import INTERFACE
from tests.studio.conftest import candidates_in, lines_of

pytestmark = pytest.mark.one_backend


def test_verdicts_are_lines_and_stand_when_it_is_opened_again(picks):
    picks.judge("000.png", "yes", "ann")
    picks.judge("001.png", "no", "ann")
    picks.compare("002.png", "000.png", "ann")
    lines = lines_of(picks.folder / "verdicts.jsonl")
    assert [line.pop("time")[10] for line in lines] == ["T"] * 3
    assert lines == [
        {"kind": "judge", "file": "000.png", "verdict": "yes", "reviewer": "ann"},
        {"kind": "judge", "file": "001.png", "verdict": "no", "reviewer": "ann"},
        {
            "kind": "compare",
            "pair": ["002.png", "000.png"],
            "verdict": "002.png",
            "reviewer": "ann",
        },
    ]
    for each in (picks, Picks(picks.folder)):
        assert each.picked() == ["000.png"]
        assert each.pending() == ["002.png", "003.png"]
        assert each.pairs() == [("002.png", "000.png")]


def test_undo_is_a_line_and_takes_back_the_reviewers_own_last(picks):
    picks.judge("000.png", "yes", "ann")
    picks.judge("000.png", "no", "ann")
    picks.judge("000.png", "yes", "bob")
    assert picks.picked() == []  # one says yes, one no
    assert picks.undo("ann")["verdict"] == "no"
    assert picks.picked() == ["000.png"] and len(picks.verdicts()["000.png"]) == 2
    assert picks.undo("ann")["verdict"] == "yes"
    assert picks.undo("ann") is None
    assert picks.pending("ann") == list(picks.candidates) and picks.picked("bob") == ["000.png"]
    kinds = [line["kind"] for line in lines_of(picks.folder / "verdicts.jsonl")]
    assert kinds == ["judge", "judge", "judge", "undo", "undo"]
    assert Picks(picks.folder).picked() == ["000.png"]


def test_a_process_sees_what_another_writes(picks):
    other = Picks(picks.folder)
    picks.judge("000.png", "yes", "ann")
    assert other.picked() == ["000.png"]
    other.undo("ann")
    assert picks.picked() == []


@pytest.mark.parametrize("end", [b'{"kind": "judge", "fi', b"\x00\x00\xff", b"17", b'{"kind"\n'])
def test_a_broken_line_is_said_and_left_out_and_the_next_one_is_whole(picks, end):
    picks.judge("000.png", "yes", "ann")
    with open(picks.folder / "verdicts.jsonl", "ab") as file:
        file.write(end)
    with pytest.warns(UserWarning, match=r"Line 2 of verdicts\.jsonl is broken"):
        again = Picks(picks.folder)
    assert again.picked() == ["000.png"]
    again.judge("001.png", "yes", "ann")
    with pytest.warns(UserWarning, match="Line 2"):
        assert Picks(picks.folder).picked() == ["000.png", "001.png"]


def test_a_line_without_its_end_counts_when_it_is_whole(picks):
    picks.judge("000.png", "yes", "ann")
    file = picks.folder / "verdicts.jsonl"
    file.write_bytes(file.read_bytes()[:-1])
    picks = Picks(picks.folder)
    assert picks.picked() == ["000.png"]
    picks.judge("001.png", "yes", "ann")
    assert Picks(picks.folder).picked() == ["000.png", "001.png"]


def test_lines_of_another_kind_are_no_verdicts(picks):
    journal = Journal(picks.folder / "verdicts.jsonl")
    for entry in (
        {"kind": "judge", "file": "../secret.png", "verdict": "yes", "reviewer": "ann"},
        {"kind": "judge", "file": "000.png", "verdict": "maybe", "reviewer": "ann"},
        {"kind": "compare", "pair": ["000.png"], "verdict": "000.png", "reviewer": "ann"},
        {"kind": "compare", "pair": ["000.png", "001.png"], "verdict": "2", "reviewer": "ann"},
        {},
    ):
        journal.append(entry)
    assert picks.verdicts() == {} and picks.pairs() == []


JUDGING = """
import sys
sys.argv[0] = "keras-gen"
from keras_gen.studio import Picks
picks = Picks(sys.argv[1])
assert not {"tensorflow", "keras", "jax", "torch"} & {*sys.modules}
print("begun", flush=True)
for file in picks.pending() * 50:
    picks.judge(file, "yes", "ann")
    print(file, flush=True)
"""


def test_what_was_judged_before_a_process_is_killed_is_kept(tmp_path):
    picks = candidates_in(tmp_path / "picks", 40)
    said = 0
    for lines in (1, 4, 9):
        command = [sys.executable, "-c", JUDGING, picks.folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "begun\n"
            said += len([process.stdout.readline() for _ in range(lines)])
            process.kill()
            said += len([line for line in process.stdout if line.endswith("\n")])
        # A verdict may be on the disk that could not be said any more.
        picks = Picks(picks.folder)
        assert said <= len(lines_of(picks.folder / "verdicts.jsonl")) <= said + 3


def test_wrong_words_are_refused_and_nothing_is_written(picks):
    for wrong in (
        lambda: picks.judge("004.png", "yes", "ann"),
        lambda: picks.judge("../000.png", "yes", "ann"),
        lambda: picks.judge("000.png", "perhaps", "ann"),
        lambda: picks.judge("000.png", "yes", " "),
        lambda: picks.compare("000.png", "000.png", "ann"),
        lambda: picks.compare("000.png", None, "ann"),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()
    assert not (picks.folder / "verdicts.jsonl").exists()


def test_a_folder_must_hold_candidates_beside_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"candidates\.jsonl"):
        Picks(tmp_path)
    for file in ("../../secret.png", "/etc/passwd", "a/b.png", ".png", "a.txt", None):
        (tmp_path / "candidates.jsonl").write_text(json.dumps({"file": file}) + "\n")
        with pytest.raises(ValueError, match="beside it"):
            Picks(tmp_path)


# Comparisons


def test_elo_is_the_closed_form(picks):
    picks.compare("000.png", "001.png", "ann")
    assert [row["rating"] for row in picks.elo()] == [1516.0, 1484.0]
    # 32 apart: 1 / (1 + 10 ** (32 / 400)) = 0.45407..., so that the second win moves 32 * 0.45407.
    picks.compare("000.png", "001.png", "ann")
    table = picks.elo()
    assert table[0] == {
        "file": "000.png",
        "rating": pytest.approx(1516 + 14.530498, abs=1e-5),
        "wins": 2,
        "losses": 0,
        "ties": 0,
    }
    # Who lost first and won last is above who did the reverse: late wins are the upsets.
    ratings = elo_ratings([("a", "b"), ("a", "b"), ("b", "a"), ("b", "a")], k=32, start=0)
    assert ratings == pytest.approx({"b": 5.3331712, "a": -5.3331712}, abs=1e-6)
    picks.compare("001.png", "002.png", "ann")
    assert sum(row["rating"] for row in picks.elo()) == pytest.approx(4500)
    picks.undo("ann")
    assert picks.elo() == table


def test_a_tie_counts_as_half(picks):
    picks.compare("001.png", "000.png", "ann")
    picks.tie("000.png", "001.png", "ann")
    line = lines_of(picks.folder / "verdicts.jsonl")[-1]
    assert (line["pair"], line["verdict"]) == (["000.png", "001.png"], "tie")
    # 32 apart the better one is expected to get 0.54593..., and half moves it back by 32 * 0.04593.
    assert picks.elo() == [
        {"file": file, "rating": pytest.approx(rating, abs=1e-5), **counts, "ties": 1}
        for file, rating, counts in (
            ("001.png", 1516 - 1.469502, {"wins": 1, "losses": 0}),
            ("000.png", 1484 + 1.469502, {"wins": 0, "losses": 1}),
        )
    ]
    assert picks.pairs() == [("001.png", "000.png")]
    assert picks.comparisons() == [("001.png", "000.png", 1.0), ("000.png", "001.png", 0.5)]
    assert elo_ratings([("a", "b", 0.5)]) == {"a": 1500.0, "b": 1500.0}
    assert picks.undo("ann")["verdict"] == "tie" and picks.elo()[0]["rating"] == 1516.0
    with pytest.raises(ValueError, match="`first` and `second` must be two"):
        picks.tie("000.png", "000.png", "ann")
    # What is tied is not asked again.
    for first, second in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        picks.tie(f"00{first}.png", f"00{second}.png", "bob")
    assert picks.next_pair("bob") is None and picks.next_pair("ann") is not None


def test_every_pair_is_asked_once_and_those_picked_alone(picks):
    for file in ("000.png", "001.png", "003.png"):
        picks.judge(file, "yes", "ann")
    asked = set()
    while (pair := picks.next_pair("ann")) is not None:
        picks.compare(*sorted(pair), "ann")
        asked.add(frozenset(pair))
    assert len(asked) == 3 and not any("002.png" in pair for pair in asked)
    assert picks.next_pair("bob") is not None
    assert [row["file"] for row in picks.elo()] == ["000.png", "001.png", "003.png"]


# Preferences


def test_a_preference_needs_ten_of_each(tmp_path):
    picks = candidates_in(tmp_path / "picks", 24)
    for number, file in enumerate(picks.candidates):
        if number < 20 and number != 3:
            picks.judge(file, "no" if number % 2 else "yes", "ann")
    with pytest.raises(
        ValueError, match=r"10 verdicts of each kind at least\. Received: 10 yes, 9 no"
    ):
        picks.preference()


def test_a_preference_tells_bright_from_dark_and_reorders(tmp_path):
    picks = candidates_in(tmp_path / "picks", 40)
    files = list(picks.candidates)
    for number in range(24):
        picks.judge(files[number], "yes" if number % 2 else "no", "ann")
    preference = picks.preference()
    assert isinstance(preference, Preference)
    assert preference.accuracy == 1.0 and preference.baseline == 0.5 and preference.verdicts == 24
    assert "100% are told right when held out (5 folds)" in str(preference)
    pending = picks.pending(preference=preference)
    assert sorted(pending) == files[24:] == picks.pending()
    assert {*pending[:8]} == {*files[25::2]}
    scores = [preference.scores[file] for file in pending]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.5 > scores[-1]


def test_a_preference_without_reason_is_told_as_such(tmp_path):
    """Verdicts by chance are told right by chance, not as well as those that were learnt."""
    picks = candidates_in(tmp_path / "picks", 60)
    for number, file in enumerate(picks.candidates):
        picks.judge(file, "yes" if number // 2 % 2 else "no", "ann")
    assert picks.preference().accuracy < 0.7


def test_a_preference_learns_from_a_classifiers_features(tmp_path):
    picks = candidates_in(tmp_path / "picks", 20)
    for number, file in enumerate(picks.candidates):
        picks.judge(file, "yes" if number % 2 else "no", "ann")
    assert picks.preference("classifier_digits").accuracy > 0.8
    with pytest.raises(ValueError, match="`features` must be 'pixels'"):
        picks.preference("nothing_of_this_name")


# Label Studio


def test_label_studio_gets_choices(picks):
    picks.judge("000.png", "yes", "ann")
    picks.judge("000.png", "no", "bob")
    picks.export_label_studio(picks.folder / "tasks.json")
    tasks = json.loads((picks.folder / "tasks.json").read_text())
    assert len(tasks) == 4 and tasks[1]["annotations"] == []
    assert tasks[0]["data"]["image"] == "/data/local-files/?d=picks/000.png"
    results = [each["result"][0] for each in tasks[0]["annotations"]]
    assert [each["value"]["choices"] for each in results] == [["yes"], ["no"]]
    for each in results:
        assert each["type"] == "choices"
        assert f'<Choices name="{each["from_name"]}" toName="{each["to_name"]}"' in INTERFACE
        assert f'<Image name="{each["to_name"]}" value="$image"/>' in INTERFACE
    picks.export_label_studio(picks.folder / "tasks.json", root="https://example.com/")
    tasks = json.loads((picks.folder / "tasks.json").read_text())
    assert tasks[3]["data"]["image"] == "https://example.com/003.png"
