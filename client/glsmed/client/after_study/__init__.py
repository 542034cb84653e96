"""What a hospital does once the study is over: watch the model for drift, and delete what it holds for the study.

In: the state folder, and new reports with what the model said of their images. Out: months with their bands, or a
plan of what goes and what stays. Nothing leaves the site. May import ``data``, ``labels``, ``monitoring`` and
``settings``.
"""
