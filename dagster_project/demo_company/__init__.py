"""The demo company: a made-up hardware wholesaler, and the files its systems would have left behind.

Belongs here: drawing the company's history, spoiling it as real systems do, writing each source in its own
shape, and the truth about what was planted. Nothing here knows how the pipeline reads any of it.
"""
