"""Which models a site answers about: those that it could have helped to make.

The numbers of a model that was made for the purpose, and its update, tell labels of single patients. So the first model
is the one that follows from study.yaml. Each later one lies, as a whole and in every layer, within
``federation.max_round_change`` of the last model that this site trained, in lengths of what that training changed. One
training makes way for one further model a round; a model is trained in one round alone. Models that were accepted
before may come again: the centre goes back to one after a broken round, and measures the best at the end.

A site that joins later has trained nothing yet: it trains the first model it gets, measures nothing, and lets the
update go only if the way from the study's first model is not longer than so many of its own updates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from glsmed.client.egress.model_steps import (
    Lengths,
    Reach,
    counted,
    distances,
    layer_names,
    own_lengths,
    rounding,
    shortest,
    whole,
)
from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import TrajectoryError, UnknownModelError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import FLOAT, Arrays, Buffers, ModelLayout

# A layer may move so many times as far as the whole model may, each in its own lengths: those of few values scatter,
# and a site that does not know a finding does not train its row of the last layer.
LAYER_SLACK = 2.0
_PEER_SLACK = 2.0  # a peer's model is one training of another site away, not a mean of all


class _Accepted(StrictModel):
    after_round: int
    trained_as: str = ""  # what the training that was answered depends on


class _Account(StudyAccount):
    accepted: dict[str, _Accepted]
    anchor: str = ""  # the last model that was trained, by digest
    newest: int = 0  # the latest round of a model that was accepted since
    own: tuple[float, ...] = ()
    least: tuple[float, ...] = ()
    memory: tuple[float, ...] = ()
    refused: int = 0


@dataclass(frozen=True, slots=True)
class TrajectoryModels:
    """Where a trajectory finds models.

    Attributes:
        layout: of the arrays that travel.
        first_digest: of the study's first model, as it travels.
        first: makes that model.
        held: reads a model that the site holds, by digest; raises UnknownModelError where it cannot.
    """

    layout: ModelLayout
    first_digest: str
    first: Callable[[], Buffers]
    held: Callable[[str], Buffers]


class Trajectory:
    """The models of one study that one site accepted; what it knows is on disk before anything is answered.

    Args:
        state: the site's state folder.
        study: its bound and its strategy.
        models: where models are found.
    """

    def __init__(self, state: StateFolder, study: Study, models: TrajectoryModels) -> None:
        self._study = study
        self._models = models
        self._reach = Reach.of(study, models.layout)
        self._file = AccountFile(
            state.trajectory(study.digest()),
            _Account(study=study.digest(), accepted={models.first_digest: _Accepted(after_round=0)}),
            "record of accepted models",
            without_backup="first read in audit.jsonl what the site has answered; then move it away: the site begins "
            "anew, like one that joins later",
        )

    @property
    def anchor(self) -> str:
        """The digest of the model that the next is compared with, which the site must hold; empty before the first.

        Raises:
            DataError: the file is damaged.
        """
        return self._file.read().anchor

    def admit(self, digest: str, model: Buffers, *, after_round: int, earlier: bool = False) -> None:
        """Accept a model of the federation, or raise.

        Args:
            digest: of the model.
            model: its values.
            after_round: that made it, as the request says.
            earlier: whether it may be of an earlier round than the last, as the best model at the end may.

        Raises:
            TrajectoryError: the site could not have helped to make it; the refusal is counted.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        account = self._file.read()
        known = account.accepted.get(digest)
        if known is not None:
            self._require(known.after_round == after_round, f"it is of round {known.after_round}, not {after_round}")
            return
        self._require(after_round > 0, "it is not the first model of study.yaml")
        if account.anchor:
            is_next = after_round > max(account.newest, account.accepted[account.anchor].after_round)
            self._require(is_next or earlier, "another model of this round was accepted before")
            self._require_near(account, model, after_round)
        else:
            self._require(not earlier, "this site has trained no model of this study")
        newest = max(account.newest, after_round)
        accepted = {**account.accepted, digest: _Accepted(after_round=after_round)}
        self._file.write(account.model_copy(update={"accepted": accepted, "newest": newest}))

    def admit_peer(self, model: Buffers, *, after_round: int) -> None:
        """Accept the model of another site after a round, to be measured once, or raise.

        Raises:
            TrajectoryError: it is farther from the last model here than a training at a site leads.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        account = self._file.read()
        self._require(bool(account.anchor), "this site has trained no model of this study")
        self._require_near(account, model, after_round, slack=_PEER_SLACK)

    @property
    def may_measure(self) -> bool:
        """Whether this site has trained a model of this study, so that it can tell what belongs to it."""
        return bool(self._file.read().anchor)

    def require_training(self, digest: str, asked: str) -> None:
        """Raise if an accepted model was trained before in another way.

        Args:
            digest: of the model.
            asked: what its training depends on beside the model and the site's own data.

        Raises:
            TrajectoryError: it was.
        """
        account = self._file.read()
        known = account.accepted[digest]
        self._require(known.trained_as in ("", asked), "its training was asked for with another control variate before")
        accepted = {**account.accepted, digest: known.model_copy(update={"trained_as": asked})}
        self._file.write(account.model_copy(update={"accepted": accepted}))

    def trained(self, digest: str, before: Buffers, after: Arrays) -> None:
        """Note how far training moved a model, which the next is compared with; ask before the update goes.

        Raises:
            TrajectoryError: it is the first that this site trained, and too far from the study's first model.
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        account = self._file.read()
        layout, after_round = self._models.layout, account.accepted[digest].after_round
        own = own_lengths(layout, before, after)
        least = np.array(account.least) if account.least else None
        usual = counted(own, least)
        is_again = account.anchor == digest and account.memory
        memory = np.array(account.memory) if is_again else usual + self._reach.keeps * _of(account.memory, usual)
        if not account.anchor and after_round:
            self._require_way(self._models.first(), before, usual, after_round)
        new = {"own": usual, "least": shortest(own, least), "memory": memory}
        update = {name: tuple(values.tolist()) for name, values in new.items()}
        self._file.write(account.model_copy(update={**update, "anchor": digest, "newest": after_round}))

    def _require_near(self, account: _Account, model: Buffers, after_round: int, *, slack: float = 1.0) -> None:
        from_round = account.accepted[account.anchor].after_round
        rounds = max(1, abs(after_round - from_round))
        own, memory = np.array(account.own), np.array(account.memory)
        try:
            anchor = self._models.held(account.anchor)
        except UnknownModelError:  # a power cut damaged it: only the whole way is left to look at
            structlog.get_logger().warning("last_model_lost", model=account.anchor[:12])
            self._require_way(self._models.first(), model, own, after_round)
            return
        reach = own if slack > 1 else self._reach.of_round(own, memory)
        if rounds > 1:
            reach = reach + (rounds - 1) * self._most(own)
        self._require_within(anchor, model, slack * reach, f"round {from_round}")

    def _require_way(self, first: Buffers, model: Buffers, own: Lengths, rounds: int) -> None:
        self._require_within(first, model, max(1, rounds) * self._most(own), "the study's beginning")

    def _most(self, own: Lengths) -> Lengths:
        """How far a round moves the model at most when all rounds before it were like this one."""
        return self._reach.of_round(own, own / (1 - self._reach.keeps))

    def _require_within(self, start: Buffers, model: Buffers, reach: Lengths, of: str) -> None:
        layout, bound = self._models.layout, self._study.federation.max_round_change
        for dtype, values in model.items():
            self._require(dtype == FLOAT or np.array_equal(values, start[dtype]), f"its {dtype} values are others")
        apart, spare = distances(layout, model, start), rounding(self._study, layout, start)
        times = (whole(apart) - whole(spare)) / max(whole(reach), _TINY)
        self._require(times <= bound, _too_far(times, of, bound))
        each = (apart - spare) / np.maximum(reach, _TINY)
        worst = int(each.argmax())
        name, most = layer_names(layout)[worst], LAYER_SLACK * bound
        self._require(bool(each[worst] <= most), _too_far(float(each[worst]), of, most, layer=name))

    def _require(self, holds: bool, why: str) -> None:
        if holds:
            return
        account = self._file.read()
        self._file.write(account.model_copy(update={"refused": account.refused + 1}))
        raise TrajectoryError(
            f"refused a model that this site could not have helped to make ({why}); so far {account.refused + 1} of "
            "this study"
        )


_TINY = float(np.finfo(np.float32).tiny)


def _of(memory: Sequence[float], like: Lengths) -> Lengths:
    return np.array(memory) if memory else np.zeros_like(like)


def _too_far(times: float, of: str, bound: float, *, layer: str = "") -> str:
    what = f"its layer {layer}" if layer else "it"
    return (
        f"{what} lies {times:.3g} times as far from the model of {of} as this site's own training moves one, and "
        f"federation.max_round_change of study.yaml allows {bound:g}"
    )
