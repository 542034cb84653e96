"""Reading doubt in reports: from words to a probability per finding, with the words behind it.

``glsmed-adapter`` (:mod:`cli`) is the way in for people, the spaCy component ``glsmed_reader`` (in ``reading``) the
one for pipelines, ``contract`` the check that a hospital can run on its adapter. ``vocabularies`` holds the built-in
adapters as YAML. Rooms in the order of the work: ``text``, ``adapter``, ``reading``, ``calibration``; beside them
``inputs``, ``explaining``, ``suggesting``, ``lint``, ``commands``. Imports ``glsmed.shared`` only.
"""
