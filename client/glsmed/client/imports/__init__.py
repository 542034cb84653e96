"""From a hospital's systems to records: what PACS, RIS and exported folders hold, before a manifest is made of it.

In: folders, PACS addresses, report files. Out: ``image_record`` and ``report_record``, each with the list of what was
left out and why. ``images`` finds images; ``reports`` reads reports. Nothing here trains or leaves the site. May import
``data``.
"""
