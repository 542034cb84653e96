"""Whether a site could start training: everything that it needs is checked offline, and every fault listed."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import torch

from glsmed.client.data.manifest import survey_manifest
from glsmed.client.egress.masking.roster_lines import roster_lines
from glsmed.client.egress.query_budget import QueryBudget
from glsmed.client.node.site_certificate import days_left, read_certificate
from glsmed.client.resident.data_readiness import check_data, check_manifest
from glsmed.client.resident.preparation import SiteSummary
from glsmed.client.resident.site_runtime import checked_model
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.settings.enrolment import certificate_beside, read_authority, read_private_key
from glsmed.client.training.devices import resolve_devices
from glsmed.client.training.round_training import steps_share_passes
from glsmed.shared.errors import BusyError, ConfigurationError, GlsmedError
from glsmed.shared.files.audit import verify
from glsmed.shared.protocol.bundle import RELEASE, bundle_digest
from glsmed.shared.protocol.study import Study, TrainingSection, load_study
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import load_calibration
from glsmed.site_adapters.reading.examples import check_examples

ResultT = TypeVar("ResultT")
_FEW_DAYS = 30  # of a certificate: it travels by hand


@dataclass(slots=True)
class CheckReport:
    """What was found; training can start if there is no fault.

    Attributes:
        page: the page that a person must look at, where it could be made.
    """

    config_file: Path
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summary: SiteSummary | None = None
    page: Path | None = None

    def attempt(self, action: Callable[[], ResultT]) -> ResultT | None:
        """The action's result; its errors become faults."""
        try:
            return action()
        except ConfigurationError as error:
            self.faults.extend(str(fault) for fault in error.faults)
        except GlsmedError as error:
            self.faults.append(str(error))
        return None


def run_check(config_file: Path) -> CheckReport:
    """The report on configuration, device, disk, study, adapter, calibration, manifest, reports, images and gold."""
    report = CheckReport(config_file)
    config = report.attempt(lambda: load_site(config_file))
    if config is None:
        return report
    report.lines.append(f"site {config.site}, glsmed {RELEASE}, flwr {version('flwr')}, bundle {bundle_digest()[:12]}…")
    study = report.attempt(lambda: load_study(config.study))
    _check_devices(report, config, TrainingSection() if study is None else study.training)
    _check_surroundings(report, config)
    if study is not None:
        _check_network(report, config, study)
        _check_choice(report, config, study)
        report.lines += report.attempt(lambda: roster_lines(config, study)) or []
    adapter = _check_adapter(report, config, study)
    survey = report.attempt(lambda: survey_manifest(config.data.manifest))
    if survey is not None:
        check_manifest(report, config, survey)
    if study is None or not config.state_folder.is_dir():
        report.warnings.append("images and labels were not checked: that needs the study and the state folder")
        return report
    _check_query_budget(report, config, study)
    if survey is not None:
        try:
            with config.state.held(work=f"check of {config.site}"):
                check_data(report, config, study, survey=survey, adapter=adapter)
        except BusyError as busy:
            report.warnings.append(f"images and labels were not checked: {busy}")
    return report


def _check_devices(report: CheckReport, config: SiteConfig, settings: TrainingSection) -> None:
    devices = report.attempt(lambda: resolve_devices(config.device, config.devices, settings)) or ()
    threads = config.cpu_threads or torch.get_num_threads()
    for device in dict.fromkeys(devices):
        processes = f" in {len(devices)} processes" if len(devices) > 1 else ""
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu, {threads} threads{processes}"
        report.lines.append(f"device {name}")


def _check_network(report: CheckReport, config: SiteConfig, study: Study) -> None:
    """The study's first model, which this site must be able to make and to train."""
    model = report.attempt(lambda: checked_model(config, study))
    if model is None:
        return
    report.lines.append(f"model {study.model.architecture}, {study.model.initial_weights or 'random weights'}")
    if study.training.privacy.is_on and not steps_share_passes(model, image_size_px=study.model.image_size_px):
        report.warnings.append(
            f"{study.model.architecture} is trained one patient at a time, since the study has differential privacy: "
            "rounds take longer on a GPU"
        )


def _check_choice(report: CheckReport, config: SiteConfig, study: Study) -> None:
    """Whether what the study chooses its best round by may leave."""
    composite = study.federation.choosing_composite
    kept = [] if composite is None else [name for name in composite.parts if name not in config.egress.metrics]
    if kept:
        report.warnings.append(
            f"the study chooses its best round by the composite score, and egress.metrics lacks {', '.join(kept)}: "
            "this site has no say in the choice"
        )


