"""Compressed pixels: which decoder reads them, and whether they are whole.

Decoders make grey or noise of data that are damaged, and say nothing; here damage is found and named. ``dicom_frames``
decodes the frame of a DICOM image, ``jpeg`` decodes JPEG of 8 bits strictly, ``png`` compares a file with its
checksums, ``lossless_bits`` counts the codes of
lossless JPEG, ``frame_headers`` reads sizes before anything is decoded. May import ``dicom_file``.
"""
