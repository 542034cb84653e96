"""Three hospitals from public case reports: Spain, the USA, and all other countries that have notes.

    python configs/covid_cxr/build_sites.py --data DATA/covid_cxr --out runs/covid_cxr

writes ``<out>/<site>/`` with manifest.csv, config.yaml, study.yaml and the site's adapter, and prints what the notes
hold. Images stay where they are. ``run.sh`` beside this file does that and federates the three as real processes.
"""

import argparse
import csv
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.data.splits import SPLITS, split_of
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.settings.config import SplitSection, load_site
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import atomic_replace, write_text
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.protocol.study import load_study

HERE = Path(__file__).resolve().parent
SITES = {"Spain": "spain", "USA": "usa"}
REST = "rest"
COLUMNS = ("study_id", "patient_id", "image", "report", "report_text")
FEWEST_PATIENTS = 2
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

CONFIG = """\
# Written by configs/covid_cxr/build_sites.py.
site: {site}
centre: {{address: "localhost:{port}"}}
data:
  manifest: manifest.csv
  adapter: {site}.yaml
  # seed: the first with half of the patients in training and {fewest} or more in each other split
  split: {{train: {train}, validation: {validation}, test: {test}, seed: {seed}}}
device: cpu
cpu_threads: 1
egress:
  model_updates: true
  metrics: [auroc, auprc, brier, ece, log_loss, loss, counts, calibration, reasons]
  min_patients: {fewest}               # the cases are public; a hospital leaves this at 10
"""


@dataclass(frozen=True, slots=True)
class Note:
    """One image with its note."""

    patient: str
    image: Path
    text: str


def read_notes(data: Path) -> tuple[dict[str, list[Note]], Counter[str]]:
    """Notes by site, and how many rows were left out for which reason.

    Raises:
        UsageError: the data are not there.
    """
    table = data / "metadata_dev.csv"
    if not table.is_file():
        raise UsageError(f"{table}: no such file; give --data, or set GLSMED_DATA to the folder that holds covid_cxr")
    sites: dict[str, list[Note]] = {site: [] for site in (*SITES.values(), REST)}
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    with table.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            image, text = data / "images" / row["file"], row["clinical_notes"].strip()
            reason = _reason_against(image, text, seen)
            if reason:
                left_out[reason] += 1
                continue
            seen.add(row["file"])
            sites[SITES.get(row["country"], REST)].append(Note(row["patientid"], image, text))
    return sites, left_out


def _reason_against(image: Path, text: str, seen: Iterable[str]) -> str:
    if not text:
        return "no note"
    if not image.is_file():
        return "no image"
    return "image of an earlier row, under another patient's number" if image.name in seen else ""


def write_site(folder: Path, site: str, notes: Sequence[Note], study: Path) -> None:
    """The site's folder, with everything but the centre's certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        atomic_replace(folder / "manifest.csv") as temporary,
        temporary.open("w", encoding="utf-8", newline="") as output,
    ):
        writer = csv.writer(output)
        writer.writerow(COLUMNS)
        for note in notes:
            writer.writerow((note.image.stem, note.patient, os.path.relpath(note.image, folder), "", note.text))
    shutil.copyfile(HERE / f"{site}.yaml", folder / f"{site}.yaml")
    shutil.copyfile(study, folder / "study.yaml")
    seed, port = first_seed({note.patient for note in notes}), load_study(study).centre.port
    text = CONFIG.format(site=site, port=port, seed=seed, fewest=FEWEST_PATIENTS, **SHARES)
    write_text(folder / "config.yaml", text)


def first_seed(patients: Iterable[str]) -> int:
    """The first seed that leaves at least two patients in each split, and at least half of all in training."""
    known = sorted(patients)
    for seed in range(1000):
        split = SplitSection(**SHARES, seed=seed)
        counts = Counter(split_of(patient, split) for patient in known)
        if min(counts[name] for name in SPLITS) >= FEWEST_PATIENTS and 2 * counts["train"] >= len(known):
            return seed
    raise UsageError(f"{len(known)} patients are too few for three splits")


def describe(folder: Path) -> str:
    """What a site's notes hold, read with the site's own adapter."""
    config = load_site(folder / "config.yaml")
    config.state.prepare()
    inputs = read_site_inputs(config, load_study(config.study))
    manifest, rows = inputs.manifest, label_rows(inputs)
    doubted = {row.study_id for row in rows if row.state == "uncertain"}
    silent = set(manifest.reports) - {row.study_id for row in rows if row.state != "unmentioned"}
    states = Counter(row.state for row in rows)
    cells = ", ".join(f"{state} {states[state]}" for state in ("present", "uncertain", "absent", "unmentioned"))
    return (
        f"{config.site}: {len(manifest.reports)} notes of {len(set(manifest.patients.values()))} patients, "
        f"{len(doubted)} with doubt, {len(silent)} without any finding of the study; cells: {cells}"
    )


def build(data: Path, out: Path, study: Path) -> None:
    """Write the three sites and say what they hold."""
    sites, left_out = read_notes(data)
    for site, notes in sites.items():
        write_site(out / site, site, notes, study)
        sys.stdout.write(describe(out / site) + "\n")
    for reason, count in left_out.items():
        sys.stdout.write(f"left out: {count} row(s): {reason}\n")


def main() -> None:
    """Read the command line and build."""
    default = Path(os.environ.get("GLSMED_DATA", HERE.parents[2] / "shared" / "data")) / "covid_cxr"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default, help="folder with metadata_dev.csv and images/")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "runs" / "covid_cxr", help="folder to write to")
    parser.add_argument("--study", type=Path, default=HERE / "study.yaml", help="the study that the sites approve")
    arguments = parser.parse_args()
    build(arguments.data.resolve(), arguments.out.resolve(), arguments.study)


if __name__ == "__main__":
    run_command(main)
