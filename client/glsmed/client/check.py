"""``glsmed-client check``: everything that training needs, looked at offline; every fault is listed."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import torch

from glsmed.client.config import SiteConfig, load_site
from glsmed.client.devices import resolve_device
from glsmed.client.manifest import Manifest, read_manifest
from glsmed.client.node_state import prepare_state_folder
from glsmed.client.preparation import SPLITS, SiteSummary, by_split, label_rows, load_images, read_site_gold, summarise
from glsmed.shared.bundle import RELEASE, bundle_digest
from glsmed.shared.errors import ConfigurationError, GlsmedError
from glsmed.shared.study import Study, load_study
from glsmed.site_adapters.adapters import load_adapter
from glsmed.site_adapters.examples import check_examples

ResultT = TypeVar("ResultT")

_FEW_PATIENTS = 10


@dataclass(slots=True)
class CheckReport:
    """What was found; training can start if there are no faults."""

    config_file: Path
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summary: SiteSummary | None = None

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
    """Look at configuration, study, adapter, manifest, reports, images, gold, device and disk."""
    report = CheckReport(config_file)
    config = report.attempt(lambda: load_site(config_file))
    if config is None:
        return report
    report.lines.append(f"site {config.site}, glsmed {RELEASE}, flwr {version('flwr')}, bundle {bundle_digest()[:12]}…")
    prepare_state_folder(config.state_folder)
    _check_surroundings(report, config)
    study = report.attempt(lambda: load_study(config.study))
    _check_adapter(report, config, study)
    manifest = report.attempt(lambda: read_manifest(config.data.manifest))
    if study is not None and manifest is not None and not report.faults:
        _check_data(report, config, study, manifest)
    return report


def _check_surroundings(report: CheckReport, config: SiteConfig) -> None:
    device = report.attempt(lambda: resolve_device(config.device))
    if device is not None:
        name = (
            torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
        )
        report.lines.append(f"device {name}")
    free = shutil.disk_usage(config.state_folder).free
    report.lines.append(f"disk {free / 1e9:.1f} GB free at {config.state_folder}")
    if not config.centre.ca_certificate.is_file():
        report.warnings.append(f"{config.centre.ca_certificate}: no such file; needed to reach the centre")
    if not config.key.is_file():
        report.warnings.append(
            f"{config.key}: no key yet; make it with: glsmed-client --site {report.config_file} enroll"
        )
    if not config.egress.model_updates:
        report.warnings.append(
            "egress.model_updates is false: nothing may leave, so this site cannot take part in a round"
        )


def _check_adapter(report: CheckReport, config: SiteConfig, study: Study | None) -> None:
    adapter = report.attempt(lambda: load_adapter(config.data.adapter))
    if adapter is None:
        return
    report.lines.append(
        f"adapter {adapter.name}@{adapter.version} ({adapter.language}), {len(adapter.findings)} findings"
    )
    report.faults.extend(str(fault) for fault in check_examples(adapter))
    if study is None:
        return
    report.lines.append(f"study {study.study}, sha256 {study.digest()[:12]}…, {len(study.findings)} findings")
    unknown = [finding for finding in study.findings if finding not in adapter.findings]
    if len(unknown) == len(study.findings):
        report.faults.append(f"adapter {adapter.name} knows none of the study's findings: {', '.join(unknown)}")
    elif unknown:
        report.warnings.append(
            f"adapter {adapter.name} does not know {', '.join(unknown)}: masked at this site, never negative"
        )


def _check_data(report: CheckReport, config: SiteConfig, study: Study, manifest: Manifest) -> None:
    entries = by_split(manifest, config.data.split)
    report.attempt(lambda: load_images(config, study, entries))
    gold = report.attempt(lambda: read_site_gold(config, study, manifest))
    rows = report.attempt(lambda: label_rows(config, study, manifest))
    if rows is None or gold is None:
        return
    report.summary = summary = summarise(manifest, rows, entries, gold)
    for name in SPLITS:
        if summary.split_patients[name] == 0:
            report.faults.append(f"no patient falls into the {name} split; add patients or change data.split")
        elif summary.split_patients[name] < _FEW_PATIENTS:
            report.warnings.append(f"only {summary.split_patients[name]} patient(s) in the {name} split")
    if not any(row.weight > 0 for row in rows):
        report.faults.append("no report mentions a finding of the study: wrong adapter, or wrong reports?")


def render(report: CheckReport) -> str:
    """The report as text for a terminal."""
    blocks = [*report.lines]
    if report.summary is not None:
        blocks += _render_summary(report.summary)
    blocks += _render_list("warning", report.warnings)
    blocks += _render_list("fault", report.faults)
    blocks.append(
        f"{len(report.faults)} fault(s): training cannot start" if report.faults else "ready: training could start"
    )
    return "\n".join(blocks)


def _render_summary(summary: SiteSummary) -> list[str]:
    splits = ", ".join(f"{name} {summary.split_patients[name]}" for name in SPLITS)
    lines = [
        f"{summary.images} images, {summary.studies} studies, {summary.patients} patients ({splits})",
        f"{summary.gold_cells} gold cells",
        f"{'finding':<28}{'present':>10}{'uncertain':>11}{'absent':>9}{'unmentioned':>13}",
    ]
    for finding, states in summary.states.items():
        lines.append(
            f"{finding:<28}{states['present']:>10}{states['uncertain']:>11}{states['absent']:>9}{states['unmentioned']:>13}"
        )
    return lines


def _render_list(label: str, items: Iterable[str]) -> list[str]:
    return [f"{label}: {item}" for item in items]