def _check_surroundings(report: CheckReport, config: SiteConfig) -> None:
    if report.attempt(lambda: _prepared(config)):
        free = shutil.disk_usage(config.state_folder).free
        report.lines.append(f"disk {free / 1e9:.1f} GB free at {config.state_folder}")
        _check_audit(report, config.state.audit_log)
    _check_identity(report, config)
    if not config.egress.model_updates:
        report.warnings.append(
            "egress.model_updates is false: nothing may leave, so this site cannot take part in a round"
        )


def _check_identity(report: CheckReport, config: SiteConfig) -> None:
    """The study's authority and the site's key: a missing one may still come, a damaged one is a fault."""
    if config.centre.ca_certificate.exists():
        report.attempt(lambda: read_authority(config.centre.ca_certificate))
    else:
        report.warnings.append(f"{config.centre.ca_certificate}: no such file; needed to reach the centre")
    if config.key.exists():
        report.attempt(lambda: read_private_key(config.key))
        _check_own_certificate(report, config)
    else:
        enroll = f"glsmed-client --site {report.config_file} enroll"
        report.warnings.append(f"{config.key}: no key yet; make it with: {enroll}")


def _check_own_certificate(report: CheckReport, config: SiteConfig) -> None:
    """What this site shows the centre; until it is admitted it has none."""
    path = certificate_beside(config.key)
    if not path.exists():
        report.warnings.append(f"{path}: no such file yet: the centre sends it once it has admitted this site")
        return
    if not config.centre.ca_certificate.exists():
        return
    certificate = report.attempt(lambda: read_certificate(config.key, config.centre.ca_certificate))
    if certificate is None:
        return
    report.lines.append(f"certificate of this site, valid until {certificate.not_valid_after_utc:%Y-%m-%d}")
    if days_left(certificate) < _FEW_DAYS:
        report.warnings.append(
            f"{path} ends in {days_left(certificate)} days: ask the centre for a new one (flwr-server certify), and "
            "restart this client with it. Nobody enrolls again"
        )


def _prepared(config: SiteConfig) -> bool:
    config.state.prepare()
    return True


def _check_audit(report: CheckReport, log: Path) -> None:
    audit = verify(log)
    if audit.first_broken is None:
        report.lines.append(f"audit {audit.entries} entries, unbroken")
    else:
        report.faults.append(f"{log}:{audit.first_broken}: {audit.reason}; nothing is sent until it is moved away")


def _check_query_budget(report: CheckReport, config: SiteConfig, study: Study) -> None:
    budget = QueryBudget(config.state, study, runs=config.egress.max_runs, peer_models=config.egress.max_peer_models)
    left = report.attempt(budget.left)
    if left is not None:
        report.lines.append(budget.left_in_words())
        used_up = [kind for kind, number in left.items() if number <= 0]
        if used_up:
            report.warnings.append(
                f"the query budget of this study is spent ({', '.join(used_up)}): raise egress.max_runs to answer more "
                "new requests (of kind peer: egress.max_peer_models)"
            )


def _check_adapter(report: CheckReport, config: SiteConfig, study: Study | None) -> Adapter | None:
    """The adapter, where it and the site's calibration can be used."""
    adapter = report.attempt(lambda: load_adapter(config.data.adapter))
    if adapter is None:
        return None
    report.lines.append(
        f"adapter {adapter.name}@{adapter.version} ({adapter.language}), {len(adapter.findings)} findings"
    )
    report.faults.extend(str(fault) for fault in check_examples(adapter))
    if study is not None:
        _check_findings(report, adapter, study)
    return adapter if _check_calibration(report, config, adapter) else None


def _check_findings(report: CheckReport, adapter: Adapter, study: Study) -> None:
    report.lines.append(f"study {study.study}, sha256 {study.digest()[:12]}…, {len(study.findings)} findings")
    unknown = [finding for finding in study.findings if finding not in adapter.findings]
    if len(unknown) == len(study.findings):
        report.faults.append(f"adapter {adapter.name} knows none of the study's findings: {', '.join(unknown)}")
    elif unknown:
        report.warnings.append(
            f"adapter {adapter.name} does not know {', '.join(unknown)}: masked at this site, never negative"
        )


def _check_calibration(report: CheckReport, config: SiteConfig, adapter: Adapter) -> bool:
    path = config.data.calibration
    if path is None:
        report.lines.append("calibration none of this site's own")
        return True
    calibration = report.attempt(lambda: load_calibration(path, adapter))
    if calibration is None:
        return False
    made_from = f"{calibration.file.labels} gold labels, {calibration.file.hedged} of them hedged"
    report.lines.append(f"calibration {path.name} from {made_from}, sha256 {calibration.digest[:12]}…")
    return True
