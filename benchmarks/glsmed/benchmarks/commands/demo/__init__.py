"""The commands of ``glsmed-demo``, one file each.

In: a command line. Out: the demo's folders. ``demo_cli`` alone imports it. May import every room.
"""
