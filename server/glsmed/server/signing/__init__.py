"""What the centre signs, and what it believes: tasks under its own key, answers under the site's.

In: Flower's Grid, the signing key, the admitted sites. Out: a Grid on which every task is signed and every answer was
checked; ``audit_heads`` keeps the ends of the sites' audit logs that the answers name. May import ``flower``
and ``admission``.
"""
