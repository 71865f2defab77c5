"""Cases counted by hand: what happened, what must come out, and why. The same cases try the models and the
oracle.
"""
