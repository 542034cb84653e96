"""What a site's patients have spent, what one more round costs, and whether a study's budget lasts: in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.patient_account import PatientAccount, metrics_of
from glsmed.client.settings.privacy_ledger import PrivacyLedger, metrics_cost, require_small_delta
from glsmed.shared.errors import PrivacyError
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.privacy.planning import round_steps, rounds_within
from glsmed.shared.protocol.study import Study

_DIGEST_SHOWN = 12


@dataclass(slots=True)
class PrivacyForecast:
    """What to tell a person; faults keep the study from training here at all."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def forecast(config: SiteConfig, study: Study, *, patients: int) -> PrivacyForecast:
    """What a private study will cost at this site from now on.

    Args:
        config: the site.
        study: a private one.
        patients: training patients with a labelled image.

    Raises:
        DataError: the site's account is damaged.
    """
    ledger, found = PrivacyLedger.of_site(config, study), PrivacyForecast()
    account, wrong = ledger.file.read(), ledger.file.mismatch()
    if wrong:
        found.warnings.append(f"{ledger.file.path}: {wrong}: the most that either holds is counted")
    try:
        require_small_delta(study.training.privacy, patients)
    except PrivacyError as error:
        found.faults.append(str(error))
    before, owed = account.of(ledger.study), ledger.owed(account, study.training)
    rounds = study.training.rounds
    wanted = rounds - ledger.trained_steps(account) // study.training.steps_per_round
    left = _rounds_left(ledger, study, account, patients)
    at_end = epsilon([*before, *owed, _rounds(study, patients, max(wanted, 0))], delta=study.training.privacy.delta)
    found.lines.append(
        f"privacy: {rounds} rounds with {patients} patients end at epsilon {at_end:.2f}; the study allows "
        f"{study.training.privacy.max_epsilon:g}"
    )
    found.lines.append(_metrics_line(study))
    if _metrics_cost_too_much(ledger, study, account):
        found.warnings.append(
            "the metrics of the final evaluation cannot be paid for, and none will leave: "
            f"privacy.max_epsilon_per_patient is {config.privacy.max_epsilon_per_patient:g} over all studies"
        )
    if left < wanted:
        found.warnings.append(
            f"the privacy budget lasts for {left} of {wanted} rounds: ask the centre for more noise or fewer steps "
            f"(flwr-server init --private plans them), or raise privacy.max_epsilon_per_patient "
            f"({config.privacy.max_epsilon_per_patient:g} over all studies)"
        )
    return found


def account_lines(config: SiteConfig, study: Study, *, patients: int) -> Iterator[str]:
    """Lines for a person: spent and left over all studies, and of each; what one more round costs.

    Raises:
        DataError: the site's account is damaged.
    """
    ledger = PrivacyLedger.of_site(config, study)
    account, limit = ledger.file.read(), config.privacy
    over_all = ledger.over_all(account)
    yield (
        f"over all studies: epsilon {over_all:.3f} spent at delta {limit.delta:g}, "
        f"{max(0.0, limit.max_epsilon_per_patient - over_all):.3f} left of {limit.max_epsilon_per_patient:g} "
        "(privacy.max_epsilon_per_patient)"
    )
    for digest, entries in account.studies.items():
        if digest not in (ledger.study, ledger.metrics):
            spent = epsilon([one.taken for one in entries], delta=limit.delta)
            what = "study" if digest == digest.removesuffix(metrics_of("")) else "metrics of study"
            yield f"{what} {digest[:_DIGEST_SHOWN]}…: epsilon {spent:.3f} spent at delta {limit.delta:g}"
    yield from _of_this_study(ledger, study, account, patients)
    if wrong := ledger.file.mismatch():
        yield f"warning: {ledger.file.path}: {wrong}: the most that either holds is counted"


def _of_this_study(ledger: PrivacyLedger, study: Study, account: PatientAccount, patients: int) -> Iterator[str]:
    settings, before = study.training.privacy, account.of(ledger.study)
    if before and before[-1].sampling_rate < 1:  # as the last round counted them
        patients = round(study.training.batch_size / before[-1].sampling_rate)
    if not settings.is_on:
        yield f"study {study.study} is not private (training.privacy.noise_multiplier is 0): it spends nothing here"
        return
    one_more = [*ledger.owed(account, study.training), _rounds(study, patients, 1)]
    spent, after = (epsilon(taken, delta=settings.delta) for taken in (before, [*before, *one_more]))
    limit = ledger.limit
    those = account.all(without=ledger.metrics)
    over_all = [epsilon(taken, delta=limit.delta) for taken in (those, [*those, *one_more])]
    yield (
        f"study {study.study}: epsilon {spent:.3f} spent at delta {settings.delta:g}, "
        f"{max(0.0, settings.max_epsilon - spent):.3f} left of {settings.max_epsilon:g} (training.privacy.max_epsilon)"
    )
    yield (
        f"one more round of {study.training.steps_per_round} steps with {patients} patients: +{after - spent:.3f} in "
        f"the study, +{over_all[1] - over_all[0]:.3f} over all; {_rounds_left(ledger, study, account, patients)} more "
        "rounds can be paid for"
    )
    paid = "they are paid for" if account.of(ledger.metrics) else "not yet paid for"
    yield _metrics_line(study) + (f"; {paid}" if settings.metrics_epsilon else "")


def _metrics_cost_too_much(ledger: PrivacyLedger, study: Study, account: PatientAccount) -> bool:
    if not study.training.privacy.metrics_epsilon or account.of(ledger.metrics):
        return False
    taken = [*account.all(without=ledger.study), metrics_cost(study.training.privacy).taken]
    return epsilon(taken, delta=ledger.limit.delta) > ledger.limit.max_epsilon_per_patient


def _metrics_line(study: Study) -> str:
    settings = study.training.privacy
    if not settings.metrics_epsilon:
        return "metrics: none of a model leaves this site (training.privacy.metrics_epsilon is 0)"
    return (
        f"metrics: those of the final evaluation cost validation and test patients epsilon "
        f"{settings.metrics_epsilon:g}, once (noise {metrics_cost(settings).noise_multiplier:g}); rounds send none"
    )


def _rounds_left(ledger: PrivacyLedger, study: Study, account: PatientAccount, patients: int) -> int:
    """How many more rounds both limits allow, up to those of the study."""
    training, own = study.training, ledger.limit
    owed = ledger.owed(account, training)
    in_study = rounds_within(
        training,
        patients,
        limit=training.privacy.max_epsilon,
        delta=training.privacy.delta,
        before=[*account.of(ledger.study), *owed],
    )
    over_all = rounds_within(
        training,
        patients,
        limit=own.max_epsilon_per_patient,
        delta=own.delta,
        before=[*account.all(without=ledger.metrics), *owed],
    )
    return min(in_study, over_all)


def _rounds(study: Study, patients: int, rounds: int) -> PrivateSteps:
    return round_steps(study.training, patients, rounds=rounds)
