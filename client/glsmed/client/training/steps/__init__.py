"""The training core: batches, augmentation, the loss, one gradient step after the other.

In: examples and the study's training settings. Out: changed weights and the mean loss. ``round_plan`` fixes what a
round works through, ``batches`` draws it, ``stepper`` takes a step, ``training`` runs the loop on one device. May
import ``data`` and ``learning``; the sibling rooms build on this one.
"""
