"""The channel for what carriers without an API report: sheets typed by hand, matched to waybills, taken or asked about.

It reads the published file, as every page, and writes into the inbox of the profile's home alone; from there the
night fetches it as it fetches any watched folder.
"""
