from collections.abc import Callable, Iterable

import numpy as np
import pytest
from flwr.app import ConfigRecord, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, LocalGrid, Misbehaviour
from glsmed.server.rounds.site_messenger import Clock, SiteMessenger, SiteReply
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import Arrays, Hello, TrainTask
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import answers_late, never_answers

MakeSite = Callable[..., ClientApp]
HELLO = encode(Hello(study_digest="ab", run="doubt"))


def _messenger(grid: LocalGrid, clock: Clock) -> SiteMessenger:
    return SiteMessenger(grid, lambda: grid.nodes, clock=clock, on_wait=lambda: None)


def _ask(messenger: SiteMessenger) -> dict[str, SiteReply]:
    answers = messenger.ask(HELLO, kind="query", sites=messenger.online().sites, group="hello", deadline_seconds=10)
    return {answer.site: answer for answer in answers}


@pytest.fixture
def grid(make_site: MakeSite, clock: Clock) -> LocalGrid:
    return LocalGrid({name: make_site(name) for name in ("a", "b")}, clock=clock)


def test_nodes_are_seen_as_sites_and_strangers_apart(grid: LocalGrid, clock: Clock) -> None:
    known = {node: site for node, site in grid.nodes.items() if site == "a"}
    presence = SiteMessenger(grid, lambda: known, clock=clock, on_wait=lambda: None).online()
    assert dict(presence.sites) == {"a": 100}
    assert presence.unknown == {101}


def test_every_site_gives_one_answer_and_a_silent_one_is_late_at_the_deadline(
    make_site: MakeSite, clock: Clock
) -> None:
    faults: dict[str, Misbehaviour] = {"b": never_answers, "c": answers_late(4)}
    grid = LocalGrid({name: make_site(name) for name in ("a", "b", "c")}, misbehaviours=faults, clock=clock)
    answers = _ask(_messenger(grid, clock))
    assert {site: answer.failure for site, answer in answers.items()} == {"a": "", "b": "late", "c": ""}
    assert clock.now() == pytest.approx(10, abs=0.3)


def test_an_answer_after_the_deadline_is_never_collected(make_site: MakeSite, clock: Clock) -> None:
    grid = LocalGrid({"a": make_site("a")}, misbehaviours={"a": answers_late(11)}, clock=clock)
    messenger = _messenger(grid, clock)
    assert _ask(messenger)["a"].failure == "late"
    clock.sleep(5)
    assert _ask(messenger)["a"].failure == "late"
    assert len(grid.sent) == 2


def test_nobody_to_ask_is_no_wait(clock: Clock) -> None:
    assert _ask(_messenger(LocalGrid({}, clock=clock), clock)) == {}
    assert clock.now() == 0


def test_a_message_that_flower_does_not_take_is_named(
    grid: LocalGrid, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = LocalGrid.push_messages

    def refuse_second(self: LocalGrid, messages: Iterable[Message]) -> list[str]:
        return [*list(original(self, messages))[:1], ""]

    monkeypatch.setattr(LocalGrid, "push_messages", refuse_second)
    assert _ask(_messenger(grid, clock))["b"].failure == "the message could not be sent"


def _error(code: int, reason: str) -> Misbehaviour:
    return lambda task, _: Message(Error(code, reason), reply_to=task)


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (ErrorCode.CLIENT_APP_RAISED_EXCEPTION, "DataError", "DataError"),
        (ErrorCode.CLIENT_APP_RAISED_EXCEPTION, "MismatchError.study", "approved another study.yaml"),
        (
            ErrorCode.CLIENT_APP_RAISED_EXCEPTION,
            "QueryBudgetError",
            "has answered as many requests of this study",
        ),
        (ErrorCode.CLIENT_APP_RAISED_EXCEPTION, "\x1b[2J patient Smith: cannot be excluded", "error 2"),
        (ErrorCode.CLIENT_APP_RAISED_EXCEPTION, "A" * 5000, "error 2"),
        (ErrorCode.NODE_UNAVAILABLE, "whatever", "went offline"),
        (
            ErrorCode.MESSAGE_UNAVAILABLE,
            "Smith: larger than the study's model: more than 9 bytes",
            "refused: its reply is larger than the study's model",
        ),
        (ErrorCode.REPLY_MESSAGE_UNAVAILABLE, "whatever", "the reply was lost"),
    ],
)
def test_a_failure_is_a_known_word_and_never_a_sites_text(
    make_site: MakeSite, clock: Clock, code: int, reason: str, said: str
) -> None:
    grid = LocalGrid({"a": make_site("a")}, misbehaviours={"a": _error(code, reason)}, clock=clock)
    assert said in _ask(_messenger(grid, clock))["a"].failure
    assert "Smith" not in _ask(_messenger(grid, clock))["a"].failure


