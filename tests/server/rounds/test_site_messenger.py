from collections.abc import Callable, Iterable

import numpy as np
import pytest
from flwr.app import ConfigRecord, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, LocalGrid, Misbehaviour
from glsmed.server.rounds.site_messenger import Clock, Request, SiteMessenger, SiteReply
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import Hello
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import answers_late, never_answers, only
from tests.server.conftest import train_task

MakeSite = Callable[..., ClientApp]
HELLO = encode(Hello(study_digest="ab", run="doubt"))


def _messenger(grid: LocalGrid, clock: Clock) -> SiteMessenger:
    return SiteMessenger(grid, lambda: grid.nodes, clock=clock, on_wait=lambda: None)


def _ask(messenger: SiteMessenger) -> dict[str, SiteReply]:
    request = Request.of(HELLO, kind="query", group="hello", deadline_seconds=10)
    answers = messenger.ask(request, messenger.online().sites)
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
    request = Request.of(RecordDict({"head": ConfigRecord()}), kind="query", group="hello", deadline_seconds=10)
    answers = messenger.ask(request, sites)
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
    messenger = _messenger(grid, clock)
    request = Request(
        content=lambda _site, _whole: encode(train_task(study, 1)),
        kind="train",
        group="1",
        deadline_seconds=deadline_seconds,
        probe=HELLO,
    )
    return list(messenger.ask(request, messenger.online().sites))


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


def _rounds(
    messenger: SiteMessenger, study: Study, numbers: Iterable[int], *, deadline: float
) -> list[list[SiteReply]]:
    """The replies to the requests of several rounds, each of which asks the sites that are not busy."""
    all_replies = []
    for number in numbers:
        request = Request(
            content=lambda _site, _whole, number=number: encode(train_task(study, number)),  # type: ignore[misc]  # bound
            kind="train",
            group=str(number),
            deadline_seconds=deadline,
        )
        online = messenger.online().sites
        busy = messenger.busy(online)
        all_replies.append(
            list(messenger.ask(request, {site: node for site, node in online.items() if site not in busy}))
        )
    return all_replies


def test_a_late_reply_comes_with_the_group_of_its_request(make_site: MakeSite, clock: Clock, study: Study) -> None:
    faults: dict[str, Misbehaviour] = {"b": only(answers_late(15), rounds={1}), "a": answers_late(8)}
    grid = LocalGrid({name: make_site(name) for name in ("a", "b")}, misbehaviours=faults, clock=clock)
    first, second, third = _rounds(_messenger(grid, clock), study, (1, 2, 3), deadline=10)
    assert [(reply.site, reply.group, reply.failure) for reply in first] == [("a", "1", ""), ("b", "1", "late")]
    assert [(reply.site, reply.group, reply.failure) for reply in second] == [("b", "1", ""), ("a", "2", "")]
    assert [(reply.site, reply.group) for reply in third] == [("b", "3"), ("a", "3")]


def test_a_site_that_lacks_what_it_was_believed_to_have_is_sent_the_whole(
    make_site: MakeSite, clock: Clock, study: Study
) -> None:
    asked: list[bool] = []
    other: Arrays = {"weight": np.ones(2, dtype=np.float32), "batches": np.zeros(1, dtype=np.int64)}

    def content(_site: str, whole: bool) -> RecordDict:
        asked.append(whole)
        return encode(train_task(study, 1, other if whole else None, digest_of=other))

    grid = LocalGrid({"a": make_site("a")}, clock=clock)
    request = Request(content=content, kind="train", group="1", deadline_seconds=10, brief_for=["a"])
    replies = list(_messenger(grid, clock).ask(request, grid_sites(grid)))
    assert [reply.failure for reply in replies] == [""]
    assert (asked, request.sent_whole) == ([False, True], ["a"])


def grid_sites(grid: LocalGrid) -> dict[str, int]:
    return {site: node for node, site in grid.nodes.items()}
