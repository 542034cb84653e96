"""The codes of findings and of what is said about them.

Findings that DICOM's own context groups code in SNOMED CT have that code; all others are named in our own scheme, so
that no code claims more than the study's word does.
"""

from highdicom.sr import CodedConcept

SCHEME = "99GLSMED"
_SNOMED = {
    "edema": ("19242006", "Pulmonary edema"),
    "effusion": ("60046008", "Pleural effusion"),
    "pneumothorax": ("36118008", "Pneumothorax"),
}
PROBABILITY = CodedConcept("122157", "DCM", "Probability")
LOW = CodedConcept("prob-low", SCHEME, "Probability, lower end of its interval")
HIGH = CodedConcept("prob-high", SCHEME, "Probability, upper end of its interval")
ALERT = CodedConcept("alert", SCHEME, "Probability reaches the operating point")
NO_UNITS = CodedConcept("1", "UCUM", "no units")
YES, NO = CodedConcept("373066001", "SCT", "Yes"), CodedConcept("373067005", "SCT", "No")
CHEST_IMAGING = CodedConcept("413815006", "SCT", "Chest imaging")
SOURCE_IMAGE = CodedConcept("121322", "DCM", "Source image for image processing operation")
_LONGEST_VALUE = 16  # characters of a code value, DICOM PS3.3 section 8.1


def finding_code(finding: str) -> CodedConcept:
    """The code of a finding by its canonical name."""
    if finding in _SNOMED:
        value, meaning = _SNOMED[finding]
        return CodedConcept(value, "SCT", meaning)
    return CodedConcept(finding[:_LONGEST_VALUE], SCHEME, finding.replace("_", " ").capitalize())
