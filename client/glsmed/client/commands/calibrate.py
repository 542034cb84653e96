"""``glsmed-client calibrate``: what the words mean at this site, by the gold labels that its model may learn from."""

from pathlib import Path

import typer

from glsmed.client.data.manifest import Manifest, read_manifest
from glsmed.client.labels.shared_calibration import usable_gold
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration_writer import write_calibration
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.commands.gold_warnings import warn_of_other_findings
from glsmed.site_adapters.inputs.gold_labels import Gold, read_gold
from glsmed.site_adapters.reading.reader import Reader


def calibrate_command(config_file: Path, *, out: Path | None, prior: Path | None, learned: bool) -> None:
    """Write the calibration file without the test patients, and print how reliable the probabilities are.

    Raises:
        UsageError: the site has no gold labels.
        DataError: they are of test patients alone.
        ConfigurationError: a file has faults.
    """
    config = load_site(config_file)
    reader = Reader(load_adapter(config.data.adapter))
    manifest = read_manifest(config.data.manifest)
    gold = _gold(config, config_file, manifest, reader)
    usable = usable_gold(gold, manifest.patients, config.data.split)
    if not usable:
        raise DataError(
            f"{config.data.gold}: every gold label is of a patient of the test split: none may be learned from"
        )
    target = out or config.data.calibration or config_file.resolve().parent / "calibration.yaml"
    cells = gold_cells(reader, manifest.reports, usable)
    for line in write_calibration(reader.adapter, cells, prior=prior, target=target, learned=learned):
        typer.echo(line)
    typer.echo(_left_out(gold, usable, manifest))
    if config.data.calibration is None:
        typer.echo(f"name it as data.calibration in {config_file}, so that it is used")


def _gold(config: SiteConfig, config_file: Path, manifest: Manifest, reader: Reader) -> Gold:
    """Every gold label about a finding that the adapter knows, of the study or not: they all say what a cue means."""
    if config.data.gold is None:
        raise UsageError(
            f"{config_file}: data.gold names no gold labels to calibrate with; to start from the prior that sites "
            "share: glsmed-adapter calibrate ADAPTER --prior shared.yaml --out calibration.yaml"
        )
    gold = read_gold(config.data.gold, studies=manifest.reports.keys(), findings=list(reader.adapter.findings))
    warn_of_other_findings(config.data.gold, reader.adapter.findings)
    return gold


def _left_out(gold: Gold, usable: Gold, manifest: Manifest) -> str:
    away = [study for study, finding in gold if (study, finding) not in usable]
    patients = {manifest.patients[study] for study in away}
    return f"left out: {len(away)} gold labels of the {len(patients)} patients of the test split that have any"
