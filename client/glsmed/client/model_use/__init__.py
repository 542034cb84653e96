"""The model in use: probabilities for new images, what they rest on, and the model for other programs.

In: a shipped model, and images or the examination of a manifest. Out: predictions, pages, DICOM objects, an ONNX file.
Nothing here writes to the state folder or sends anything. May import ``dicom_out``, ``evaluation``, ``labels``,
``learning``, ``data``, ``training`` and ``settings``.
"""
