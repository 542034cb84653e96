"""A site, loaded once: its study, its data, its model on its device, and the gate to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.site_inputs import SiteInputs, read_site_inputs
from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.egress.masking.site_masking import SiteMasking, SumRules
from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.query_budget import QueryBudget
from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.egress.trajectory import Trajectory, TrajectoryModels
from glsmed.client.labels.shared_calibration import shareable_cues, store_prior
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.labels.training_targets import with_offset
from glsmed.client.monitoring.site_events import EventWriter
from glsmed.client.resident.preparation import prepare_site, with_targets
from glsmed.client.resident.site_models import SiteModels
from glsmed.client.resident.site_strategy import SiteStrategy
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import approved_roster, read_private_key
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.settings.site_audit import open_audit
from glsmed.client.training.devices import resolve_devices
from glsmed.client.training.differential_privacy.noisy_offset import noisy_offset
from glsmed.client.training.round_training import RoundTraining
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.local_layers import local_names
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.networks.network_check import require_trainable
from glsmed.shared.protocol.study import Study, load_study
from glsmed.shared.secure_aggregation.decision import norm_of
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Buffers, ModelLayout


@dataclass(frozen=True, slots=True)
class SiteRuntime:
    """What the ClientApp works with; the weights of ``model`` are replaced by each task.

    ``model_manifest`` is of the arrays that travel: without the layers that the study leaves to the sites. Where there
    is a ``masking``, no update goes without masks.
    """

    inputs: SiteInputs
    splits: Mapping[SplitName, Examples]
    model: nn.Module
    models: SiteModels
    device: torch.device
    strategy: SiteStrategy
    egress: EgressPolicy
    query_budget: QueryBudget
    trajectory: Trajectory
    events: EventWriter
    masking: SiteMasking | None = None

    @property
    def config(self) -> SiteConfig:
        """The site's configuration."""
        return self.inputs.config

    @property
    def study(self) -> Study:
        """The federation's study."""
        return self.inputs.study

    @property
    def model_manifest(self) -> ModelManifest:
        """The arrays of the study's model."""
        return self.models.layout.manifest

    @property
    def site(self) -> str:
        """The site's name."""
        return self.config.site


def load_site_runtime(config: SiteConfig) -> SiteRuntime:
    """The site of a configuration, ready for its first task.

    Raises:
        ConfigurationError: study.yaml, config.yaml, the adapter or the data have faults.
        NetworkError: the study's network cannot be built, filled with its initial weights, or trained.
        DataError: the data cannot be trained on, or the initial weights are not those of the study.
        UsageError: a device is not on this machine, or the study cannot be trained on several.
        WorkerError: several devices cannot be used together.
    """
    if config.cpu_threads is not None:
        torch.set_num_threads(config.cpu_threads)
    study = load_study(config.study)
    devices = resolve_devices(config.device, config.devices, study.training)
    model = checked_model(config, study)
    first = state_arrays(model)
    shared = ModelManifest.of_arrays(first).without(local_names(model, study.training.local_layers))
    models = SiteModels(config.state, study, ModelLayout(shared), shared.part_of(first))
    query_budget = QueryBudget(
        config.state, study, runs=config.egress.max_runs, peer_models=config.egress.max_peer_models
    )
    trajectory = Trajectory(config.state, study, _trajectory_models(config, study, models))
    query_budget.left(), trajectory.anchor  # reports a damaged account now, here, and not later to the centre
    inputs = read_site_inputs(config, study)
    data = prepare_site(inputs)
    inputs = data.inputs
    audit = open_audit(config)
    training = _started_training(config, study, devices, audit)
    splits = _private_splits(config, study, data.splits, audit)
    masking = _masking(config, study, models.layout)
    return SiteRuntime(
        inputs=inputs,
        splits=splits,
        model=model,
        models=models,
        device=devices[0],
        strategy=SiteStrategy(study, model, training, state=config.state, device=devices[0]),
        egress=_egress_policy(inputs, models.up, audit, masks_updates=masking is not None),
        query_budget=query_budget,
        trajectory=trajectory,
        events=EventWriter(config.state.events),
        masking=masking,
    )


def _trajectory_models(config: SiteConfig, study: Study, models: SiteModels) -> TrajectoryModels:
    def first() -> Buffers:
        arrays = state_arrays(initial_model(study, config.study.parent))
        return models.as_it_travels(models.layout.manifest.part_of(arrays))

    return TrajectoryModels(models.layout, models.first_digest, first, models.held)


def checked_model(config: SiteConfig, study: Study) -> nn.Module:
    """The study's first model, which can be trained.

    Raises:
        NetworkError: it cannot be built, filled with its initial weights, or trained.
        DataError: the initial weights are missing, damaged, or others.
    """
    model = initial_model(study, config.study.parent)
    require_trainable(model, image_size_px=study.model.image_size_px, name=study.model.architecture)
    return model


def _started_training(
    config: SiteConfig, study: Study, devices: Sequence[torch.device], audit: AuditLog
) -> RoundTraining:
    ledger = PrivacyLedger.of_site(config, study, record=audit.append)
    if study.training.privacy.is_on:
        ledger.file.mend()
    training = RoundTraining(study, devices=devices, state=config.state, compiling=config.compile, ledger=ledger)
    training.start()
    return training


def _private_splits(
    config: SiteConfig, study: Study, splits: Mapping[SplitName, Examples], audit: AuditLog
) -> Mapping[SplitName, Examples]:
    """In a private study the splits with an offset that may show in updates; in others as they are."""
    if not (study.training.privacy.is_on and study.training.site_offset):
        return splits
    ledger = PrivacyLedger.of_site(config, study, record=audit.append)
    offset = noisy_offset(splits["train"], study, config.state, ledger)
    return {name: with_offset(examples, offset) for name, examples in splits.items()}


def _masking(config: SiteConfig, study: Study, layout: ModelLayout) -> SiteMasking | None:
    """The site's part of secure aggregation; None where its own files do not ask for it."""
    roster = approved_roster(config, study)
    if roster is None:
        return None
    by_patients = study.federation.aggregation.weights == "patients"
    return SiteMasking(
        config.site,
        read_private_key(config.key),
        SumRules(roster, norm_of(study), by_patients=by_patients),
        form=MaskedForm.of_updates(study, layout),
        answered=AnsweredSums(config.state, study.digest()),
    )


def _egress_policy(inputs: SiteInputs, form: ModelForm, audit: AuditLog, *, masks_updates: bool) -> EgressPolicy:
    return EgressPolicy(
        inputs.config.egress,
        inputs.study,
        form,
        site=inputs.config.site,
        audit=audit,
        counts=ReleasedCounts(inputs.config.state, inputs.study.digest(), step=inputs.config.egress.min_patients),
        cue_words=shareable_cues(inputs.reader.adapter),
        masks_updates=masks_updates,
    )


def with_prior(site: SiteRuntime, prior: SharedPrior) -> SiteRuntime:
    """The site with labels that follow the shared prior, which outlives the process; the images stay as they are."""
    store_prior(site.inputs, prior)
    images = {name: examples.images for name, examples in site.splits.items()}
    return replace(site, splits=with_targets(site.inputs, label_rows(site.inputs), images))
