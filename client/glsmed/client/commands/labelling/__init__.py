"""What readers type when they label: one command for each file.

In: config.yaml and options. Out: pages on loopback, or a Label Studio file. May import ``data``, ``labelling`` and
``settings``; heavy modules inside the functions only.
"""
