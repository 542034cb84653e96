"""From one image file to grey values: what is in the file, and how a viewer would show it.

In: a DICOM, PNG or JPEG file. Out: pixels as grey values, brighter where the film would be brighter. ``dicom_file``
opens DICOM and reads single elements. May import nothing of ours but errors.
"""
