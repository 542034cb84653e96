"""What a person must look at before a site's data are learned from, as counts and as one page that stays at the site.

In: a manifest, its decoded images and its label table. Out: sentences in other languages, images that look wrong,
counts per finding and split, and ``check.html`` with random images beside their reports. May import ``data`` and
``labels``.
"""
