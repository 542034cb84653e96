"""How the updates of a round become the next model: one file for each strategy, with its paper.

``rule`` has the interface and what a rule sees; ``chosen`` makes the rule that a study asks for. In: a stretch of the
model before the round and of every site's. Out: that stretch of the next model. Rules know nothing of files, messages
or Flower. May import no other room.
"""
