"""A checkpoint of the centre as an ONNX file: the sites' common model, without what belongs to a single hospital.

It imports torch, which the programs of a running study do without: only its own command may import it.
"""

from pathlib import Path

from glsmed.server.folders.checkpoints import Checkpoint, CheckpointFolder
from glsmed.server.folders.lineage import digests_so_far
from glsmed.server.folders.run_folder import read_summary
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import UsageError
from glsmed.shared.exporting.model_sheet import ModelSheet
from glsmed.shared.exporting.onnx_file import write_onnx
from glsmed.shared.exporting.portable_model import PortableModel
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import load_arrays
from glsmed.shared.protocol.study import Study


def export_checkpoint(study_file: Path, path: Path, *, round_number: int | None = None) -> tuple[int, float]:
    """Write the model of a round; returns the round, and the largest difference between graph and network.

    Args:
        study_file: of the centre.
        path: of the ONNX file.
        round_number: None for the best round of a finished study, and the last of one that has not finished.

    Raises:
        UsageError: there is no such checkpoint, the sites keep layers of the model, or the extra ``export`` is missing.
        FederationError: the checkpoint is damaged or of another study.
        GlsmedError: the graph does not say what the network says.
        OSError: the file cannot be written.
    """
    folder = StudyFolder(study_file)
    study, checkpoints = folder.study(), CheckpointFolder(folder.run / "checkpoints")
    if study.training.local_layers != "none":
        raise UsageError(
            f"training.local_layers is {study.training.local_layers}: the centre has no whole model; each site has its "
            "own: glsmed-client --site config.yaml export --onnx FILE"
        )
    chosen = _chosen_round(folder.run, checkpoints) if round_number is None else round_number
    if chosen not in checkpoints.rounds():
        kept = ", ".join(map(str, checkpoints.rounds())) or "none"
        raise UsageError(f"{checkpoints.folder}: expected a checkpoint of round {chosen}, got those of: {kept}")
    checkpoint = checkpoints.load(chosen, study_digests=digests_so_far(folder.run, study))
    model = initial_model(study, study_file.parent)
    load_arrays(model, checkpoint.model.arrays())
    sheet = _sheet(study, checkpoint, weights_sha256=checkpoints.digest(chosen))
    return chosen, write_onnx(path, PortableModel(model), sheet)


def _chosen_round(run_folder: Path, checkpoints: CheckpointFolder) -> int:
    summary = read_summary(run_folder) or {}
    best = summary.get("best_round")
    return best if isinstance(best, int) else checkpoints.latest() or 0


def _sheet(study: Study, checkpoint: Checkpoint, *, weights_sha256: str) -> ModelSheet:
    return ModelSheet(
        findings=study.findings,
        image_size_px=study.model.image_size_px,
        of="centre",
        offset_and_calibration="none: these probabilities are of no hospital, which a site's own export has inside",
        study=checkpoint.study_digest,
        round=checkpoint.round,
        architecture=study.model.architecture,
        weights_sha256=weights_sha256,
    )
