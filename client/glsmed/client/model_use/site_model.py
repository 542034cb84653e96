"""The model that a site ended up with, as its commands use it."""

from pathlib import Path

import torch

from glsmed.client.evaluation.shipped_model import ShippedModel, load_shipped_model
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import DataError


def load_site_model(config: SiteConfig, folder: Path | None = None) -> ShippedModel:
    """The site's shipped model, on the CPU; from now on torch uses as many threads as the site allows.

    Args:
        config: the site.
        folder: where another model of the site lies; None for the shipped one.

    Raises:
        DataError: there is no usable shipped model, or it is another site's.
    """
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    folder = folder or config.state.shipped_model
    shipped = load_shipped_model(folder, clahe=config.data.clahe)
    if shipped.site not in ("", config.site):
        raise DataError(
            f"{folder}: expected the model of {config.site}, got that of {shipped.site}: its offset and output "
            "calibration are of other patients, so its probabilities would be wrong here"
        )
    return shipped
