"""The calibration that sites share: counts per cue go out, a prior comes back, and the label table follows it.

Only gold of patients that the model may learn from is used: what a word means must not be told by the test split.
"""

from collections.abc import Mapping
from pathlib import Path

from glsmed.client.data.manifest import Manifest
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SiteConfig, SplitSection
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_to_json, releasable
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.shared.files.atomic import write_text
from glsmed.shared.protocol.study import Study
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import Calibration, calibrate, load_calibration
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells, mentioned
from glsmed.site_adapters.calibration.shared_priors import count_cues, load_shared_prior, shared_beliefs
from glsmed.site_adapters.inputs.gold_labels import Gold
from glsmed.site_adapters.reading.reader import Reader


def site_calibration(
    config: SiteConfig, study: Study, reader: Reader, *, manifest: Manifest, gold: Gold
) -> Calibration | None:
    """What words mean at this site: its own calibration file, else the shared prior with the site's gold, else None.

    Raises:
        ConfigurationError: the site's calibration file was not made for its adapter.
    """
    if config.data.calibration is not None:
        return load_calibration(config.data.calibration, reader.adapter)
    stored = prior_file(config, study)
    if not (study.labels.shared_calibration and stored.is_file()):
        return None
    cells = _cells(reader, manifest, gold, config.data.split)
    return calibrate(reader.adapter, cells, shared_beliefs(reader.adapter, load_shared_prior(stored)))


def site_cue_counts(config: SiteConfig, reader: Reader, *, manifest: Manifest, gold: Gold) -> str:
    """The counts that may leave the site, as JSON: cues of the built-in vocabulary, over enough patients each."""
    cells = _cells(reader, manifest, gold, config.data.split)
    patients = _patients_by_cue(cells, manifest.patients)
    known = shareable_cues(reader.adapter)
    enough = config.egress.min_patients
    counts = [count for count in count_cues(reader.adapter, cells) if count.cue in known]
    counts = [count for count in counts if len(patients[_cue_id(count)]) >= enough]
    return counts_to_json(releasable(counts, minimum=enough))


def shareable_cues(adapter: Adapter) -> frozenset[str]:
    """Names of cues and families that other sites know too: one of the site's own could tell something by its name."""
    built_in = f"{adapter.language}_radiology"
    if built_in not in built_in_names():
        return frozenset()
    cues = load_adapter(built_in).cues.values()
    return frozenset(f"{adapter.language}/{name}" for cue in cues for name in (cue.id, cue.family))


def store_prior(config: SiteConfig, study: Study, prior: SharedPrior) -> None:
    """Keep the study's prior in the state folder, so that it outlives the process."""
    write_text(prior_file(config, study), prior.model_dump_json(indent=2) + "\n")


def prior_file(config: SiteConfig, study: Study) -> Path:
    """Where the prior of this study is kept."""
    return config.state_folder / f"shared-prior-{study.digest()[:16]}.json"


def usable_gold(gold: Gold, patients: Mapping[str, str], split: SplitSection) -> Gold:
    """The gold labels of patients that are not in the test split.

    Args:
        gold: the site's labels.
        patients: patient by study.
        split: the site's shares.
    """
    return {key: value for key, value in gold.items() if split_of(patients[key[0]], split) != "test"}


def _cells(reader: Reader, manifest: Manifest, gold: Gold, split: SplitSection) -> list[GoldCell]:
    return gold_cells(reader, manifest.reports, usable_gold(gold, manifest.patients, split))


def _patients_by_cue(cells: list[GoldCell], patients: Mapping[str, str]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for gold, cell in mentioned(cells):
        found.setdefault(cell.cue, set()).add(patients[gold.report_id])
    return found


def _cue_id(count: CueCount) -> str:
    return count.cue.partition("/")[2]
