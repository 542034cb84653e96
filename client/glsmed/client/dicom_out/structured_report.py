"""Predictions of one image as a DICOM structured report: TID 1500, Measurement Report (DICOM PS3.16)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from glsmed.client.dicom_out.finding_codes import (
    ALERT,
    CHEST_IMAGING,
    HIGH,
    LOW,
    NO,
    NO_UNITS,
    PROBABILITY,
    YES,
    finding_code,
)
from glsmed.client.dicom_out.source_image import (
    MANUFACTURER,
    RESEARCH_USE,
    FindingPrediction,
    ModelIdentity,
    derived_uid,
    read_source,
)
from glsmed.client.dicom_out.writing import describe_series, write_dicom
from glsmed.shared.errors import DataError

_DEVICE_OBSERVER = CodedConcept("121007", "DCM", "Device")
SERIES_NUMBER = 9001


def write_structured_report(
    path: Path, source: Path, predictions: Sequence[FindingPrediction], *, model: ModelIdentity
) -> None:
    """Write a report with one measurement group per finding, on the patient and examination of ``source``.

    Each group holds the probability with its interval (no units, 0 to 1), whether it reaches the operating point, the
    algorithm and the image. The report is preliminary and unverified, and says that it is for research.

    Raises:
        DataError: ``source`` is not a DICOM image, or there is nothing to report.
        OSError: ``path`` cannot be written.
    """
    if not predictions:
        raise DataError(f"{source}: expected predictions to report, got none")
    image = read_source(source)
    groups = [_group(image, prediction, model) for prediction in predictions]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_observer(model)),
        procedure_reported=CHEST_IMAGING,
        imaging_measurements=groups,
    )
    report = ComprehensiveSR(
        evidence=[image],
        content=content,
        series_instance_uid=derived_uid("report series", image.StudyInstanceUID, model.weights_sha256),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid("report", image.SOPInstanceUID, model.weights_sha256, *map(_values, predictions)),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
    )
    describe_series(report, model)
    write_dicom(path, report)


def _values(prediction: FindingPrediction) -> tuple[object, ...]:
    return prediction.finding, prediction.probability, prediction.low, prediction.high, prediction.alert


def _observer(model: ModelIdentity) -> ObserverContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=derived_uid("device", model.weights_sha256),
        name=f"glsmed, study {model.study}",
        manufacturer_name=MANUFACTURER,
        model_name=model.study,
        serial_number=model.weights_sha256,
    )
    return ObserverContext(observer_type=_DEVICE_OBSERVER, observer_identifying_attributes=device)


def _group(
    image: Dataset, prediction: FindingPrediction, model: ModelIdentity
) -> MeasurementsAndQualitativeEvaluations:
    tracking = derived_uid("finding", image.SOPInstanceUID, prediction.finding, model.weights_sha256)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=tracking, identifier=prediction.finding),
        finding_type=finding_code(prediction.finding),
        algorithm_id=_algorithm(model),
        measurements=list(_measurements(prediction)),
        qualitative_evaluations=_evaluations(prediction),
        source_images=[SourceImageForMeasurementGroup(image.SOPClassUID, image.SOPInstanceUID)],
    )


def _algorithm(model: ModelIdentity) -> AlgorithmIdentification:
    return AlgorithmIdentification(
        name=f"glsmed, study {model.study}",
        version=f"round {model.round_number}",
        parameters=[f"weights SHA-256 {model.weights_sha256}", f"glsmed {model.release}", RESEARCH_USE],
        manufacturer=MANUFACTURER,
    )


def _measurements(prediction: FindingPrediction) -> Iterator[Measurement]:
    for name, value in ((PROBABILITY, prediction.probability), (LOW, prediction.low), (HIGH, prediction.high)):
        if value is not None:
            yield Measurement(name=name, value=round(float(value), 6), unit=NO_UNITS)


def _evaluations(prediction: FindingPrediction) -> list[QualitativeEvaluation] | None:
    if prediction.alert is None:
        return None
    return [QualitativeEvaluation(name=ALERT, value=YES if prediction.alert else NO)]
