"""The study itself: who takes part, what is asked, what is accepted, how updates become the next model.

In: replies of sites over Flower's Grid. Out: checkpoints, metrics, the chosen model. ``rounds`` is the loop;
``update_checks`` refuses an update before it counts; ``aggregation`` holds the rules that average (a new rule goes
there); ``shared_calibration`` adds up what cues mean. May import ``folders``.
"""