def test_an_answer_from_another_node_is_not_the_sites(make_site: MakeSite, clock: Clock) -> None:
    def from_elsewhere(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        reply.metadata.__dict__["_src_node_id"] = 666
        return reply

    grid = LocalGrid({"a": make_site("a")}, misbehaviours={"a": from_elsewhere}, clock=clock)
    assert _ask(_messenger(grid, clock))["a"].failure == "node 666 answered in its place"


def test_a_site_that_is_gone_when_asked_went_offline(grid: LocalGrid, clock: Clock) -> None:
    messenger = _messenger(grid, clock)
    sites = messenger.online().sites
    grid.take_offline("b")
    answers = messenger.ask(
        RecordDict({"head": ConfigRecord()}), kind="query", sites=sites, group="hello", deadline_seconds=10
    )
    assert {answer.site: answer.failure for answer in answers}["b"] == "went offline"


class Loses:
    """A site that is killed with the first messages of one kind in its hands, and comes back without them."""

    def __init__(self, kind: str, *, times: int) -> None:
        self._kind = kind
        self._left = times
        self.asked: list[str] = []

    def __call__(self, task: Message, ask: Ask) -> Message | None:
        kind = task.metadata.message_type
        self.asked.append(kind)
        if kind == self._kind and self._left:
            self._left -= 1
            return None
        return ask(task)


def _train(grid: LocalGrid, clock: Clock, study: Study, *, deadline_seconds: float = 600) -> list[SiteReply]:
    model: Arrays = {"weight": np.zeros(2, dtype=np.float32), "batches": np.zeros(1, dtype=np.int64)}
    task = TrainTask(study_digest=study.digest(), round=1, manifest_digest="m", model=model)
    messenger = _messenger(grid, clock)
    asked = messenger.ask(
        encode(task),
        kind="train",
        sites=messenger.online().sites,
        group="1",
        deadline_seconds=deadline_seconds,
        probe=HELLO,
    )
    return list(asked)


def test_a_question_that_a_site_has_lost_is_sent_again(make_site: MakeSite, clock: Clock, study: Study) -> None:
    killed = Loses("train", times=1)
    grid = LocalGrid({name: make_site(name) for name in ("a", "b")}, misbehaviours={"b": killed}, clock=clock)
    answers = _train(grid, clock, study)
    assert [(answer.site, answer.failure) for answer in answers] == [("a", ""), ("b", "")]
    assert killed.asked == ["train", "query", "train"]
    assert clock.now() < 30


def test_a_site_that_is_only_slow_is_asked_once(make_site: MakeSite, clock: Clock, study: Study) -> None:
    """It works in order: until the request is answered, no probe is."""
    busy_until = 100.0

    def slow(task: Message, ask: Ask) -> Delayed:
        seen.append(task.metadata.message_type)
        return Delayed(ask(task), max(0.0, busy_until - clock.now()))

    seen: list[str] = []
    grid = LocalGrid({"a": make_site("a")}, misbehaviours={"a": slow}, clock=clock)
    answers = _train(grid, clock, study)
    assert [answer.failure for answer in answers] == [""]
    assert seen.count("train") == 1


def test_a_site_that_loses_every_question_is_late(make_site: MakeSite, clock: Clock, study: Study) -> None:
    killed = Loses("train", times=1000)
    grid = LocalGrid({"a": make_site("a")}, misbehaviours={"a": killed}, clock=clock)
    assert [answer.failure for answer in _train(grid, clock, study)] == ["late"]
    assert killed.asked.count("train") == 4
