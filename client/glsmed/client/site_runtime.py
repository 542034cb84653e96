"""A site, loaded once: its study, its data, its model on its device, and the gate to the outside."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from glsmed.client.config import SiteConfig
from glsmed.client.devices import resolve_device
from glsmed.client.egress import EgressPolicy
from glsmed.client.examples import Examples, SplitName
from glsmed.client.preparation import prepare_site
from glsmed.shared.audit import AuditLog
from glsmed.shared.model_manifest import ModelManifest
from glsmed.shared.models import build_model
from glsmed.shared.study import Study, load_study


@dataclass(frozen=True, slots=True)
class SiteRuntime:
    """What the ClientApp works with; the weights of ``model`` are replaced by each task."""

    site: str
    study: Study
    splits: Mapping[SplitName, Examples]
    model: nn.Module
    manifest: ModelManifest
    device: torch.device
    egress: EgressPolicy


def load_site_runtime(config: SiteConfig) -> SiteRuntime:
    """The site of a configuration, ready for its first task.

    Raises:
        ConfigurationError: study.yaml, config.yaml, the adapter or the data have faults.
        DataError: the data cannot be trained on.
        UsageError: the device is not on this machine.
    """
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    study = load_study(config.study)
    model = build_model(study.model.architecture, n_findings=len(study.findings), seed=study.training.seed)
    manifest = ModelManifest.of(model.state_dict())
    audit = AuditLog(config.state_folder / "audit.jsonl")
    return SiteRuntime(
        site=config.site,
        study=study,
        splits=prepare_site(config, study).splits,
        model=model,
        manifest=manifest,
        device=resolve_device(config.device),
        egress=EgressPolicy(config.egress, study, manifest, site=config.site, audit=audit),
    )
