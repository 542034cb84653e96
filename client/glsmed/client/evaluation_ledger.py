"""How many evaluations this site has answered in a study, and the last answers: on disk before one is sent.

Two models that differ on one known image can reveal its label through the metrics of both, so a site answers only as
many evaluations as a study needs. A model that is asked about again on the same split (a message was lost, a process
was killed) gets the answer that it got: that tells nothing new and is not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError

from glsmed.client.egress import Number
from glsmed.client.evaluation import Reference
from glsmed.shared.atomic import write_text
from glsmed.shared.documents import StrictModel
from glsmed.shared.errors import DataError, EvaluationLimitError
from glsmed.shared.study import Study

EvaluatedSplit = Literal["validation", "test"]

_PRIVATE_FILE = 0o600
_REMEMBERED = 32  # answers; a lost message is asked for again long before so many others were


class Question(NamedTuple):
    """What an answer depends on: the split, and the SHA-256 of the model's arrays."""

    split: EvaluatedSplit
    model: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of an evaluation, before the egress policy chooses among them."""

    reference: Reference
    numbers: Mapping[str, Number]


class _Remembered(StrictModel, ser_json_inf_nan="constants"):  # a model may overflow: its numbers are NaN
    split: EvaluatedSplit
    model: str
    reference: Reference
    numbers: dict[str, tuple[float, int]]


class _File(StrictModel):
    study: str
    answered: dict[EvaluatedSplit, Annotated[int, Field(ge=0)]]
    last: tuple[_Remembered, ...]


class EvaluationLedger:
    """The account of one site in one study.

    Args:
        folder: the site's state folder; the file in it is made by the first answer.
        study: another study, by its digest, has another account.
        runs: for how many whole runs of the study there are answers: each asks once a round on the validation split,
            and once on the test split.
    """

    def __init__(self, folder: Path, study: Study, *, runs: int) -> None:
        self._study = study.digest()
        self._path = folder / f"evaluations-{self._study[:16]}.json"
        self._most: Mapping[EvaluatedSplit, int] = {"validation": runs * study.training.rounds, "test": runs}

    def remembered(self, question: Question) -> Answer | None:
        """What was answered to this question, if it is among the last that were answered.

        Raises:
            DataError: the file is damaged.
        """
        for one in self._read().last:
            if (one.split, one.model) == question:
                return Answer(one.reference, {key: Number(*number) for key, number in one.numbers.items()})
        return None

    def require_room(self, split: EvaluatedSplit) -> None:
        """Return if one more evaluation on this split may be answered.

        Raises:
            EvaluationLimitError: it may not.
            DataError: the file is damaged.
        """
        if self.left()[split] <= 0:
            raise EvaluationLimitError(
                f"{self._most[split]} evaluations on the {split} split were answered in this study, as many as "
                "egress.max_evaluated_runs in config.yaml allows: raise it if the study has good reason to ask again"
            )

    def keep(self, question: Question, answer: Answer) -> None:
        """Count the answer and remember it, once both are on disk.

        Raises:
            EvaluationLimitError: one too many; nothing is written.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        self.require_room(question.split)
        file = self._read()
        numbers = {key: (number.value, number.patients) for key, number in answer.numbers.items()}
        added = _Remembered(split=question.split, model=question.model, reference=answer.reference, numbers=numbers)
        answered: dict[EvaluatedSplit, int] = {**file.answered, question.split: file.answered[question.split] + 1}
        content = _File(study=self._study, answered=answered, last=(*file.last, added)[-_REMEMBERED:])
        write_text(self._path, content.model_dump_json(indent=1) + "\n", mode=_PRIVATE_FILE)

    def left(self) -> Mapping[EvaluatedSplit, int]:
        """How many evaluations may still be answered, by split; below 0 where the limit was lowered since.

        Raises:
            DataError: the file is damaged.
        """
        answered = self._read().answered
        return {split: most - answered[split] for split, most in self._most.items()}

    def __str__(self) -> str:
        parts = (f"{split} {max(left, 0)} of {self._most[split]}" for split, left in self.left().items())
        return f"evaluations left: {', '.join(parts)}"

    def _read(self) -> _File:
        try:
            content = _File.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _File(study=self._study, answered={"validation": 0, "test": 0}, last=())
        except (ValidationError, OSError) as error:
            raise DataError(
                f"{self._path}: the account of evaluations cannot be read: put a whole copy of it back; without one, "
                f"read in audit.jsonl what was answered before you move it away to begin a new account ({error})"
            ) from None
        if content.study != self._study or content.answered.keys() != self._most.keys():
            raise DataError(f"{self._path}: is the account of another study: put this study's own file back")
        return content
