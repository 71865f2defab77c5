"""The bench: a made-up company of any size, and the product raced against scripts that do the same by hand.

Belongs here: what `make bench` runs. Not here: tests of figures (golden, oracle) or of speed (none is timed).
"""
