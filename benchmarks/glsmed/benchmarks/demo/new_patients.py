"""After the study: a hospital uses its model on patients who have no report yet."""

from PIL import Image

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.programs import Programs
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.sites import draw_site

PATIENTS = 20
_OTHER_SEED = 10_000  # added to the demo's: no patient of the study comes again


def predict_new_patients(folder: DemoFolder, hospital: Hospital, *, seed: int, programs: Programs) -> str:
    """Draw the new patients' images and let the hospital predict on them; returns what its command printed.

    Raises:
        FederationError: the command failed; holds what it printed.
    """
    images = folder.new_images(hospital.name)
    images.mkdir(parents=True)
    for study in draw_site(hospital, patients=PATIENTS, seed=seed + _OTHER_SEED):
        for number, pixels in enumerate(study.images, start=1):
            Image.fromarray(pixels).save(images / f"new-{study.study_id}-{number}.png")
    return programs.run(
        *("glsmed-client", "--site", str(folder.config(hospital.name))),
        *("predict", "--in", str(images)),
        *("--out", str(folder.predictions(hospital.name)), "--html", str(folder.worklist(hospital.name))),
    )
