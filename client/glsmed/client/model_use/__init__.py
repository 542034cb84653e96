"""The model in use: probabilities for new images, what they rest on, and the model for other programs.

In: a shipped model, and images or the examination of a manifest. Out: predictions, a worklist, an explanation, an ONNX
file. Nothing here writes to the state folder or sends anything. May import ``evaluation``, ``labels``, ``learning``,
``data``, ``training`` and ``settings``.
"""
