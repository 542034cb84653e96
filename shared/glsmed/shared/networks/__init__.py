"""The study's network: built by name, filled with initial weights, checked, and known by its parts.

``initial_model`` makes what every participant of a study starts from; ``building`` makes a network by name, from
torchvision with GroupNorm or from timm. ``initial_weights`` reads and fits a file of weights, ``torch_file`` converts
one. ``network_check`` tries what a federation needs of a network. Needs torch: programs that run for days without it
import ``protocol`` and ``wire`` only.
"""
