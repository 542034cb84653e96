from collections.abc import Callable, Mapping

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
        (claims(protocol=1), "protocol: expected 2, got 1"),
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

    assert greeting.participants.assemble(tell=tell) == {"a": 100, "b": 101}
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
