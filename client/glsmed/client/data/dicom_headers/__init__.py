"""Headers of DICOM files as plain text, times and years, whatever a scanner or gateway made of them.

In: a data set of pydicom. Out: values; ``character_sets`` mends the name of the character set first. Imports nothing of
the client.
"""
