"""From a site's inputs to the tensors of its three splits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.image_cache import ImageCache
from glsmed.client.data.manifest import ImageEntry, Manifest
from glsmed.client.data.site_inputs import SiteInputs
from glsmed.client.data.splits import SPLITS, split_of
from glsmed.client.labels.label_table import CellState, LabelRow, count_states
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.labels.training_targets import with_training_targets
from glsmed.client.settings.config import SiteConfig, SplitSection
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.training.devices import resolve_device
from glsmed.shared.errors import ConfigurationError, DataError, Fault
from glsmed.shared.files.fault_lists import grouped, write_full_list
from glsmed.shared.protocol.study import Study
from glsmed.shared.smoothing import smoothed_targets
from glsmed.site_adapters.inputs.gold_labels import Gold


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """Counts that describe a site; for its own eyes only.

    Attributes:
        images: those that the manifest names; ``unreadable_images`` of them are left out.
    """

    images: int
    examinations: int
    patients: int
    split_patients: Mapping[SplitName, int]
    states: Mapping[str, Mapping[CellState, int]]
    gold_cells: int
    unreadable_images: int = 0


@dataclass(frozen=True, slots=True)
class SiteImages:
    """The images of a site that can be read, and which these are.

    Attributes:
        images: ``(N, 1, S, S)`` uint8 by split: slices of one memory map.
        entries: the manifest's entries of these images.
        unreadable: what is wrong with the others.
    """

    images: Mapping[SplitName, Tensor]
    entries: Mapping[SplitName, Sequence[ImageEntry]]
    unreadable: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class SiteData:
    """What training and evaluation need of a site.

    Attributes:
        inputs: the site's files without the images that cannot be read; ``splits`` are made from these.
    """

    splits: Mapping[SplitName, Examples]
    summary: SiteSummary
    inputs: SiteInputs


def prepare_site(inputs: SiteInputs) -> SiteData:
    """Label, decode and split everything that the site has; quick if nothing changed since the last time.

    Raises:
        ConfigurationError: with every image that cannot be read, or the calibration was not made for the adapter.
        DataError: a split would be empty, or the state folder cannot be written.
    """
    rows = label_rows(inputs)
    entries = by_split(inputs.manifest, inputs.config.data.split)
    summary = summarise(inputs.manifest, rows, entries, inputs.gold)
    _refuse_empty(entries, summary)
    loaded = load_images(inputs.config, inputs.study, entries)
    _refuse_empty(loaded.entries, summary)
    summary = replace(summary, unreadable_images=len(loaded.unreadable))
    readable = _with_entries(inputs, loaded.entries) if loaded.unreadable else inputs
    return SiteData(with_targets(readable, rows, loaded.images), summary, readable)


def _refuse_empty(entries: Mapping[SplitName, Sequence[ImageEntry]], summary: SiteSummary) -> None:
    empty = [name for name in SPLITS if not entries[name]]
    if empty:
        raise DataError(
            f"no patient falls into the split(s) {', '.join(empty)}: there are {summary.patients} patients; "
            "add patients, or change data.split in config.yaml"
        )


def _with_entries(inputs: SiteInputs, entries: Mapping[SplitName, Sequence[ImageEntry]]) -> SiteInputs:
    """The inputs with these images alone, and without the reports and gold labels of examinations that have none."""
    kept = {entry for name in SPLITS for entry in entries[name]}
    studies = {entry.study_id for entry in kept}
    images = tuple(entry for entry in inputs.manifest.images if entry in kept)
    reports = {study: text for study, text in inputs.manifest.reports.items() if study in studies}
    gold = {key: value for key, value in inputs.gold.items() if key[0] in studies}
    return replace(inputs, manifest=replace(inputs.manifest, images=images, reports=reports), gold=gold)


def with_targets(
    inputs: SiteInputs, rows: Sequence[LabelRow], images: Mapping[SplitName, Tensor]
) -> Mapping[SplitName, Examples]:
    """The splits as training and evaluation see them.

    Args:
        inputs: the site's files.
        rows: its label table.
        images: of each split, as :func:`load_images` gives them.
    """
    entries = by_split(inputs.manifest, inputs.config.data.split)
    table = {(row.study_id, row.finding): row for row in rows}
    splits = {name: _examples(inputs, entries[name], images[name], table) for name in SPLITS}
    learned = with_training_targets(splits, inputs.study)
    if inputs.study.labels.negative_rates == "gated":
        from glsmed.client.evaluation.negative_rate_gate import (
            gate_negative_rates,  # brings torchvision: seconds that few need
        )

        device, beside = resolve_device(inputs.config.device), inputs.config.study.parent
        keys = SiteSecret.of(inputs.config.state).round_keys(inputs.study.digest(), "negative rates")
        learned = gate_negative_rates(learned, inputs.study, device=device, beside=beside, keys=keys)
    return learned


def by_split(manifest: Manifest, split: SplitSection) -> dict[SplitName, list[ImageEntry]]:
    """The manifest's entries by the split of their patient."""
    entries: dict[SplitName, list[ImageEntry]] = {name: [] for name in SPLITS}
    for entry in manifest.images:
        entries[split_of(entry.patient_id, split)].append(entry)
    return entries


