"""Everything that a site's files say, read once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from glsmed.client.data.manifest import Manifest, read_manifest
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SiteConfig, SplitSection
from glsmed.shared.protocol.study import Study
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.inputs.gold_labels import Gold, GoldSurvey, GoldWeights, read_gold_with_notes, survey_gold
from glsmed.site_adapters.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class SiteInputs:
    """A site's own files, in memory, and what the study asks of them.

    Attributes:
        config: config.yaml.
        study: study.yaml.
        manifest: images, patients and the text of the reports.
        gold: gold labels of the study's findings; empty where the site has none.
        reader: the site's adapter, ready to read reports.
        gold_weights: of the gold labels whose weight in calibration is not 1.
    """

    config: SiteConfig
    study: Study
    manifest: Manifest
    gold: Gold
    reader: Reader
    gold_weights: GoldWeights = field(default_factory=dict)

    @property
    def usable_gold(self) -> Gold:
        """The gold labels of patients outside the test split; in a private study of validation patients alone."""
        is_private = self.study.training.privacy.is_on
        return usable_gold(self.gold, self.manifest.patients, self.config.data.split, is_private=is_private)


def read_site_inputs(config: SiteConfig, study: Study) -> SiteInputs:
    """The files that a site's configuration names.

    Raises:
        ConfigurationError: with every fault of the manifest, of the gold labels or of the adapter.
    """
    manifest = read_manifest(config.data.manifest)
    gold = read_site_gold(config, study, manifest.reports.keys())
    reader = Reader(load_adapter(config.data.adapter))
    return SiteInputs(config, study, manifest, gold.labels, reader, gold.weights)


def read_site_gold(config: SiteConfig, study: Study, study_ids: Collection[str]) -> GoldSurvey:
    """The site's gold labels of the study's findings, with their weights; empty where it has none.

    Args:
        config: names the file.
        study: the findings that count.
        study_ids: the examinations of the manifest.

    Raises:
        ConfigurationError: with every fault of the file.
    """
    if config.data.gold is None:
        return GoldSurvey({}, (), ())
    return read_gold_with_notes(config.data.gold, examinations=study_ids, findings=study.findings)


def survey_site_gold(
    config: SiteConfig, study: Study, study_ids: Collection[str], terms: Mapping[str, Collection[str]]
) -> GoldSurvey:
    """The same as far as the file can be read, with what is wrong and what is left out; empty where there is none.

    Args:
        config: names the file.
        study: the findings that count.
        study_ids: the examinations of the manifest.
        terms: what reports call each finding, to guess what an unknown name means.

    Raises:
        ConfigurationError: the file is not a table of gold labels.
    """
    if config.data.gold is None:
        return GoldSurvey({}, (), ())
    return survey_gold(config.data.gold, examinations=study_ids, findings=study.findings, terms=terms)


def usable_gold(gold: Gold, patients: Mapping[str, str], split: SplitSection, *, is_private: bool = False) -> Gold:
    """The gold labels that may say what a cue means: of patients outside the test split.

    Args:
        gold: the site's labels.
        patients: patient by examination.
        split: the site's shares.
        is_private: leave out training patients too. What a cue means moves the targets of all of them, and with
            differential privacy no patient may move another's.
    """
    allowed = ("validation",) if is_private else ("train", "validation")
    return {key: value for key, value in gold.items() if split_of(patients[key[0]], split) in allowed}
