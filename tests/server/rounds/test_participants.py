from collections.abc import Callable, Iterable, Mapping

import pytest
from flwr.app import Message
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour
from glsmed.server.rounds.participants import Participants
from glsmed.server.rounds.site_messenger import Clock, SiteMessenger
from glsmed.shared.errors import BundleRefusedError
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import claims, never_answers, raises

MakeSite = Callable[..., ClientApp]


class Greeting:
    """The participants of a study over sites in this process, with what went into the audit log."""

    def __init__(
        self, study: Study, apps: Mapping[str, ClientApp], clock: Clock, faults: dict[str, Misbehaviour]
    ) -> None:
        self.grid = LocalGrid(apps, misbehaviours=faults, clock=clock)
        self.known = dict(self.grid.nodes)
        self.log: list[tuple[str, dict[str, object]]] = []
        messenger = SiteMessenger(self.grid, lambda: self.known, clock=clock, on_wait=lambda: None)
        self.participants = Participants(messenger, study, record=lambda event, f: self.log.append((event, dict(f))))

    def reasons(self) -> dict[object, object]:
        return {fields["site"]: fields["reason"] for event, fields in self.log if event == "site_not_ready"}


MakeGreeting = Callable[..., Greeting]


@pytest.fixture
def greet(study: Study, make_site: MakeSite, clock: Clock) -> MakeGreeting:
    def make(apps: Mapping[str, ClientApp] | None = None, **faults: Misbehaviour) -> Greeting:
        return Greeting(study, apps or {name: make_site(name) for name in ("a", "b")}, clock, faults)

    return make


def test_sites_that_approved_the_study_are_ready_and_recorded_once(greet: MakeGreeting) -> None:
    greeting = greet()
    assert greeting.participants.ready(1) == {"a": 100, "b": 101}
    assert greeting.participants.ready(1) == {"a": 100, "b": 101}
    joined = {"release": "0.1.0", "metrics": {"patients": 12.0}}
    assert greeting.log == [("site_joined", {"site": "a", **joined}), ("site_joined", {"site": "b", **joined})]


def test_a_site_that_calls_itself_by_anothers_name_is_not_ready(greet: MakeGreeting, make_site: MakeSite) -> None:
    greeting = greet({"a": make_site("a"), "b": make_site("a")})
    assert list(greeting.participants.ready(1)) == ["a"]
    assert greeting.reasons() == {"b": "site: expected 'b', got 'a'"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (claims(study_digest="other"), "study: expected"),
        (claims(protocol=1), "protocol: expected 3, got 1"),
        (raises(BundleRefusedError("not this one")), "BundleRefusedError"),
        (never_answers, "late"),
    ],
)
def test_a_site_that_does_not_agree_is_named_with_its_reason(
    greet: MakeGreeting, fault: Misbehaviour, reason: str
) -> None:
    greeting = greet(b=fault)
    assert list(greeting.participants.ready(1)) == ["a"]
    assert str(greeting.reasons()["b"]).startswith(reason)


