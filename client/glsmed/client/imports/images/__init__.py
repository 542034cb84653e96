"""Images from a folder, a DICOMDIR or a PACS: found by their headers, fetched, filtered, and without duplicates.

``sources`` is the entry: ``images_from_folder`` and ``images_from_pacs`` give records and name every file that they
skipped. ``selection`` then leaves out by modality, view, date and the like. ``retrieval`` speaks with the PACS. May be
imported by commands; imports ``image_record``.
"""
