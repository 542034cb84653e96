"""A hospital's files as tensors: manifest, images, splits by patient.

In: the manifest, the gold labels and the image files that it names (DICOM, PNG, JPEG). Out: examples of the train,
validation and test split. ``site_inputs`` reads what the hospital gives, once; ``images`` decodes one file (DICOM
window and rescale included); ``image_cache`` keeps the result in one memory map. May import ``settings``.
"""