def test_a_number_that_is_no_metric_of_the_study_keeps_a_site_out(greet: MakeGreeting) -> None:
    def counts_reports(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        reply.content.metric_records["metrics"]["reports"] = 7.0
        return reply

    greeting = greet(b=counts_reports)
    assert list(greeting.participants.ready(1)) == ["a"]
    assert greeting.reasons() == {"b": "record 'metrics': 'reports' is not a metric of this study"}


def test_the_same_reason_is_recorded_once(greet: MakeGreeting, clock: Clock) -> None:
    greeting = greet(b=claims(study_digest="other"))
    for _ in range(3):
        greeting.participants.ready(1)
        clock.sleep(6)
    assert [event for event, _ in greeting.log] == ["site_joined", "site_not_ready"]


@pytest.mark.parametrize(("quorum", "pause"), [(2, 5), (1, 60)], ids=["quorum missing", "quorum there"])
def test_a_site_that_did_not_agree_is_asked_again_after_a_pause(
    study: Study, clock: Clock, make_site: MakeSite, quorum: int, pause: float
) -> None:
    asked: list[float] = []

    def refuses(task: Message, ask: Ask) -> Message:
        asked.append(clock.now())
        raise BundleRefusedError("never")

    study = study.model_copy(update={"federation": study.federation.model_copy(update={"quorum": quorum})})
    apps = {name: make_site(name, study_digest=study.digest()) for name in ("a", "b")}
    greeting = Greeting(study, apps, clock, {"b": refuses})
    while clock.now() < 2.5 * pause:
        greeting.participants.ready(1)
        clock.sleep(1)
    assert asked == [0, pause, 2 * pause]


def test_it_waits_for_the_quorum_and_says_who_is_missing(greet: MakeGreeting, clock: Clock) -> None:
    greeting = greet(b=claims(study_digest="other"))
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if clock.now() > 3:
            greeting.grid._misbehaviours.clear()

    assert greeting.participants.assemble(1, tell=tell, may_go_on=lambda: True) == {"a": 100, "b": 101}
    assert set(lines) == {
        f"waiting for sites: 1 of 2 ready (a); b is online but not ready: {greeting.reasons()['b']}",
    }


def test_a_node_that_belongs_to_no_site_is_recorded_once_and_left_out(greet: MakeGreeting) -> None:
    greeting = greet()
    del greeting.known[101]
    assert [dict(greeting.participants.ready(1)) for _ in range(2)] == [{"a": 100}] * 2
    ignored = ("node_ignored", {"node": 101, "reason": "no site was admitted with its key"})
    assert [entry for entry in greeting.log if entry[0] == "node_ignored"] == [ignored]


def test_a_long_release_of_a_site_is_cut_short(greet: MakeGreeting) -> None:
    greeting = greet(b=claims(release="x" * 1000))
    greeting.participants.ready(1)
    assert [len(str(fields["release"])) for _, fields in greeting.log] == [5, 80]


def test_whoever_told_it_to_stop_waiting_gets_the_sites_that_are_there(greet: MakeGreeting) -> None:
    greeting = greet(b=never_answers)
    assert greeting.participants.assemble(1, tell=lambda _: None, may_go_on=lambda: False) == {"a": 100}


def _fail(participants: Participants, site: str, rounds: Iterable[int]) -> None:
    for number in rounds:
        others = {other: 1 for other in ("a", "b", "c") if other != site}
        participants.note_round(number, counted=others, not_counted={site: "late"})


def test_a_site_that_fails_again_and_again_sits_out_and_is_asked_again(
    greet: MakeGreeting, make_site: MakeSite
) -> None:
    greeting = greet({name: make_site(name) for name in ("a", "b", "c")})
    participants = greeting.participants
    participants.ready(1)
    _fail(participants, "c", (1, 2, 3))  # failures_before_pause: 3, pause_rounds: 3
    assert [list(participants.ready(number)) for number in (4, 6, 7)] == [["a", "b"], ["a", "b"], ["a", "b", "c"]]
    aside = [fields for event, fields in greeting.log if event == "site_set_aside"]
    assert aside == [{"site": "c", "until_round": 7, "reason": "late"}]


def test_an_update_that_counts_ends_a_row_of_failures(greet: MakeGreeting, make_site: MakeSite) -> None:
    participants = greet({name: make_site(name) for name in ("a", "b", "c")}).participants
    _fail(participants, "c", (1, 2))
    participants.note_round(3, counted={"c": 1}, not_counted={})
    _fail(participants, "c", (4, 5))
    assert "c" in participants.ready(6)


def test_a_quorum_that_needs_a_site_does_not_set_it_aside(greet: MakeGreeting) -> None:
    participants = greet().participants
    _fail(participants, "b", (1, 2, 3))
    assert list(participants.ready(4)) == ["a", "b"]


def test_who_leaves_and_who_comes_back_is_recorded(greet: MakeGreeting) -> None:
    greeting = greet()
    greeting.participants.ready(1)
    greeting.grid.take_offline("b")
    greeting.participants.ready(2)
    greeting.grid.bring_back("b")
    greeting.participants.ready(3)
    moves = [(event, dict(fields)) for event, fields in greeting.log if event in ("site_left", "site_back")]
    assert moves == [("site_left", {"site": "b", "reason": "it is offline"}), ("site_back", {"site": "b"})]
