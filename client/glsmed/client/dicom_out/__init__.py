"""What the model says of an image, as DICOM that a reading room can show beside it: research use, not for diagnosis.

In: predictions of one image, the DICOM file it came from, and for pictures a heat map. Out: ``structured_report`` (TID
1500) and ``secondary_capture``, each one file of the same patient and examination. Files are written, nothing is sent.
May import ``data``.
"""
