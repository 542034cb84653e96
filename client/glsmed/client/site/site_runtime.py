"""A site, loaded once: its study, its data, its model on its device, and the gate to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.manifest import read_manifest
from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.query_budget import QueryBudget
from glsmed.client.labels.shared_calibration import shareable_cues, site_cue_counts, store_prior
from glsmed.client.settings.config import SiteConfig
from glsmed.client.site.preparation import prepare_site, read_site_gold
from glsmed.client.training.devices import resolve_devices
from glsmed.client.training.round_training import RoundTraining
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.models import build_model
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study, load_study
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class SiteRuntime:
    """What the ClientApp works with; the weights of ``model`` are replaced by each task."""

    config: SiteConfig
    study: Study
    splits: Mapping[SplitName, Examples]
    model: nn.Module
    manifest: ModelManifest
    device: torch.device
    training: RoundTraining
    egress: EgressPolicy
    query_budget: QueryBudget

    @property
    def site(self) -> str:
        """The site's name."""
        return self.config.site


def load_site_runtime(config: SiteConfig) -> SiteRuntime:
    """The site of a configuration, ready for its first task.

    Raises:
        ConfigurationError: study.yaml, config.yaml, the adapter or the data have faults.
        DataError: the data cannot be trained on.
        UsageError: a device is not on this machine, or the study cannot be trained on several.
        WorkerError: several devices cannot be used together.
    """
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    study = load_study(config.study)
    devices = resolve_devices(config.device, config.devices, study.training)
    model = build_model(study.model.architecture, n_findings=len(study.findings), seed=study.training.seed)
    manifest = ModelManifest.of(model.state_dict())
    audit = AuditLog(config.state_folder / "audit.jsonl")
    query_budget = QueryBudget(config.state_folder, study, runs=config.egress.max_runs)
    query_budget.left()  # a damaged account is told now, not to the centre
    return SiteRuntime(
        config=config,
        study=study,
        splits=prepare_site(config, study).splits,
        model=model,
        manifest=manifest,
        device=devices[0],
        training=_started_training(config, study, devices),
        egress=EgressPolicy(
            config.egress,
            study,
            manifest,
            site=config.site,
            audit=audit,
            cue_words=shareable_cues(load_adapter(config.data.adapter)),
        ),
        query_budget=query_budget,
    )


def _started_training(config: SiteConfig, study: Study, devices: Sequence[torch.device]) -> RoundTraining:
    training = RoundTraining(study, devices=devices, state_folder=config.state_folder, compiling=config.compile)
    training.start()
    return training


def cue_counts(site: SiteRuntime) -> str:
    """The site's counts per cue that may leave it, as JSON."""
    manifest = read_manifest(site.config.data.manifest)
    gold = read_site_gold(site.config, site.study, manifest.reports.keys())
    reader = Reader(load_adapter(site.config.data.adapter))
    return site_cue_counts(site.config, reader, manifest=manifest, gold=gold)


def with_prior(site: SiteRuntime, prior: SharedPrior) -> SiteRuntime:
    """The site with labels that follow the shared prior; the prior outlives the process."""
    store_prior(site.config, site.study, prior)
    return replace(site, splits=prepare_site(site.config, site.study).splits)
