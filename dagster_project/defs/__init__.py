"""What exists: assets, checks, job, schedule, sensors. What they are made of is in lib/, how data is fetched
in sources/.
"""
