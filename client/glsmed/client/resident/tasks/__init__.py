"""What a site answers to each task of the centre.

In: a task's content and the site as it stands. Out: what the egress policy released. ``task_checks`` holds a task
against the site's own study.yaml; ``site_facts`` says what the site has, ``training_task`` trains, ``evaluation_task``
measures a model, both by ``measured_answer``. ``app``, one room up, calls them. May import what ``resident`` may.
"""
