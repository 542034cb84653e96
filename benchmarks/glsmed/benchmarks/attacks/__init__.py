"""Attacks of a centre on a hospital of drawn patients: what can be read, with and without each defence.

``asked_site`` asks a site as a centre does; ``head_attack`` makes the models whose metrics tell labels,
``label_reading`` reads them, and ``curve`` measures both at each bound. Imports the rooms ``federation`` and
``simulator``.
"""
