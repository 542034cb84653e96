"""How many requests of the centre a site has answered in a study; counted on disk before anything is computed.

Every answer leaks a little about patients (the metrics of two models that differ on one known image tell which it is),
so a site answers only as many requests as the study needs. A request that ends in an error leaks too, and is counted.
The same request again is not: after a lost message or a killed process an evaluation gets the answer that it got
before, and a model is trained again in the same way.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import Field, field_validator

from glsmed.client.data.examples import Examples
from glsmed.client.egress.site_numbers import Number
from glsmed.client.evaluation.evaluation import Reference
from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import QueryBudgetError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import Study

EvaluatedSplit = Literal["validation", "test"]
# peer: another site's model, on the test split; hello: the site's counts
RequestKind = Literal["train", "validation", "test", "peer", "hello"]

_HELLOS = 4  # times that a site's counts may have changed in a run
_REMEMBERED = 32  # requests; a lost message is asked for again long before this many others


class Request(NamedTuple):
    """What an answer depends on: what is asked for, a digest of model and targets, and in training the round."""

    kind: RequestKind
    model: str
    round: int = 0

    @classmethod
    def of_evaluation(cls, split: EvaluatedSplit, model_digest: str, examples: Examples) -> Self:
        """The request for a model's metrics on a split."""
        return cls(split, _digest(model_digest, examples))

    @classmethod
    def of_peer(cls, model_digest: str, examples: Examples) -> Self:
        """The request for the metrics of a site's own model on the test split."""
        return cls("peer", _digest(model_digest, examples))

    @classmethod
    def of_counts(cls, counts: Mapping[str, Number]) -> Self:
        """The request for a site's counts: the same as before unless they have changed."""
        text = json.dumps({key: (one.value, one.patients) for key, one in counts.items()}, sort_keys=True)
        return cls("hello", hashlib.sha256(text.encode()).hexdigest())

    @classmethod
    def of_training(cls, round_number: int, model_digest: str, examples: Examples) -> Self:
        """The request for a model after a round."""
        return cls("train", _digest(model_digest, examples), round_number)


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The numbers of an evaluation, before the egress policy selects among them.

    Attributes:
        scores: counts of the model's scores as they go into a sum, in one row; empty where the study sums none.
    """

    reference: Reference
    numbers: Mapping[str, Number]
    scores: tuple[int, ...] = ()


class KeptAnswer(StrictModel, ser_json_inf_nan="constants"):  # a model may overflow: its numbers are NaN
    """A recorded answer in a file."""

    reference: Reference
    numbers: dict[str, tuple[float, int]]
    scores: tuple[int, ...] = ()

    @classmethod
    def of(cls, answer: RecordedAnswer) -> Self:
        """The answer as it is kept."""
        numbers = {key: (number.value, number.patients) for key, number in answer.numbers.items()}
        return cls(reference=answer.reference, numbers=numbers, scores=answer.scores)

    def answer(self) -> RecordedAnswer:
        """The answer as it was given."""
        numbers = {key: Number(*number) for key, number in self.numbers.items()}
        return RecordedAnswer(self.reference, numbers, self.scores)


class _Charged(StrictModel):
    kind: RequestKind
    model: str
    round: int
    answer: KeptAnswer | None = None

    @property
    def request(self) -> Request:
        return Request(self.kind, self.model, self.round)


class _Account(StudyAccount, ser_json_inf_nan="constants"):
    asked: dict[RequestKind, Annotated[int, Field(ge=0)]]
    last: tuple[_Charged, ...]

    @field_validator("asked")
    @classmethod
    def _require_every_kind(cls, asked: dict[RequestKind, int]) -> dict[RequestKind, int]:
        asked = {"hello": 0, **asked}  # not counted by earlier releases
        if missing := set(get_args(RequestKind)) - asked.keys():
            raise ValueError(f"no number for {', '.join(sorted(missing))}")
        return asked


class QueryBudget:
    """The account of one site in one study.

    Args:
        state: the site's state folder; the file in it is made by the first request.
        study: another study, by its digest, has another account.
        runs: how many whole runs of the study the budget suffices for: each asks once a round for training and for the
            validation split, and once for the test split.
        peer_models: how many other sites' models are measured in a run, where the study has that done.
    """

    def __init__(self, state: StateFolder, study: Study, *, runs: int, peer_models: int = 0) -> None:
        rounds, digest = study.training.rounds, study.digest()
        most: dict[RequestKind, int] = {"train": runs * rounds, "validation": runs * rounds, "test": runs}
        most["hello"] = runs * _HELLOS
        if study.federation.cross_site_evaluation and peer_models:
            most["peer"] = runs * peer_models
        self._most: Mapping[RequestKind, int] = most
        self._file = AccountFile(
            state.query_budget(digest),
            _Account(study=digest, asked=dict.fromkeys(get_args(RequestKind), 0), last=()),
            "account of requests",
            without_backup="read in audit.jsonl what was answered before you move it away to begin a new account",
        )

    def charge(self, request: Request) -> RecordedAnswer | None:
        """Count the request unless it repeats one of the last; returns the recorded answer, where it has one.

        Raises:
            QueryBudgetError: the budget is spent; nothing is written.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        account = self._file.read()
        for one in account.last:
            if one.request == request:
                return None if one.answer is None else one.answer.answer()
        before, most = account.asked[request.kind], self._most.get(request.kind, 0)
        if before >= most:
            setting = "max_peer_models" if request.kind == "peer" else "max_runs"
            raise QueryBudgetError(
                f"{request.kind}: the centre asked {before} times in this study, and egress.{setting} in config.yaml "
                f"allows {most}: raise it if the study has good reason to ask again"
            )
        asked: dict[RequestKind, int] = {**account.asked, request.kind: before + 1}
        last = (*account.last, _Charged(**request._asdict()))[-_REMEMBERED:]
        self._file.write(account.model_copy(update={"asked": asked, "last": last}))
        return None

    def keep(self, request: Request, answer: RecordedAnswer) -> None:
        """Remember the answer to a request that was charged.

        Raises:
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        account, kept = self._file.read(), KeptAnswer.of(answer)
        last = (one.model_copy(update={"answer": kept}) if one.request == request else one for one in account.last)
        self._file.write(account.model_copy(update={"last": tuple(last)}))

    def left(self) -> Mapping[RequestKind, int]:
        """How many requests will still be answered, by kind; below 0 where the limit was lowered since.

        Raises:
            DataError: the file is damaged.
        """
        asked = self._file.read().asked
        return {kind: most - asked[kind] for kind, most in self._most.items()}

    def left_in_words(self) -> str:
        """One line for people with what :meth:`left` returns."""
        parts = (f"{kind} {max(left, 0)} of {self._most[kind]}" for kind, left in self.left().items())
        return f"requests left: {', '.join(parts)}"


def _digest(model_digest: str, examples: Examples) -> str:
    """A digest of the model and the targets, since a centre can change what words mean."""
    digest = hashlib.sha256(model_digest.encode())
    for tensor in (examples.targets, examples.weights):
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
