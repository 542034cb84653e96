"""How many requests of the centre a site has answered in a study: on disk before anything is computed.

An update, and the metrics of two models that differ on one known image, tell something of the patients, so a site takes
up only as many requests as a study needs; one that ends in an error tells something too, and is counted. The same
request again (a message was lost, a process was killed) is not: an evaluation gets the answer that it got, and a model
is trained again as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, ValidationError

from glsmed.client.data.examples import Examples
from glsmed.client.egress.policy import Number, arrays_digest
from glsmed.client.evaluation.evaluation import Reference
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError, QueryBudgetError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import Study
from glsmed.shared.protocol.wire import Arrays

EvaluatedSplit = Literal["validation", "test"]
Kind = Literal["train", "validation", "test"]

_PRIVATE_FILE = 0o600
_REMEMBERED = 32  # requests; a lost message is asked for again long before so many others were
_NONE: Mapping[Kind, int] = {"train": 0, "validation": 0, "test": 0}


class Request(NamedTuple):
    """What an answer depends on: what is asked for, the SHA-256 of the arrays that go in, in training the round."""

    kind: Kind
    model: str
    round: int = 0

    @classmethod
    def of_evaluation(cls, split: EvaluatedSplit, model: Arrays, examples: Examples) -> Self:
        """The request for a model's metrics on a split."""
        return cls(split, _digest(model, examples))

    @classmethod
    def of_training(cls, round_number: int, model: Arrays, examples: Examples) -> Self:
        """The request for a model after a round."""
        return cls("train", _digest(model, examples), round_number)


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The numbers of an evaluation, before the egress policy chooses among them."""

    reference: Reference
    numbers: Mapping[str, Number]


class _Answer(StrictModel, ser_json_inf_nan="constants"):  # a model may overflow: its numbers are NaN
    reference: Reference
    numbers: dict[str, tuple[float, int]]


class _Charged(StrictModel):
    kind: Kind
    model: str
    round: int
    answer: _Answer | None = None

    @property
    def request(self) -> Request:
        return Request(self.kind, self.model, self.round)


class _File(StrictModel, ser_json_inf_nan="constants"):
    study: str
    asked: dict[Kind, Annotated[int, Field(ge=0)]]
    last: tuple[_Charged, ...]


class QueryBudget:
    """The account of one site in one study.

    Args:
        state: the site's state folder; the file in it is made by the first request.
        study: another study, by its digest, has another account.
        runs: for how many whole runs of the study there is room: each asks once a round for training and for the
            validation split, and once for the test split.
    """

    def __init__(self, state: StateFolder, study: Study, *, runs: int) -> None:
        rounds = study.training.rounds
        self._study = study.digest()
        self._path = state.query_budget(self._study)
        self._most: Mapping[Kind, int] = {"train": runs * rounds, "validation": runs * rounds, "test": runs}

    def charge(self, request: Request) -> RecordedAnswer | None:
        """Count the request unless it is among the last that were asked; its answer, where it was given one before.

        Raises:
            QueryBudgetError: one too many; nothing is written.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        file = self._read()
        for one in file.last:
            if one.request == request:
                return _answer_of(one)
        before, most = file.asked[request.kind], self._most[request.kind]
        if before >= most:
            raise QueryBudgetError(
                f"{request.kind}: the centre asked {before} times in this study, and egress.max_runs in config.yaml "
                f"allows {most}: raise it if the study has good reason to ask again"
            )
        asked: dict[Kind, int] = {**file.asked, request.kind: before + 1}
        self._write(asked, (*file.last, _Charged(**request._asdict()))[-_REMEMBERED:])
        return None

    def keep(self, request: Request, answer: RecordedAnswer) -> None:
        """Remember the answer to a request that was taken up.

        Raises:
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        file = self._read()
        numbers = {key: (number.value, number.patients) for key, number in answer.numbers.items()}
        kept = _Answer(reference=answer.reference, numbers=numbers)
        last = (one.model_copy(update={"answer": kept}) if one.request == request else one for one in file.last)
        self._write(file.asked, tuple(last))

    def left(self) -> Mapping[Kind, int]:
        """How many requests may still be taken up, by kind; below 0 where the limit was lowered since.

        Raises:
            DataError: the file is damaged.
        """
        asked = self._read().asked
        return {kind: most - asked[kind] for kind, most in self._most.items()}

    def left_in_words(self) -> str:
        """One line of what :meth:`left` says."""
        parts = (f"{kind} {max(left, 0)} of {self._most[kind]}" for kind, left in self.left().items())
        return f"requests left: {', '.join(parts)}"

    def _write(self, asked: dict[Kind, int], last: tuple[_Charged, ...]) -> None:
        content = _File(study=self._study, asked=asked, last=last)
        write_text(self._path, content.model_dump_json(indent=1) + "\n", mode=_PRIVATE_FILE)

    def _read(self) -> _File:
        try:
            content = _File.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _File(study=self._study, asked=dict(_NONE), last=())
        except (ValidationError, OSError) as error:
            raise DataError(
                f"{self._path}: the account of requests cannot be read: put a whole copy of it back; without one, "
                f"read in audit.jsonl what was answered before you move it away to begin a new account ({error})"
            ) from None
        if content.study != self._study or content.asked.keys() != self._most.keys():
            raise DataError(f"{self._path}: is the account of another study: put this study's own file back")
        return content


def _answer_of(asked: _Charged) -> RecordedAnswer | None:
    if asked.answer is None:
        return None
    return RecordedAnswer(
        asked.answer.reference, {key: Number(*number) for key, number in asked.answer.numbers.items()}
    )


def _digest(model: Arrays, examples: Examples) -> str:
    """Of the model and the targets, since a centre can change what words mean.

    The same whatever the order of the arrays: a centre that goes on after a crash reads them from a file.
    """
    targets = {f"targets/{name}": getattr(examples, name).numpy() for name in ("targets", "weights")}
    return arrays_digest(dict(sorted({**model, **targets}.items())))
