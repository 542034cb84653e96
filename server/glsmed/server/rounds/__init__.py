"""The study itself: who takes part, what is asked, which round is kept.

In: replies of sites over Flower's Grid. Out: checkpoints, metrics, the chosen model. ``rounds`` is the loop;
``requests`` asks and hands each reply to be checked; ``outgoing`` brings models into the form in which they travel;
``shared_calibration`` adds up what cues mean; ``cross_site`` lets sites measure each other's models, which
``peer_models`` keeps for it. May import ``updates``, ``strategies``, ``folders``, ``flower``.
"""
