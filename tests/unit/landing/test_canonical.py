"""The canonical views: what each way of mapping gives, typed, with provenance."""

import json
from datetime import UTC, datetime

from dagster_project.sources import build_views, last_event_day_end, masked_quarantine
from dagster_project.sources.entities import ENTITIES, PROVENANCE

from .conftest import HEADER, SCANS, Company

ROWS = HEADER + "s1,10,3,2026-01-04 08:00:00\ns2,20,1,2026-01-04 09:00:00\ns3,30,2,2026-01-04 10:00:00\n"


def built(company: Company, mapping: str, entity: str = "events", rows: str = ROWS) -> None:
    company.write("codes/ops.csv", "code,event_type,place\n10,outbound,A\n20,packed,\n30,,B\n")
    company.write(f"mapping/{entity}.yml", mapping)
    company.drop("wms/scans/2026-01-05/a.csv", rows)
    company.night()
    build_views(company.connection, company.profile)


def test_every_entity_has_its_typed_columns_even_where_nothing_feeds_it(company: Company) -> None:
    built(company, "")
    for entity, columns in ENTITIES.items():
        described = company.rows(f"SELECT column_name, column_type FROM (DESCRIBE canonical.{entity})")
        wanted = {name: column.type for name, column in columns.items()} | PROVENANCE
        assert [name for name, _ in described] == list(wanted)
        assert [type_.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for _, type_ in described] == list(
            wanted.values()
        )
        assert company.rows(f"SELECT count(*) FROM canonical.{entity}") == [(0,)]


def test_code_lists_translate_and_a_code_without_event_gives_none(company: Company) -> None:
    built(
        company,
        """
- from: wms.scans
  columns:
    event_type: {codes: ops, column: code, value: event_type}
    place: {codes: ops, column: code, value: place}
    source_event_id: scan_id
    occurred_at: recorded_at
""",
    )
    assert company.rows(
        "SELECT source, source_event_id, event_type, place, record FROM canonical.events ORDER BY 2"
    ) == [
        ("wms", "s1", "outbound", "A", 2),
        ("wms", "s2", "packed", None, 3),
    ]


def test_each_gives_one_event_an_instant_that_is_there(company: Company) -> None:
    contract = SCANS.replace("recorded_at: recorded_at", "recorded_at: {occurred: recorded_at}").replace(
        "      recorded_at:", "      packed_at: {type: timestamp}\n      recorded_at:"
    )
    company.write("contracts/wms.yml", contract)
    header = "scan_id,code,quantity,recorded_at,packed_at\n"
    built(
        company,
        "- from: wms.scans\n  each: {outbound: recorded_at, packed: packed_at}\n"
        "  columns: {fulfilment_code: code}\n",
        rows=header + "s1,C1,1,2026-01-04 08:00:00,2026-01-04 07:00:00\ns2,C2,1,2026-01-04 09:00:00,\n",
    )
    assert company.rows(
        "SELECT event_type, fulfilment_code, occurred_at = recorded_at FROM canonical.events ORDER BY ALL"
    ) == [("outbound", "C1", True), ("outbound", "C2", True), ("packed", "C1", True)]


def test_a_query_can_feed_where_one_table_is_not_enough(company: Company) -> None:
    built(
        company,
        """
- from:
    sql: >
      select code, sum(quantity) as pieces, max(_recorded_at) as _recorded_at, max(_load_seq) as _load_seq,
        min(_load_id) as _load_id, min(_file) as _file, min(_record) as _record
      from wms.scans where 'wms.scans' <> code group by code
  where: pieces > 1
  columns: {order_id: code, line_number: 1, sku: "'wms.scans'", ordered_quantity: pieces}
""",
        "order_lines",
    )
    assert company.rows(
        "SELECT order_id, line_number, sku, ordered_quantity, load_seq, record"
        " FROM canonical.order_lines ORDER BY 1"
    ) == [("10", 1, "wms.scans", 3, 1, 2), ("30", 1, "wms.scans", 2, 1, 4)]


def test_reference_tables_are_typed_and_their_defaults_filled(company: Company) -> None:
    company.write(
        "reference/standards.csv",
        "stage,place,minutes,valid_from\ntransfer,B,480,2026-01-01\nplaced_to_paid,,5.5,\n",
    )
    company.write("reference/carriers.csv", "carrier,name_en\nSF,SF Express\n")
    built(company, "")
    assert company.rows(
        "SELECT stage, place, order_type, minutes, clock, valid_from::VARCHAR, valid_to"
        " FROM reference.standards"
    ) == [
        ("transfer", "B", None, 480.0, "calendar", "2026-01-01", None),
        ("placed_to_paid", None, None, 5.5, "calendar", None, None),
    ]
    assert company.rows("SELECT * FROM reference.carriers") == [("SF", None, "SF Express", True)]
    assert company.rows("SELECT count(*) FROM reference.places") == [(0,)]


def test_the_last_day_ends_with_the_companys_day(company: Company) -> None:
    mapping = "- from: wms.scans\n  columns: {event_type: \"'packed'\", occurred_at: recorded_at}\n"
    built(company, mapping)
    assert last_event_day_end(company.connection, company.profile) == datetime(2026, 1, 4, 16, tzinfo=UTC)
    # An instant that ends a day belongs to the day it ends.
    built(company, mapping, rows=HEADER + "s1,10,3,2026-01-05 00:00:00\n")
    assert last_event_day_end(company.connection, company.profile) == datetime(2026, 1, 4, 16, tzinfo=UTC)


def test_there_is_no_last_day_without_events(company: Company) -> None:
    built(company, "")
    assert last_event_day_end(company.connection, company.profile) is None


def test_what_is_published_of_the_quarantine_hides_persons(company: Company) -> None:
    company.write(
        "contracts/wms.yml", SCANS.replace("code: {type: text}", "code: {type: text, personal: true}")
    )
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,13800138000,x,\ns2,13800138000\n")
    company.night()
    published = company.rows(f'SELECT "row" FROM ({masked_quarantine(company.profile)}) ORDER BY record')
    assert [json.loads(row) for (row,) in published] == [
        {"scan_id": "s1", "code": "***", "quantity": "x", "recorded_at": ""},
        {"line": "***"},
    ]
    kept = company.rows('SELECT "row" FROM meta.quarantine')
    assert all("13800138000" in row for (row,) in kept)
