"""Everything that a site knows of one examination: its images to the model, and its words to the label table."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.client.data.manifest import Manifest
from glsmed.client.data.site_inputs import SiteInputs, read_site_inputs
from glsmed.client.data.splits import split_of
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.labels.label_table import SILENT_STATES, LabelRow, load_label_table
from glsmed.client.labels.shared_calibration import site_calibration
from glsmed.client.labels.site_labels import label_source
from glsmed.client.model_use.predictor import Predictor, Scores, site_predictor
from glsmed.client.model_use.saliency import Map, saliency_map
from glsmed.client.model_use.site_model import load_site_model
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean
from glsmed.shared.protocol.study import load_study
from glsmed.site_adapters.explaining.explanation import Explained, explain

_LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class ExplainedImage:
    """One image of the examination.

    Attributes:
        name: of the file.
        pixels: ``(S, S)`` as the network sees it.
        scores: of this image, one row.
        maps: by finding that the report mentions or the model sees, where its probability comes from; likeliest first.
    """

    name: str
    path: Path
    pixels: NDArray[np.uint8]
    scores: Scores
    maps: dict[str, Map]


@dataclass(frozen=True, slots=True)
class Examination:
    """One examination as words and as images.

    Attributes:
        split: of the patient: what the model says of a training patient it may have learned by heart.
        report: its text; ``mentions`` is how the site's adapter reads it.
        rows: of the label table, by finding that the adapter knows.
        gold: 0 or 1 by finding that has a gold label.
    """

    study_id: str
    split: str
    report: str
    mentions: Sequence[Explained]
    rows: dict[str, LabelRow]
    gold: dict[str, float]
    images: Sequence[ExplainedImage]
    shipped: ShippedModel


def explain_examination(config: SiteConfig, study_id: str) -> Examination:
    """An examination of the site's manifest, with the model's answer and where it comes from.

    Raises:
        UsageError: the manifest has no such examination.
        ConfigurationError: a file of the site has faults.
        DataError: there is no usable shipped model, or an image cannot be read.
    """
    shipped = load_site_model(config)
    inputs = read_site_inputs(config, load_study(config.study))
    if study_id not in inputs.manifest.reports:
        near = did_you_mean(study_id, list(inputs.manifest.reports))
        raise UsageError(f"{config.data.manifest}: has no examination {study_id!r}{near}")
    posterior, report = site_calibration(inputs), inputs.manifest.reports[study_id]
    rows = _label_rows(inputs, study_id)
    mentioned = {finding for finding, row in rows.items() if row.state not in SILENT_STATES}
    return Examination(
        study_id=study_id,
        split=split_of(inputs.manifest.patients[study_id], config.data.split),
        report=report,
        mentions=explain(inputs.reader, report, posterior),
        rows=rows,
        gold={finding: value for (examination, finding), value in inputs.gold.items() if examination == study_id},
        images=_images(config, shipped, inputs, study_id, mentioned),
        shipped=shipped,
    )


def _label_rows(inputs: SiteInputs, study_id: str) -> dict[str, LabelRow]:
    """The examination's rows of the label table, made for it alone: the site's table is left as it is."""
    entries = tuple(entry for entry in inputs.manifest.images if entry.study_id == study_id)
    alone = Manifest(entries, {study_id: inputs.manifest.reports[study_id]})
    source = replace(label_source(inputs), manifest=alone)
    with tempfile.TemporaryDirectory() as folder:
        return {row.finding: row for row in load_label_table(Path(folder) / "labels.sqlite", source)}


def _images(
    config: SiteConfig, shipped: ShippedModel, inputs: SiteInputs, study_id: str, mentioned: set[str]
) -> list[ExplainedImage]:
    paths = [entry.image for entry in inputs.manifest.images if entry.study_id == study_id]
    with site_predictor(shipped, config) as predictor:
        return [_image(path, predictor, mentioned) for path in paths]


def _image(path: Path, predictor: Predictor, mentioned: set[str]) -> ExplainedImage:
    shipped = predictor.shipped
    pixels = shipped.picture(path)
    scores = predictor.scores(torch.tensor(pixels)[None, None])
    likeliest = scores.probabilities[0].argsort(descending=True).tolist()
    average = None if shipped.familiarity is None else shipped.familiarity.average
    maps = {
        shipped.findings[place]: saliency_map(shipped.model, pixels, average, place=place)
        for place in likeliest
        if shipped.findings[place] in mentioned or _is_seen(scores, place)
    }
    return ExplainedImage(path.name, path, pixels, scores, maps)


def _is_seen(scores: Scores, place: int) -> bool:
    return bool(scores.alerts[0, place] == 1) or bool(scores.probabilities[0, place] >= _LIKELY)
