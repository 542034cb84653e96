"""Arms: what of the recipe a comparison gives to every method alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Arm:
    """What all methods of the arm get.

    Attributes:
        gold_labels: the sites' gold as plain training labels.
        posterior: the sites' calibration from gold; without it the adapter's own probabilities.
        offset: each site's base rate of targets beside the model.
        output_calibration: an output calibration for each site, fitted on its gold.
        federated: sites train apart and their models are averaged after every epoch (FedAvg), instead of one model on
            all data.
    """

    name: str
    gold_labels: bool
    posterior: bool
    offset: bool
    output_calibration: bool
    federated: bool = False


_CENTRAL = (
    Arm("no-gold", gold_labels=False, posterior=False, offset=True, output_calibration=False),
    Arm("no-gold-no-offset", gold_labels=False, posterior=False, offset=False, output_calibration=False),
    Arm("gold", gold_labels=True, posterior=True, offset=True, output_calibration=True),
    Arm("gold-no-offset", gold_labels=True, posterior=True, offset=False, output_calibration=True),
    Arm("gold-for-the-map-only", gold_labels=False, posterior=True, offset=True, output_calibration=True),
)
_FEDERATED = tuple(replace(arm, name=f"{arm.name}-federated", federated=True) for arm in _CENTRAL)

ARMS: Mapping[str, Arm] = {arm.name: arm for arm in (*_CENTRAL, *_FEDERATED)}
