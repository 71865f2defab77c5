"""The unit tests that stand beside the models, run by dbt over a warehouse of any company."""

from pathlib import Path

from oracle.night import one_night
from oracle.random_company import random_company

from dagster_project.lib import models


def test_every_unit_test_of_the_models_passes(tmp_path: Path) -> None:
    settings = one_night(random_company(3, orders=20), tmp_path)
    outcome = models.unit_tests(settings)
    assert len(outcome) >= 6
    assert [result for result in outcome if result.status != "pass"] == []
