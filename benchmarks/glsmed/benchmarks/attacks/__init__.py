"""Attacks on drawn hospitals, by a centre or by one of them: how far each comes, with and without each defence.

``asked_site`` asks a site as a centre does; ``head_attack`` makes the models whose metrics tell labels,
``label_reading`` reads them, and ``curve`` measures both at each bound. ``poisoned_training`` is a dishonest hospital,
``poisoning`` what each way of averaging makes of it; ``membership`` reads who was trained on. ``inversion`` seeks the
images of an update, ``inverted_updates`` has it try each kind of update, and ``inversion_picture`` draws what came out.
``spread`` writes a number over seeds. Imports the rooms ``federation``, ``privacy_cost`` and ``simulator``.
"""
