"""What a hospital types once it has a model: use it, look at it, watch it, and clear away what the study left.

``predict``, ``explain`` and ``export`` use the model; ``drift`` watches it; ``purge`` ends a study. In: options. Out:
files and lines. May import whatever the commands of the room around it may.
"""
