"""The workbench over a site's own data, without the gold labels of test patients."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from statistics import fmean

from glsmed.client.data.manifest import read_manifest
from glsmed.client.data.site_inputs import usable_gold
from glsmed.client.settings.config import SiteConfig
from glsmed.client.site_workbench.site_pictures import SitePictures
from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.adapter.adapter import Finding
from glsmed.site_adapters.calibration.calibration import load_calibration
from glsmed.site_adapters.inputs.csv_files import read_csv
from glsmed.site_adapters.inputs.gold_labels import Gold, read_gold_with_notes
from glsmed.site_adapters.lint.lint_context import load_subject
from glsmed.site_adapters.workbench.adapter_file import open_adapter_file
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.corpus import Corpus, Opinions

_COLUMNS = ("study_id", "finding", "probability")


def site_bench(config: SiteConfig, *, folder: Path, predictions: Path | None) -> Workbench:
    """The workbench of a site.

    Args:
        config: names adapter, manifest, gold labels and calibration.
        folder: where an adapter file is made, for a site that uses a built-in vocabulary.
        predictions: CSV of its image model, as ``predict`` writes it; None without.

    Raises:
        ConfigurationError: with every fault of a file.
    """
    data = config.data
    manifest = read_manifest(data.manifest)
    file = open_adapter_file(data.adapter, folder=folder)
    adapter = load_subject(file.path, draft=file.text).adapter
    gold: Gold = {}
    if data.gold is not None:
        labels = _gold(data.gold, manifest.reports.keys(), adapter.findings)
        gold = usable_gold(labels, manifest.patients, data.split)
    opinions = {} if predictions is None else read_opinions(predictions)
    corpus = Corpus(manifest.reports, gold, opinions, SitePictures(manifest.images))
    return Workbench(corpus, file, None if data.calibration is None else load_calibration(data.calibration, adapter))


def _gold(path: Path, examinations: Collection[str], findings: Mapping[str, Finding]) -> Gold:
    terms = {name: finding.terms for name, finding in findings.items()}
    return read_gold_with_notes(path, examinations=examinations, findings=list(terms), terms=terms).labels


def read_opinions(path: Path) -> Opinions:
    """The image model's probability by examination and finding, the mean over an examination's images.

    Raises:
        ConfigurationError: with every row whose probability is none.
    """
    said: dict[tuple[str, str], list[float]] = defaultdict(list)
    faults: list[Fault] = []
    for line, row in read_csv(path, required=_COLUMNS):
        try:
            value = float(row["probability"])
        except ValueError:
            value = -1.0
        if 0 <= value <= 1:
            said[row["study_id"], row["finding"]].append(value)
        else:
            faults.append(Fault(str(path), f"probability: expected 0 to 1, got {row['probability']!r}", line=line))
    if faults:
        raise ConfigurationError(faults)
    return {key: fmean(values) for key, values in said.items()}
