"""The site's model as an ONNX file, with its offset and output calibration inside the graph."""

from pathlib import Path

from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.portable_calibration import PortableCalibration
from glsmed.client.model_use.site_model import load_site_model
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.exporting.model_sheet import ModelSheet, preprocessing
from glsmed.shared.exporting.onnx_file import write_onnx
from glsmed.shared.exporting.portable_model import PortableModel


def export_site_model(config: SiteConfig, path: Path) -> float:
    """Write the shipped model; returns the largest difference of a probability between graph and network.

    Raises:
        DataError: there is no usable shipped model.
        UsageError: the extra ``export`` is not installed.
        GlsmedError: the graph does not say what the network says.
        OSError: the file cannot be written.
    """
    shipped = load_site_model(config)
    calibration = PortableCalibration(shipped.output_calibration)
    model = PortableModel(shipped.model, offset=shipped.offset, calibration=calibration)
    return write_onnx(path, model, _sheet(shipped, config.alert_sensitivity))


def _sheet(shipped: ShippedModel, sensitivity: float) -> ModelSheet:
    points = {finding: operation.at(sensitivity) for finding, operation in shipped.operation.items()}
    return ModelSheet(
        findings=shipped.findings,
        image_size_px=shipped.image_size_px,
        of="site",
        offset_and_calibration="the site's base-rate offset and output calibration",
        alert_from={
            finding: shipped.probability_at(finding, point.logit)
            for finding, point in points.items()
            if point is not None
        },
        study=shipped.study,
        round=shipped.round,
        architecture=shipped.architecture,
        weights_sha256=shipped.weights_sha256,
        **preprocessing(clahe=shipped.clahe),
    )
