"""The findings that glsmed's built-in vocabularies know, by their canonical names.

The centre names a study's findings without any code that reads reports; a test holds these lists to the vocabularies.
"""

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
CANONICAL_FINDINGS = CHEST_XRAY_14 + CHEXPERT_REST  # every vocabulary knows them

# Findings that the vocabularies of some languages know beside them.
FINDINGS_OF_SOME_LANGUAGES = {
    "primary_tumour": ("ja",),
    "lymph_node_metastasis": ("ja",),
    "distant_metastasis": ("ja",),
}
