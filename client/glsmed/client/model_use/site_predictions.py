"""A site's model on new images, from the configuration to the files that a person asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.data.images import PIPELINE_VERSION
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.input_images import find_images
from glsmed.client.model_use.pages.worklist_page import write_worklist
from glsmed.client.model_use.prediction import notes_beside, write_predictions, write_table
from glsmed.client.model_use.predictor import site_predictor
from glsmed.client.model_use.site_model import load_site_model
from glsmed.client.model_use.worklist import ImageResult, predict_images
from glsmed.client.settings.config import SiteConfig
from glsmed.site_adapters.inputs.progress import track

_NOTE_COLUMNS = ("study_id", "image", "kind", "note")


@dataclass(frozen=True, slots=True)
class PredictedImages:
    """What came of a set of images, in their order."""

    results: Sequence[ImageResult]
    shipped: ShippedModel

    @property
    def refused(self) -> list[ImageResult]:
        """Those without a prediction."""
        return [result for result in self.results if result.refused]

    @property
    def otherwise_made(self) -> str:
        """Why pictures may look otherwise than those that the model learned from; empty where they do not."""
        learned = self.shipped.pipeline
        if learned in (None, PIPELINE_VERSION):
            return ""
        return (
            f"the model learned from pictures of version {learned}, this release of glsmed makes version "
            f"{PIPELINE_VERSION}: compare some predictions with earlier ones before you rely on them"
        )

    @property
    def without_operating_point(self) -> dict[str, str]:
        """By finding without alerts, why."""
        why = {name: self.shipped.operation.get(name) for name in self.shipped.findings}
        earlier = "no operating point: this model was shipped by an earlier release"
        said = {name: earlier if each is None else each.why_not() for name, each in why.items()}
        return {name: reason for name, reason in said.items() if reason}


def predict_at_site(config: SiteConfig, source: Path, *, only: Collection[Path] | None = None) -> PredictedImages:
    """The predictions of the site's shipped model on the images that ``source`` names.

    Args:
        config: the site's.
        source: a folder, a table or an image: see :func:`find_images`.
        only: these files of the folder, and no others.

    Raises:
        UsageError: there is no such source, or the device is not on this machine.
        ConfigurationError: the table of images has faults.
        DataError: there is no image, or no usable shipped model.
    """
    shipped = load_site_model(config)
    images = find_images(source, only=only)
    with site_predictor(shipped, config) as predictor:
        predicted = predict_images(images, predictor, modalities=config.data.modalities)
        results = list(track(predicted, description="predicting", total=len(images)))
    return PredictedImages(results, shipped)


def write_results(predicted: PredictedImages, out: Path) -> Path:
    """Write the table of predictions, and beside it that of notes; returns where the notes are.

    Raises:
        OSError: they cannot be written.
    """
    write_predictions(out, (prediction for result in predicted.results for prediction in result.predictions))
    notes = notes_beside(out)
    write_table(notes, _NOTE_COLUMNS, (row for result in predicted.results for row in _note_rows(result)))
    return notes


def write_site_worklist(predicted: PredictedImages, path: Path, config: SiteConfig) -> None:
    """Write the page with the images by need.

    Raises:
        OSError: it cannot be written.
    """
    write_worklist(path, predicted.results, predicted.shipped, site=config.site, sensitivity=config.alert_sensitivity)


def write_site_dicom(predicted: PredictedImages, *, reports: Path | None, captures: Path | None) -> list[str]:
    """Write structured reports and pictures into the folders that are given; returns why images have none.

    Raises:
        OSError: a file cannot be written.
    """
    from glsmed.client.model_use.dicom_results import identity_of, write_captures, write_reports  # highdicom: seconds

    model = identity_of(predicted.shipped)
    left_out = [] if reports is None else write_reports(reports, predicted.results, model)
    if captures is not None:
        left_out += write_captures(captures, predicted.results, predicted.shipped, model)
    return list(dict.fromkeys(left_out))


def _note_rows(result: ImageResult) -> list[tuple[str, str, str, str]]:
    source = result.source
    refused = [(source.study_id, source.image, "no prediction", result.refused)] if result.refused else []
    return [*refused, *((source.study_id, source.image, "note", note) for note in result.notes)]
