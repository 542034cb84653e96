"""What a site would have without the federation: its own model, trained on its own data."""

import torch

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.local_training import numbers_on_test, train_locally
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import SiteConfig
from glsmed.client.training.devices import resolve_device
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import load_study


def train_site_alone(
    config: SiteConfig, *, tell: Tell, rounds: int | None = None, patience: int | None = None
) -> dict[str, object]:
    """What the best round does on the site's test split, ready for JSON, with the site's name.

    Args:
        config: the site.
        tell: gets one line for each round.
        rounds: at most; None for as many as the study has.
        patience: rounds without a lower validation log-loss after which training ends; None never ends it early.

    Raises:
        ConfigurationError: study.yaml, the adapter or the data have faults.
        DataError: the data cannot be trained on.
        UsageError: the device is not on this machine.
    """
    study = load_study(config.study)
    if rounds is not None:
        study = study.model_copy(update={"training": study.training.model_copy(update={"rounds": rounds})})
    device = resolve_device(config.device)
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    config.state.prepare()
    splits = prepare_site(read_site_inputs(config, study)).splits
    result = train_locally(splits["train"], splits["validation"], study, device=device, tell=tell, patience=patience)
    return {"site": config.site, **numbers_on_test(result, splits["test"], device=device)}