def load_images(config: SiteConfig, study: Study, entries: Mapping[SplitName, Sequence[ImageEntry]]) -> SiteImages:
    """The images of each split, without those that cannot be read if they are few enough.

    Raises:
        ConfigurationError: more images cannot be read than data.max_unreadable allows, or one stands in two splits.
        DataError: the cache cannot be written.
    """
    cache = ImageCache(config.state, size_px=study.model.image_size_px, clahe=config.data.clahe)
    placed = [(name, entry) for name in SPLITS for entry in entries[name]]  # the order that splits the tensor
    cached = cache.load([entry.image for _, entry in placed])
    unreadable = tuple(cached.unreadable.values())
    _refuse_unreadable(config, unreadable, images=len(placed))
    readable = [pair for place, pair in enumerate(placed) if place not in cached.unreadable]
    kept = {name: [entry for split, entry in readable if split == name] for name in SPLITS}
    _refuse_shared_images(kept, cached.digests)
    tensors = torch.split(cached.tensor, [len(kept[name]) for name in SPLITS])
    return SiteImages(dict(zip(SPLITS, tensors, strict=True)), kept, unreadable)


def _refuse_unreadable(config: SiteConfig, faults: Sequence[Fault], *, images: int) -> None:
    """Write the list of unreadable images, and raise where they are more than the site allows."""
    full_list = config.state.unreadable_images
    try:
        write_full_list(full_list, faults)
    except OSError as error:
        raise DataError(f"{full_list}: cannot be written: {error.strerror}") from None
    if len(faults) > config.data.max_unreadable * images:
        raise ConfigurationError(grouped(faults, things="images", full_list=full_list))


def _refuse_shared_images(entries: Mapping[SplitName, Sequence[ImageEntry]], digests: Sequence[str]) -> None:
    """Raise if the same file, byte for byte, is in two splits: then one patient has two identifiers."""
    first: dict[str, tuple[SplitName, ImageEntry]] = {}
    faults: list[Fault] = []
    placed = ((name, entry) for name in SPLITS for entry in entries[name])
    for (split, entry), digest in zip(placed, digests, strict=True):
        known_split, known = first.setdefault(digest, (split, entry))
        if known_split != split:
            message = (
                f"is the same image as {known.image}, but of another patient: one in the {split} split, one in the "
                f"{known_split} split; give both rows one patient_id, or leave one out"
            )
            faults.append(Fault(str(entry.image), message))
    if faults:
        raise ConfigurationError(faults)


def summarise(
    manifest: Manifest,
    rows: Sequence[LabelRow],
    entries: Mapping[SplitName, Sequence[ImageEntry]],
    gold: Gold,
) -> SiteSummary:
    """The site's counts."""
    patients = {name: len({entry.patient_id for entry in entries[name]}) for name in SPLITS}
    return SiteSummary(
        images=len(manifest.images),
        examinations=len(manifest.reports),
        patients=sum(patients.values()),
        split_patients=patients,
        states=count_states(rows),
        gold_cells=len(gold),
    )


def _examples(
    inputs: SiteInputs, entries: Sequence[ImageEntry], images: Tensor, table: Mapping[tuple[str, str], LabelRow]
) -> Examples:
    findings = inputs.study.findings
    cells = [[table.get((entry.study_id, finding)) for finding in findings] for entry in entries]
    # from label and rate in float32: the same bits whatever a release lets travel between table and training
    targets = smoothed_targets(_column(cells, "label"), _column(cells, "rate"))
    truth = [[inputs.gold.get((entry.study_id, finding), math.nan) for finding in findings] for entry in entries]
    return Examples(
        images=images,
        targets=targets,
        weights=_column(cells, "weight"),
        gold=torch.tensor(truth, dtype=torch.float32),
        patients=tuple(entry.patient_id for entry in entries),
        findings=findings,
        gold_weights=_gold_weights(inputs, entries),
    )


def _gold_weights(inputs: SiteInputs, entries: Sequence[ImageEntry]) -> Tensor | None:
    """``(N, K)``; None where every gold label weighs 1."""
    weights, findings = inputs.gold_weights, inputs.study.findings
    if not weights:
        return None
    rows = [[weights.get((entry.study_id, finding), 1.0) for finding in findings] for entry in entries]
    return torch.tensor(rows, dtype=torch.float32).reshape(len(entries), len(findings))


def _column(cells: Sequence[Sequence[LabelRow | None]], name: str) -> Tensor:
    """``(N, K)`` values; 0 for a finding that the site's adapter does not know, so its weight masks it."""
    values = [[0.0 if cell is None else float(getattr(cell, name)) for cell in row] for row in cells]
    return torch.tensor(values, dtype=torch.float32)
