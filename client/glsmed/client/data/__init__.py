"""A hospital's files as tensors: manifest, images, splits by patient.

In: the manifest, the gold labels and the image files that it names (DICOM, PNG, JPEG). Out: examples of the train,
validation and test split. ``site_inputs`` reads what the hospital gives, once; ``images`` decodes one file, by the
rooms in ``pictures``; ``image_facts`` and ``image_suspicions`` say what a person must look at; ``image_cache`` keeps
the result in one memory map, by those in ``cache``; ``dicom_headers`` reads what stands beside the pixels. May import
``settings``.
"""
