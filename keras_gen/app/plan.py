"""How long a training is, where it stands, and what is left of it."""

import dataclasses
import itertools
import math


@dataclasses.dataclass(frozen=True)
class Part:
    """What one call of `fit` trains.

    Args:
        stage: String, the name of its stage.
        first_epoch: Integer, the number of its first pass.
        end_epoch: Integer, one more than the number of its last pass.
        skip: Integer, batches of the first pass that have been trained on.
        take: Integer, the batches that are wanted of a pass that is not whole; None of whole passes.
    """

    stage: str
    first_epoch: int
    end_epoch: int
    skip: int = 0
    take: int | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """A training of so many steps, in passes of so many.

    Args:
        total: Integer, all its steps.
        steps: Integer, those of a pass.
        epoch: Integer, the number of the pass since which passes have that many steps: data sets may
            grow between two runs.
        step: Integer, the step with which that pass began.
    """

    total: int
    steps: int
    epoch: int = 0
    step: int = 0

    @property
    def epochs(self):
        """Passes in all, the last one perhaps not whole."""
        return self.epoch + math.ceil(max(0, self.total - self.step) / self.steps)

    def place(self, done):
        """The number of the pass that is under way after so many steps, and the steps done of it."""
        passes, within = divmod(done - self.step, self.steps)
        return self.epoch + passes, within

    def stage_ends(self, stages):
        """The step after which each stage ends: whole passes, in proportion to the stages' epochs.

        Args:
            stages: List of `Stage`.

        Returns:
            Dict from the stages' names to integers.

        Raises:
            ValueError: If there are fewer passes than stages.
        """
        if len(stages) > self.epochs:
            wanted = (len(stages) - self.epoch) * self.steps + self.step
            raise ValueError(
                f"`epochs` must be {len(stages)} or more, one for each of the stages "
                f"{', '.join(stage.name for stage in stages)}: that are {wanted:,} `steps`, or `minutes` for "
                f"as many. Received: {self.epochs} epochs, {self.total:,} steps"
            )
        whole = sum(stage.epochs for stage in stages)
        ends, passes, share = {}, 0, 0
        for number, stage in enumerate(stages):
            share += stage.epochs
            left = len(stages) - number - 1
            passes = min(max(passes + 1, round(self.epochs * share / whole)), self.epochs - left)
            ends[stage.name] = self.step + (passes - self.epoch) * self.steps
        ends[stages[-1].name] = self.total
        return ends

    def parts(self, done, stages, reached=None):
        """What is left to do after so many steps, a list of `Part`.

        Args:
            done: Integer, the steps.
            stages: List of `Stage`.
            reached: String, the stage in which the last of them was taken, or None of the first: a training
                that has become longer does not go back to a stage before it.
        """
        parts, reached = [], reached or stages[0].name
        ends = self.stage_ends(stages).items()
        for stage, end in itertools.dropwhile(lambda item: item[0] != reached, ends):
            while done < end:
                epoch, skip = self.place(done)
                left = end - done
                if skip or left < self.steps:
                    count = min(self.steps - skip, left)
                    take = None if skip + count == self.steps else count
                    parts.append(Part(stage, epoch, epoch + 1, skip, take))
                else:
                    passes = left // self.steps
                    count = passes * self.steps
                    parts.append(Part(stage, epoch, epoch + passes))
                done += count
        return parts
