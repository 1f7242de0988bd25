"""Lengths, places and parts of a training, worked out by hand."""

import pytest

from keras_gen.app.plan import Part, Plan
from keras_gen.recipes import Stage

ONE = [Stage("train", 12)]


def parts(plan, done, stages=ONE):
    return plan.parts(done, stages)


def test_whole_passes_are_one_part():
    assert parts(Plan(15, 5), 0) == [Part("train", 0, 3)]
    assert parts(Plan(15, 5), 5) == [Part("train", 1, 3)]
    assert parts(Plan(15, 5), 15) == []


def test_a_pass_under_way_comes_first_and_a_cut_one_last():
    assert parts(Plan(17, 5), 7) == [
        Part("train", 1, 2, skip=2),
        Part("train", 2, 3),
        Part("train", 3, 4, take=2),
    ]
    # Both in one pass.
    assert parts(Plan(4, 5), 1) == [Part("train", 0, 1, skip=1, take=3)]


def test_passes_of_another_length_are_counted_from_where_they_began():
    plan = Plan(total=25, steps=8, epoch=2, step=9)
    assert plan.place(9) == (2, 0) and plan.place(20) == (3, 3)
    assert plan.epochs == 4
    assert parts(plan, 9) == [Part("train", 2, 4)]


@pytest.mark.parametrize(
    ("epochs", "ends"), [(25, (15, 25)), (10, (6, 10)), (2, (1, 2)), (3, (2, 3)), (100, (60, 100))]
)
def test_stages_share_the_epochs_in_proportion(epochs, ends):
    stages = [Stage("codes", 15), Stage("prior", 10)]
    found = Plan(epochs * 7, 7).stage_ends(stages)
    assert found == {"codes": ends[0] * 7, "prior": ends[1] * 7}


def test_stages_follow_each_other_and_none_is_gone_back_to():
    stages = [Stage("codes", 3), Stage("prior", 1)]
    plan = Plan(20, 5)
    first, second = plan.parts(0, stages)
    assert first == Part("codes", 0, 3) and second == Part("prior", 3, 4)
    assert plan.parts(15, stages) == [second]
    assert plan.parts(16, stages) == [Part("prior", 3, 4, skip=1)]
    longer = Plan(40, 5)
    assert longer.parts(20, stages, "codes") == [Part("codes", 4, 6), Part("prior", 6, 8)]
    assert longer.parts(20, stages, "prior") == [Part("prior", 4, 8)]
    with pytest.raises(
        ValueError, match="`epochs` must be 2 or more, one for each of the stages"
    ) as short:
        Plan(5, 5).parts(0, stages)
    assert "that are 10 `steps`" in str(short.value)
