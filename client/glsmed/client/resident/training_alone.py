"""What a site would have without the federation: its own model, trained on its own data."""

from collections.abc import Mapping

import torch

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.query_budget import RecordedAnswer
from glsmed.client.egress.site_numbers import evaluation_numbers
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.local_training import LocalResult, numbers_on_test, train_locally
from glsmed.client.evaluation.shipped_model import SiteParts, write_shipped_model
from glsmed.client.resident.final_model import described
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.training.devices import resolve_device
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import Study, load_study


def train_site_alone(
    config: SiteConfig, *, tell: Tell, rounds: int | None = None, patience: int | None = None
) -> dict[str, object]:
    """What the best round does on the site's test split, ready for JSON, with the site's name.

    It is kept in the state folder too, for a study that compares it with the federation's model.

    Args:
        config: the site.
        tell: gets one line for each round.
        rounds: at most; None for as many as the study has.
        patience: rounds without a lower validation log-loss after which training ends; None never ends it early.

    Raises:
        ConfigurationError: study.yaml, the adapter or the data have faults.
        DataError: the data cannot be trained on, or what an earlier training left is damaged.
        UsageError: the device is not on this machine.
        BusyError: another command writes the state folder.
        OSError: the disk is full.
    """
    with config.state.held(work=f"training of {config.site} alone"):
        return _train(config, tell, rounds, patience)


def _train(config: SiteConfig, tell: Tell, rounds: int | None, patience: int | None) -> dict[str, object]:
    approved = study = load_study(config.study)
    if rounds is not None:
        study = study.model_copy(update={"training": study.training.model_copy(update={"rounds": rounds})})
    device = resolve_device(config.device)
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    data = prepare_site(read_site_inputs(config, study))
    if data.summary.unreadable_images:
        left_out = f"{data.summary.unreadable_images} of {data.summary.images} images cannot be read and are left out"
        tell(f"{left_out}; they are listed in {config.state.unreadable_images}")
    splits = data.splits
    result = train_locally(
        splits["train"],
        splits["validation"],
        study,
        device=device,
        tell=tell,
        patience=patience,
        beside=config.study.parent,
        keys=SiteSecret.of(config.state).round_keys(study.digest(), "training alone"),
    )
    if _keep(LocalRecord(config.state, approved), result, splits["test"], device=device):
        _ship(config, approved, result, splits, device=device)
    return {"site": config.site, **numbers_on_test(result, splits["test"], device=device)}


def _keep(record: LocalRecord, result: LocalResult, test: Examples, *, device: torch.device) -> bool:
    measured = evaluate(result.model, test, device=device, output_calibration=result.output_calibration)
    answer = RecordedAnswer(measured.reference, evaluation_numbers(measured, test))
    return record.keep_if_best(answer, test, validation_score=result.validation_score)


def _ship(
    config: SiteConfig,
    study: Study,
    result: LocalResult,
    splits: Mapping[SplitName, Examples],
    *,
    device: torch.device,
) -> None:
    """Keep the model with its operating points, as the site keeps the federation's; nothing of it leaves."""
    offsets = splits["train"].offsets
    parts = SiteParts(
        site=config.site,
        clahe=config.data.clahe,
        offset=None if offsets is None else offsets[0],
        output_calibration=result.output_calibration,
        description=described(result.model, splits, study, device=device),
    )
    folder = config.state.local_model(study.digest())
    write_shipped_model(folder, result.model, study, round_number=result.best_round, parts=parts)
