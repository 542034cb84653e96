"""What a site of a private study says of the study's final model: metrics out of noisy counts, paid for once."""

import structlog
import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.egress.noisy_counts import CountNoise, bounded_counts, plausible, with_noise
from glsmed.client.egress.noisy_numbers import numbers_of_counts
from glsmed.client.egress.query_budget import RecordedAnswer
from glsmed.client.evaluation.evaluation import Reference, certain_labels
from glsmed.client.learning.calibration_of_counts import calibration_of_counts
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.differential_privacy.secret_random import SecretRandom
from glsmed.client.training.steps.training import predict_logits
from glsmed.shared.errors import PrivacyBudgetError
from glsmed.shared.processes.error_words import words_for_log


def no_numbers(site: SiteRuntime) -> RecordedAnswer:
    """An answer without a number."""
    return RecordedAnswer(_reference(site), {})


def noisy_answer(site: SiteRuntime) -> RecordedAnswer:
    """The metrics of the model that the site's runtime holds on the test split.

    There are none where the study has no ``metrics_epsilon``, where no metric may leave this site, or where the study's
    metrics were paid for before. Nothing of a patient is looked at before the noise is paid for.

    Raises:
        DataError: the account is damaged.
        OSError: the disk is full.
    """
    settings = site.study.training.privacy
    if not settings.metrics_epsilon or not site.egress.sends_final_numbers:
        return no_numbers(site)
    ledger = PrivacyLedger.of_site(site.config, site.study, record=site.egress.audit.append)
    try:
        noise = CountNoise(ledger.pay_metrics(settings), len(site.study.findings))
    except PrivacyBudgetError as error:
        structlog.get_logger().warning("no_metrics", detail=words_for_log(error))
        return no_numbers(site)
    return _measured(site, noise, SecretRandom())


def _measured(site: SiteRuntime, noise: CountNoise, random: SecretRandom) -> RecordedAnswer:
    """Calibrated by noisy counts of the validation split, measured by those of the test split: by other patients."""
    findings, reference = site.study.findings, _reference(site)
    validation, test = site.splits["validation"], site.splits["test"]
    calibration = OutputCalibration(findings=findings, curves={})
    if reference == "gold":
        said = _probabilities(site, validation, calibration)
        counts = _noisy(bounded_counts(said, validation.calibration_gold, validation.patients), noise, random)
        calibration = calibration_of_counts(counts, findings, kind=site.study.model.calibration_map)
    truth = test.gold if reference == "gold" else certain_labels(test)
    said = _probabilities(site, test, calibration)
    counts = _noisy(bounded_counts(said, truth, test.patients), noise, random)
    return RecordedAnswer(reference, numbers_of_counts(counts, findings, reference=reference))


def _noisy(counts: Tensor, noise: CountNoise, random: SecretRandom) -> Tensor:
    return plausible(with_noise(counts, noise, random.normal(counts.shape, device=torch.device("cpu"))), noise)


def _reference(site: SiteRuntime) -> Reference:
    """What the model is compared with, as config.yaml says: whether any patient has gold must not decide for all."""
    return "reports" if site.config.data.gold is None else "gold"


def _probabilities(site: SiteRuntime, examples: Examples, calibration: OutputCalibration) -> Tensor:
    """``(N, K)``; one image at a time: beside others the last digits of one follow from who they are, and how many."""
    rows = (examples.rows(slice(row, row + 1)) for row in range(len(examples)))
    return torch.cat([calibration.probabilities(_logits_of_one(site, image)) for image in rows])


def _logits_of_one(site: SiteRuntime, image: Examples) -> Tensor:
    """``(1, K)``; NaN, which counts as any other score, where the model fails: nobody must notice it."""
    try:
        return predict_logits(site.model, image, device=site.device)
    except Exception as error:
        structlog.get_logger().warning("image_not_measured", error=type(error).__name__)
        return torch.full_like(image.targets, torch.nan)
