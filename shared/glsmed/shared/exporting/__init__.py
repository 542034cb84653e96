"""A network as an ONNX file that other programs can run, with a description of what goes in and comes out.

In: a network from images to logits, and what belongs behind it. Out: one ONNX file, checked against the network, and a
JSON file beside it. Needs the extra ``export``. May import ``errors``, ``files`` and ``pixels``.
"""
