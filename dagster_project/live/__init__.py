"""The small refresh: stock and tracks within seconds, in a small published file of its own beside the night's.

It fetches by connectors, lands and maps by sources, and keeps all it makes below `<home>/live/`.
"""
