"""A sheet typed by hand, from the upload to the figures: the next night lands what was taken, once."""

import csv
import io
import os
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from oracle.night import hush

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings
from dashboards import published
from dashboards.byhand import channel
from dashboards.byhand.journal import Inbox

LAST = number(date(2026, 2, 28))
NOW = datetime(2026, 3, 1)  # as of which the demo company's history ends
PERSON, PHONE = "赵测试九", "13900000099"
OPEN = """
    select waybill, waybills.carrier, fulfilment_code from marts.dim_waybills as waybills
    inner join marts.fct_suborders as parts using (fulfilment_code)
    where parts.signed_at is null and closed_at is null and not is_cancelled and is_live and outbound_at is not null
    order by order_day desc, waybill limit 12
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("data") / "demo"
    generate(Size(LAST - 29, LAST, 30, 5), folder, hush)
    settings = Settings("demo", PROFILES / "demo", folder / "source", folder, as_of=None, port=0)
    assert run_night(settings, with_quality=False, say=hush).status == "published"
    return settings


def rows(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()


def night(settings: Settings) -> None:
    for file in settings.home.glob("inbox/byhand/drop/*.jsonl"):  # nobody has touched it for a while
        os.utime(file, (1_700_000_000, 1_700_000_000))
    assert run_night(settings, with_quality=False, say=hush).status == "published"


@pytest.mark.timeout(900)
def test_what_was_taken_is_signed_the_next_night(home: Settings) -> None:
    parcels = rows(home, OPEN)
    out = io.StringIO(newline="")
    sheet = csv.writer(out)
    sheet.writerow(["运单号", "状态", "时间", "承运商", "签收人", "备注"])
    for waybill, carrier, _ in parcels:
        sheet.writerow([waybill, "签收", "2026-02-28 23:30", carrier, PERSON, PHONE])
    sheet.writerow(["XX", "签收", "2026-02-28 23:30", "", PERSON, PHONE])
    inbox = Inbox(home.home / "inbox" / "byhand")
    file = home.published_file

    def ask(query: str, **values: published.Value) -> list[published.Row]:
        return published.ask(file, query, **values)

    content = out.getvalue().encode()
    upload = channel.upload(inbox, ask, "sheet.csv", content, "anna", NOW)
    lines = inbox.read().lines(upload)
    outcomes = [line["outcome"] for line in lines]
    assert outcomes == ["taken"] * len(parcels) + ["rejected"]
    before = rows(home, "select count(*) from marts.fct_suborders where signed_at is null")

    night(home)
    landed = rows(
        home,
        "select fulfilment_code, event_type, sign_method from marts.fct_events where source = 'byhand' order by 1",
    )
    assert landed == sorted((code, "delivered", "in_person") for _, _, code in parcels)
    signed = rows(
        home,
        """select count(*), count(*) filter (timezone('Asia/Shanghai', signed_at) = timestamp '2026-02-28 23:30:00')
        from marts.fct_suborders where signed_at is not null and fulfilment_code in
        (select fulfilment_code from marts.fct_events where source = 'byhand')""",
    )
    assert signed == [(len(parcels), len(parcels))]
    assert rows(home, "select count(*) from marts.fct_suborders where signed_at is null") == [
        (before[0][0] - len(parcels),)
    ]

    channel.upload(inbox, ask, "sheet.csv", content, "anna", NOW)
    night(home)
    books = "select sum(rows_accepted), sum(rows_quarantined), sum(rows_duplicate) from meta.loads"
    assert rows(home, f"{books} where source = 'byhand'") == [(len(parcels), 0, 0)]


def test_nobody_who_is_named_in_a_sheet_is_published(home: Settings) -> None:
    """Looked for in the bytes that hold the values, and in every column of text."""
    with duckdb.connect(str(home.published_file.resolve()), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where data_type = 'VARCHAR' and not internal"
        ).fetchall()
        for schema, table, column in columns:
            (found,) = connection.execute(
                f'select count(*) from "{schema}"."{table}" where contains("{column}", $1) or contains("{column}", $2)',
                [PERSON, PHONE],
            ).fetchone()
            assert found == 0, f"{schema}.{table}.{column}"
    assert [
        file.name
        for file in Path(home.source_dir).rglob("*byhand*.jsonl")
        if PHONE in file.read_text("utf-8")
    ] == []
