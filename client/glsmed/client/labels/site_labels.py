"""The label table of a site, from what its files say."""

from dataclasses import replace

from glsmed.client.data.site_inputs import SiteInputs
from glsmed.client.labels.label_table import LabelRow, LabelSource, load_label_table
from glsmed.client.labels.shared_calibration import site_calibration


def label_rows(inputs: SiteInputs) -> list[LabelRow]:
    """The site's label table, made again only if its source changed.

    Raises:
        ConfigurationError: the calibration was not made for the adapter.
        DataError: the table cannot be written.
    """
    return load_label_table(inputs.config.state.label_table, label_source(inputs))


def label_source(inputs: SiteInputs) -> LabelSource:
    """What the site's label table is made from.

    Raises:
        ConfigurationError: the calibration was not made for the adapter.
    """
    source = LabelSource(inputs.manifest, inputs.reader, inputs.study.findings, inputs.study.labels)
    calibration = site_calibration(inputs)
    if calibration is None:
        return source
    return replace(source, calibration=calibration, calibration_digest=calibration.digest)
