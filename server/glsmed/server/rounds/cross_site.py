"""Cross-site evaluation: every site measures the global model and the sites' own last models on its test split.

What the summary then says, and how to read it, is in docs/learning.md.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.peer_models import PeerModels
from glsmed.server.rounds.requests import RoundOutcome, RoundRequests
from glsmed.shared.metrics.macro import macro
from glsmed.shared.protocol.metric_names import DECISION_METRICS, EVALUATION_METRICS

_HIGH_IS_GOOD = ("auroc", "auprc")
_DECIMALS = 6  # differences of numbers with three decimals, without the noise of binary fractions
_LATE = "late"  # a site that was late once would be late for every model

Record = Callable[[str, Mapping[str, object]], None]
Findings = Mapping[str, Mapping[str, float]]  # metrics by finding


def measure_peers(
    peers: PeerModels,
    requests: RoundRequests,
    number: int,
    *,
    sites: Mapping[str, int],
    admitted: Collection[str],
    record: Record,
) -> Mapping[str, RoundOutcome]:
    """What the sites say of each other's models of a round, by the site whose model it is.

    Args:
        peers: the models that may be shown.
        requests: sends them.
        number: the round.
        sites: node id of each site that measures.
        admitted: the sites of the study now; the model of one that was withdrawn is not sent.
        record: appends an event with its fields to the audit log, before a model is sent and after it was measured.

    Raises:
        FederationError: a model's file is damaged, or the disk is full.
    """
    outcomes: dict[str, RoundOutcome] = {}
    late: set[str] = set()
    for of_site in (site for site in peers.sites(number) if site in admitted):
        model = peers.outgoing(number, of_site)
        asked = {site: node for site, node in sites.items() if site not in late}
        record("peer_model_sent", {"of_site": of_site, "round": number, "to": sorted(asked), "model": model.digest})
        outcome = requests.evaluate_peer(of_site, number, model, asked)
        outcome.not_counted.update(dict.fromkeys(late, _LATE))
        late |= {site for site, reason in outcome.not_counted.items() if reason == _LATE}
        numbers = {"numbers": outcome.counted, "not_counted": outcome.not_counted}
        record("peer_model_measured", {"of_site": of_site, "round": number, **numbers})
        outcomes[of_site] = outcome
    return outcomes


def cross_site_summary(
    number: int,
    outcome: RoundOutcome,
    peers: Mapping[str, RoundOutcome],
    *,
    taking_part: Collection[str],
    admitted: Collection[str],
) -> dict[str, object]:
    """The part ``cross_site`` of the run's summary.

    Args:
        number: the round of the sites' own models.
        outcome: of the final evaluation of the global model.
        peers: of the evaluation of each site's own model.
        taking_part: sites whose updates of that round counted.
        admitted: the sites of the study now.
    """
    federated, local = _by_site(outcome.rows), _by_site(outcome.local_rows)
    reasons = {site: _why_not_shown(site, taking_part, admitted) for site in sorted({*federated, *taking_part})}
    return {
        "round": number,
        "global": _model(outcome),
        "models_of": {site: _model(one) for site, one in sorted(peers.items())},
        "not_shown": {site: reason for site, reason in reasons.items() if site not in peers},
        "gain": {site: _gain(federated[site], local[site]) for site in sorted(federated.keys() & local.keys())},
        "alone": {site: decisions for site, findings in local.items() if (decisions := _decisions(findings))},
    }


def _model(outcome: RoundOutcome) -> dict[str, object]:
    """What all sites say of one model: the means over findings by site, and the site where it does worst."""
    measured = {site: _means(findings) for site, findings in _by_site(outcome.rows).items()}
    return {
        "measured_at": measured,
        "worst_site": worst_sites(measured),
        "not_measured": dict(sorted(outcome.not_counted.items())),
    }


def worst_sites(measured: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, object]]:
    """For each metric the site where it is worst (of several, the first by name), with its value."""
    worst: dict[str, dict[str, object]] = {}
    for metric in EVALUATION_METRICS:
        values = {site: numbers[metric] for site, numbers in sorted(measured.items()) if metric in numbers}
        if values:
            choose = min if metric in _HIGH_IS_GOOD else max
            site = choose(values, key=values.__getitem__)
            worst[metric] = {"site": site, "value": values[site]}
    return worst


def _gain(federated: Findings, local: Findings) -> dict[str, float]:
    """Federated less local, of means over the findings that have the metric for both models."""
    gain: dict[str, float] = {}
    for metric in (*EVALUATION_METRICS, *DECISION_METRICS):
        both = [name for name in federated if metric in federated[name] and metric in local.get(name, {})]
        if both:
            differences = [federated[name][metric] - local[name][metric] for name in both]
            gain[metric] = round(sum(differences) / len(both), _DECIMALS)
    return gain


def _decisions(findings: Findings) -> dict[str, dict[str, float]]:
    """What the alerts of a site's own model would do, by finding, as far as the site sent it."""
    known = {
        name: {metric: value for metric, value in metrics.items() if metric in DECISION_METRICS}
        for name, metrics in findings.items()
    }
    return {name: metrics for name, metrics in known.items() if metrics}


def _means(findings: Findings) -> dict[str, float]:
    return {metric: round(value, _DECIMALS) for metric, value in macro(findings).items()}


def _by_site(rows: Iterable[MetricRow]) -> Mapping[str, Findings]:
    """The metrics of each finding at each site that sent any."""
    sites: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row.finding and row.metric in (*EVALUATION_METRICS, *DECISION_METRICS):
            sites[row.site][row.finding][row.metric] = row.value
    return {site: dict(findings) for site, findings in sorted(sites.items())}


def _why_not_shown(site: str, taking_part: Collection[str], admitted: Collection[str]) -> str:
    if site not in admitted:
        return "its key was withdrawn"
    if site in taking_part:
        return "its policy does not let other sites measure its model"
    return "no update of it counted in that round"
