"""The three hospitals of the demo: other scanners, other patients, other styles of hedging, other languages."""

from dataclasses import dataclass

from glsmed.benchmarks.reading_room.drawing import Scanner
from glsmed.benchmarks.reading_room.readers import OVER_CONFIDENT, OVER_HEDGER, TEXTBOOK, HedgingStyle
from glsmed.benchmarks.reading_room.writers import ENGLISH, JAPANESE, SPANISH, Language


@dataclass(frozen=True, slots=True)
class Hospital:
    """One hospital; ``adapter`` is the built-in adapter for its reports."""

    name: str
    language: Language
    adapter: str
    scanner: Scanner
    hedging_style: HedgingStyle
    prevalence: dict[str, float]


HOSPITALS = (
    Hospital(
        name="st-mary",
        language=ENGLISH,
        adapter="en_radiology",
        scanner=Scanner(side_px=128, gamma=1.0, noise=0.03, blur_px=1, vignette=0.1, marker=0),
        hedging_style=OVER_HEDGER,
        prevalence={"effusion": 0.4, "cardiomegaly": 0.3, "nodule": 0.2, "consolidation": 0.25, "pneumothorax": 0.15},
    ),
    Hospital(
        name="sakura",
        language=JAPANESE,
        adapter="ja_radiology",
        scanner=Scanner(side_px=160, gamma=0.75, noise=0.05, blur_px=3, vignette=0.25, marker=1),
        hedging_style=TEXTBOOK,
        prevalence={"effusion": 0.2, "cardiomegaly": 0.2, "nodule": 0.4, "consolidation": 0.2, "pneumothorax": 0.2},
    ),
    Hospital(
        name="san-lucas",
        language=SPANISH,
        adapter="es_radiology",
        scanner=Scanner(side_px=112, gamma=1.35, noise=0.04, blur_px=1, vignette=0.0, marker=3),
        hedging_style=OVER_CONFIDENT,
        prevalence={"effusion": 0.25, "cardiomegaly": 0.35, "nodule": 0.15, "consolidation": 0.4, "pneumothorax": 0.25},
    ),
)
