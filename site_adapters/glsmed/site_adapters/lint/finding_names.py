"""The canonical names of findings (those of ChestX-ray14 first, then the rest of CheXpert's)."""

CHEST_XRAY_14 = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "edema",
    "effusion",
    "emphysema",
    "fibrosis",
    "hernia",
    "infiltration",
    "mass",
    "nodule",
    "pleural_thickening",
    "pneumonia",
    "pneumothorax",
)
CHEXPERT_REST = (
    "enlarged_cardiomediastinum",
    "lung_opacity",
    "lung_lesion",
    "pleural_other",
    "fracture",
    "support_devices",
)
CANONICAL_FINDINGS = CHEST_XRAY_14 + CHEXPERT_REST
