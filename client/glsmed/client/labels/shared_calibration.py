"""The cue calibration that sites share: counts per cue go out, a prior comes back, and the label table follows it.

Only gold labels of patients outside the test split are used: what a cue means must not be learned from test patients.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from glsmed.client.data.site_inputs import SiteInputs
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_to_json, releasable
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.shared.errors import PrivacyError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.protocol.study import Study
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import Calibration, calibrate, load_calibration
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells, mentioned
from glsmed.site_adapters.calibration.shared_priors import (
    count_cues,
    load_shared_prior,
    shared_cue_priors,
    uncounted_cues,
)


def site_calibration(inputs: SiteInputs) -> Calibration | None:
    """What cues mean at this site: its own calibration file, else the shared prior with the site's gold, else None.

    Raises:
        ConfigurationError: the site's calibration file was not made for its adapter.
    """
    config, study, adapter = inputs.config, inputs.study, inputs.reader.adapter
    if config.data.calibration is not None:
        return load_calibration(config.data.calibration, adapter)
    stored = config.state.shared_prior(study.digest())
    if not (study.labels.shared_calibration and stored.is_file()):
        return None
    return calibrate(adapter, _cells(inputs), shared_cue_priors(adapter, load_shared_prior(stored)))


def require_shared_calibration(study: Study) -> None:
    """Raise unless the study shares what its sites' gold says of cues.

    Raises:
        PrivacyError: it does not.
    """
    if not study.labels.shared_calibration:
        raise PrivacyError("labels.shared_calibration is false in study.yaml: no counts leave and no prior is taken")


class SiteCueCounts(NamedTuple):
    """Counts per cue as JSON, and how many patients each cue's are about."""

    counts: str
    patients: Mapping[str, int]


def site_cue_counts(inputs: SiteInputs) -> SiteCueCounts:
    """The counts that may leave the site: cues of the built-in vocabulary, over enough patients each."""
    cells, adapter = _cells(inputs), inputs.reader.adapter
    patients = _patients_by_cue(cells, inputs.manifest.patients)
    known, enough = shareable_cues(adapter), inputs.config.egress.min_patients
    counts = [count for count in count_cues(adapter, cells) if count.cue in known]
    about = {count.cue: len(patients[_cue_id(count)]) for count in counts}
    counts = [count for count in counts if about[count.cue] >= enough]
    return SiteCueCounts(counts_to_json(releasable(counts, minimum=enough)), about)


def known_cues(inputs: SiteInputs) -> str:
    """The cues that the site could count, without a count, as JSON: this tells of its adapter and of no patient."""
    adapter = inputs.reader.adapter
    known = shareable_cues(adapter)
    return counts_to_json([count for count in uncounted_cues(adapter) if count.cue in known])


def shareable_cues(adapter: Adapter) -> frozenset[str]:
    """Names of cues and families that other sites know too: one of the site's own could tell something by its name."""
    built_in = f"{adapter.language}_radiology"
    if built_in not in built_in_names():
        return frozenset()
    cues = load_adapter(built_in).cues.values()
    return frozenset(f"{adapter.language}/{name}" for cue in cues for name in (cue.id, cue.family))


def store_prior(inputs: SiteInputs, prior: SharedPrior) -> None:
    """Keep the study's prior in the state folder, so that it outlives the process; its owner alone may read it."""
    path = inputs.config.state.shared_prior(inputs.study.digest())
    write_text(path, prior.model_dump_json(indent=2) + "\n", mode=PRIVATE_FILE)


def _cells(inputs: SiteInputs) -> Sequence[GoldCell]:
    return gold_cells(inputs.reader, inputs.manifest.reports, inputs.usable_gold, inputs.gold_weights)


def _patients_by_cue(cells: Sequence[GoldCell], patients: Mapping[str, str]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for gold, cell in mentioned(cells):
        found.setdefault(cell.cue, set()).add(patients[gold.report_id])
    return found


def _cue_id(count: CueCount) -> str:
    return count.cue.partition("/")[2]
