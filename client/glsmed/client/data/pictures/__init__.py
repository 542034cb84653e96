"""From one image file to grey values: what is in the file, and how a viewer would show it.

In: a DICOM, PNG or JPEG file. Out: 8-bit greys, brighter where the film is. ``dicom_picture`` goes from a data set to
greys through ``stored_values`` (decoded by ``codestreams``), ``grey_scale`` with its ``lookup_tables``, and
``contrast``; ``raster_picture`` reads PNG and JPEG. May import nothing of ours but errors.
"""
