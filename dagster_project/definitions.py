"""The code location: everything in defs/, nothing else."""

import dagster as dg

from dagster_project import defs as defs_folder

defs = dg.load_definitions_from_package_module(defs_folder)
