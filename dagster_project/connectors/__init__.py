"""Connectors: kinds of places that rows are fetched from. What they bring are drops: files, as any source delivers.

`python -m dagster_project.connectors NAME` fetches one connection of the profile, in a process of its own.
"""
