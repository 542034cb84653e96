"""``glsmed-client calibrate``: what the cues mean at this site, by the gold labels that its model may learn from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.data.manifest import Manifest
    from glsmed.client.settings.config import SiteConfig
    from glsmed.site_adapters.inputs.gold_labels import Gold, GoldSurvey
    from glsmed.site_adapters.reading.reader import Reader


def calibrate(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write.", show_default="data.calibration, else calibration.yaml beside config.yaml"
        ),
    ] = None,
    prior: Annotated[Path | None, typer.Option(help="The prior that sites share, from the centre.")] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Fit a small model too; used only where it is surely better here.")
    ] = False,
) -> None:
    """Learn what each cue means at this site from its gold labels, without those of test patients.

    In a study with differential privacy from those of validation patients alone.

    **Example**: `glsmed-client --site config.yaml calibrate`
    """
    for line in calibrate_site(context.obj, out=out, prior=prior, learned=learned):
        typer.echo(line)


def calibrate_site(config_file: Path, *, out: Path | None, prior: Path | None, learned: bool) -> list[str]:
    """Write the calibration file without the test patients; returns how reliable the probabilities are, in lines.

    In a private study without the training patients too.

    Raises:
        UsageError: the site has no gold labels.
        DataError: all of them belong to patients who must not be used.
        ConfigurationError: a file has faults.
    """
    from glsmed.client.data.manifest import read_manifest
    from glsmed.client.data.site_inputs import usable_gold
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import DataError
    from glsmed.shared.protocol.study import load_study
    from glsmed.site_adapters.adapter.loader import load_adapter
    from glsmed.site_adapters.calibration.calibration_writer import write_calibration
    from glsmed.site_adapters.calibration.gold_cells import gold_cells
    from glsmed.site_adapters.reading.reader import Reader

    config = load_site(config_file)
    reader = Reader(load_adapter(config.data.adapter))
    manifest = read_manifest(config.data.manifest)
    survey = _gold(config, config_file, manifest, reader)
    gold = survey.labels
    is_private = load_study(config.study).training.privacy.is_on
    usable = usable_gold(gold, manifest.patients, config.data.split, is_private=is_private)
    away = "training and test" if is_private else "test"
    if not usable:
        raise DataError(
            f"{config.data.gold}: all gold labels belong to {away} patients, who must not be used for calibration"
        )
    target = out or config.data.calibration or config_file.resolve().parent / "calibration.yaml"
    cells = gold_cells(reader, manifest.reports, usable, survey.weights)
    lines = [*write_calibration(reader.adapter, cells, prior=prior, target=target, learned=learned)]
    lines.append(_left_out(gold, usable, manifest, away))
    if config.data.calibration is None:
        lines.append(f"name it as data.calibration in {config_file}, so that it is used")
    return lines


def _gold(config: "SiteConfig", config_file: Path, manifest: "Manifest", reader: "Reader") -> "GoldSurvey":
    """Every gold label about a finding that the adapter knows, of the study or not: they all say what a cue means."""
    from glsmed.shared.errors import UsageError
    from glsmed.site_adapters.inputs.gold_labels import read_gold_with_notes

    if config.data.gold is None:
        raise UsageError(
            f"{config_file}: data.gold names no gold labels to calibrate with; to start from the prior that sites "
            "share: glsmed-adapter calibrate ADAPTER --prior shared.yaml --out calibration.yaml"
        )
    terms = {name: finding.terms for name, finding in reader.adapter.findings.items()}
    gold = read_gold_with_notes(
        config.data.gold, examinations=manifest.reports.keys(), findings=list(terms), terms=terms
    )
    for note in gold.notes:
        typer.echo(f"warning: {note}", err=True)
    return gold


def _left_out(gold: "Gold", usable: "Gold", manifest: "Manifest", away: str) -> str:
    out = [examination for examination, finding in gold if (examination, finding) not in usable]
    patients = {manifest.patients[examination] for examination in out}
    return f"left out: {len(out)} gold labels of the {len(patients)} {away} patients that have any"
