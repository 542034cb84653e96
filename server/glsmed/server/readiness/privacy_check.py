"""What a private study will have cost when it ends, and for which sites its budget lasts."""

from glsmed.server.readiness.report import CheckReport
from glsmed.shared.privacy.accounting import gaussian_noise
from glsmed.shared.privacy.planning import OFFSET_NOISE, fewest_patients, study_epsilon
from glsmed.shared.protocol.study import PrivacySection, TrainingSection

_SITES = (500, 5_000, 50_000)  # training patients
_SMALL = 500


def check_privacy(training: TrainingSection) -> CheckReport:
    """Epsilon of the whole study at sites of three sizes, and how large a site must be for its budget to last."""
    report, privacy = CheckReport(), training.privacy
    if not privacy.is_on:
        return report
    costs = ", ".join(f"{study_epsilon(training, patients):.2f} with {patients}" for patients in _SITES)
    report.lines.append(f"privacy: epsilon after all {training.rounds} rounds is {costs} training patients")
    if training.site_offset:
        report.lines.append(f"of it is one sum for the base-rate offset, noise {OFFSET_NOISE:g} (training.site_offset)")
    report.lines.append(_metrics_line(privacy))
    fewest = fewest_patients(training)
    if fewest is None:
        report.faults.append(
            f"training.privacy: max_epsilon {privacy.max_epsilon:g} lasts at no site for {training.rounds} rounds of "
            f"{training.steps_per_round} steps: more noise or fewer steps; flwr-server init --private plans them"
        )
    elif fewest > _SMALL:
        report.warnings.append(
            f"training.privacy: max_epsilon {privacy.max_epsilon:g} lasts for all {training.rounds} rounds at sites "
            f"with {fewest} or more training patients; a smaller one trains fewer rounds, and measures to the end"
        )
    return report


def _metrics_line(privacy: PrivacySection) -> str:
    if not privacy.metrics_epsilon:
        return "metrics: sites send none of any model (training.privacy.metrics_epsilon is 0); the last round is kept"
    noise = gaussian_noise(privacy.metrics_epsilon, delta=privacy.delta)
    return (
        f"metrics: of the final evaluation alone, out of noisy counts (noise {noise:g}): epsilon "
        f"{privacy.metrics_epsilon:g} of validation and test patients, whom training does not cost anything; the last "
        "round is kept"
    )
