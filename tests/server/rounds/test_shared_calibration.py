import json
from collections.abc import Mapping
from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import LocalGrid, Misbehaviour
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds.shared_calibration import SharedCalibration
from glsmed.server.rounds.site_messenger import Clock, SiteMessenger
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_to_json
from glsmed.shared.cue_calibration.shared_prior import SharedPrior, prior_from_json
from glsmed.shared.errors import PrivacyError
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import CountsReply, PriorReply, PriorTask
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import only, raises


def _count(trials: int, successes: int, *, cue: str = "possible") -> CueCount:
    return CueCount(
        cue=f"en/{cue}", family="en/doubt", prior_mean=0.5, prior_strength=2, trials=trials, successes=successes
    )


class Sites:
    """Sites that answer with given counts and remember the prior that they were given."""

    def __init__(
        self, study: Study, counts: dict[str, list[CueCount]], *, faults: Mapping[str, Misbehaviour] | None = None
    ) -> None:
        self.taken: dict[str, list[SharedPrior]] = {site: [] for site in counts}
        self.asked: list[str] = []
        self.grid = LocalGrid({site: self._app(site, own, study) for site, own in counts.items()}, misbehaviours=faults)
        self.nodes = {site: node for node, site in self.grid.nodes.items()}

    def _app(self, site: str, own: list[CueCount], study: Study) -> ClientApp:
        app = ClientApp()

        @app.query("cue_counts")
        def counts(message: Message, _: Context) -> Message:
            self.asked.append(site)
            reply = CountsReply(study_digest=study.digest(), counts=counts_to_json(own))
            return Message(encode(reply), reply_to=message)

        @app.query("shared_prior")
        def prior(message: Message, _: Context) -> Message:
            self.taken[site].append(prior_from_json(decode(message.content, PriorTask).prior))
            return Message(encode(PriorReply(study_digest=study.digest())), reply_to=message)

        return app


def _shared(sites: Sites, study: Study, folder: Path, clock: Clock) -> SharedCalibration:
    messenger = SiteMessenger(sites.grid, lambda: sites.grid.nodes, clock=clock, on_wait=lambda: None)
    return SharedCalibration(messenger, study, RunFolder(folder))


def _events(folder: Path) -> list[str]:
    return [json.loads(line)["event"] for line in (folder / "audit.jsonl").read_text().splitlines()]


def test_every_site_is_given_what_the_counts_of_all_say(study: Study, tmp_path: Path, clock: Clock) -> None:
    sites = Sites(study, {"a": [_count(100, 80)], "b": [_count(100, 80)], "without-gold": []})
    ready = _shared(sites, study, tmp_path, clock).settle(sites.nodes, tell=lambda _: None)
    assert ready == sites.nodes
    belief = sites.taken["without-gold"][0].cues["en/possible"]
    assert (belief.sites, belief.trials) == (2, 200)
    assert 0.5 < belief.mean < 0.8  # between the language's own belief and the sites' share
    assert sites.taken["a"] == sites.taken["without-gold"]


def test_a_site_is_given_the_prior_once(study: Study, tmp_path: Path, clock: Clock) -> None:
    sites = Sites(study, {"a": [_count(10, 5)], "b": []})
    shared = _shared(sites, study, tmp_path, clock)
    shared.settle({"a": sites.nodes["a"]}, tell=lambda _: None)
    shared.settle(sites.nodes, tell=lambda _: None)
    assert [len(taken) for taken in sites.taken.values()] == [1, 1]
    assert sites.asked == ["a"]


def test_a_prior_that_is_settled_outlives_the_centre(study: Study, tmp_path: Path, clock: Clock) -> None:
    sites = Sites(study, {"a": [_count(10, 5)]})
    _shared(sites, study, tmp_path, clock).settle(sites.nodes, tell=lambda _: None)
    _shared(sites, study, tmp_path, clock).settle(sites.nodes, tell=lambda _: None)
    assert sites.asked == ["a"]
    assert sites.taken["a"][0] == sites.taken["a"][1]


def test_a_site_that_may_not_send_counts_still_starts_from_the_prior(
    study: Study, tmp_path: Path, clock: Clock
) -> None:
    closed = only(raises(PrivacyError("no")), kinds=["query.cue_counts"])
    sites = Sites(study, {"a": [_count(10, 5)], "closed": []}, faults={"closed": closed})
    ready = _shared(sites, study, tmp_path, clock).settle(sites.nodes, tell=lambda _: None)
    assert set(ready) == {"a", "closed"}
    assert "no_cue_counts" in _events(tmp_path)


def test_a_site_that_does_not_take_the_prior_is_named_and_left_out(study: Study, tmp_path: Path, clock: Clock) -> None:
    unwilling = only(raises(PrivacyError("no")), kinds=["query.shared_prior"])
    sites = Sites(study, {"a": [_count(10, 5)], "other": []}, faults={"other": unwilling})
    said: list[str] = []
    ready = _shared(sites, study, tmp_path, clock).settle(sites.nodes, tell=said.append)
    assert set(ready) == {"a"}
    assert said[-1].startswith("other did not take the shared prior: PrivacyError")
    assert "prior_not_taken" in _events(tmp_path)
