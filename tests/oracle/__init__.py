"""An independent computation of what the numbers mean, to hold the models to.

Plain lists and dictionaries, written from the definitions alone: slow, without SQL, sharing no code with the
project. What belongs here: the definitions, a small company to try them on, the comparison. No expectation
counted by hand (those are in tests/golden) and no test.
"""
