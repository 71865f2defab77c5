"""What is personal in the demo company's files is nowhere in what it publishes: not in a mart, not in a refused row.

The values are read from the files themselves, whatever the contracts say of their columns, and looked for in every
column of text there is.
"""

import csv
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from oracle.night import hush, published

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings
from dagster_project.sources import load_profile

LAST = date(2026, 2, 28)
# table -> what in it is about a person
PERSONAL = {
    "erp.customers": {"contact_name", "phone", "address"},
    "crm.contacts": {"person", "phone"},
    "ycsp.tracks": {"录入人"},
    "wechat.clicks": {"openid"},
    "wechat.queries": {"openid"},
    "wms_a.scans": {"worker_no"},
    "byhand.tracks": {"typed_number"},
}
# rows that break their contract, each in another way, about people of whom no other row tells
SPOILT = {
    "erp.customers": [
        "C9001,测试一号公司,赵测试一,13900000001,91X,经销商,宁波,浙江,测试路9001号,not a time",
        "C9002,测试二号公司,赵测试二,13900000002,测试路9002号",
        ",,赵测试三,13900000003,91X,经销商,宁波,浙江,测试路9003号,2026-02-28 09:00:00",
        "C9004,测试四号公司,赵测试四,13900000004,91X,经销商,宁波,浙江,测试路9004号,2026-02-28 09:00:00,more,and more",
    ],
    "crm.contacts": [
        "K9001,测试一号公司,钱测试一,+86 13900000011,2026-13-45 99:99,2026-02-28 09:00:00",
        "K9002,钱测试二,13900000012",
    ],
    "wechat.clicks": [
        '{"msgid":"wx90001","openid":"oTest0000000000000001","order_no":null,"clicked_ms":1,"stored_ms":1772240000000}',
        '{"msgid":"wx90002","openid":"oTest0000000000000002","order_no":',
    ],
    "wechat.queries": ["oTest0000000000000003,,2026/02/28 09:00:00,2026/02/28 09:00:01"],
    "wms_a.scans": ["A90001,,PK,2026-02-28 09:00:00,A1,W9001,2026-02-28 09:00:01"],
}
PEOPLE = {
    *(f"赵测试{n}" for n in "一二三四"), *(f"1390000000{n}" for n in "1234"), *(f"测试路900{n}号" for n in "1234"),
    "钱测试一", "钱测试二", "13900000011", "13900000012", "W9001", *(f"oTest000000000000000{n}" for n in "123"),
}  # fmt: skip
# what stands between two words, in a sentence or in JSON within JSON
WORDS = r"""[^\s",:;{}\[\]\\|()=+]+"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Twenty days of the demo company with the spoilt rows in files of their own, and one night over it."""
    folder = tmp_path_factory.mktemp("personal")
    generate(Size(number(LAST) - 19, number(LAST), 12, 3), folder, hush)
    for table, rows in SPOILT.items():
        first = min(
            (folder / "source")
            .joinpath(*table.split("."))
            .glob(f"*/*{'.jsonl' if 'clicks' in table else '.csv'}")
        )
        header = [] if first.suffix == ".jsonl" else first.read_text(encoding="utf-8").splitlines()[:1]
        spoilt = first.parents[1] / f"{LAST}" / f"spoilt{first.suffix}"
        spoilt.parent.mkdir(exist_ok=True)
        spoilt.write_text("\n".join([*header, *rows, ""]), encoding="utf-8")
    settings = Settings("demo", PROFILES / "demo", folder / "source", folder / "home", None, 8501)
    assert run_night(settings, say=hush).status == "published"
    return settings


def told(source: Path) -> set[str]:
    """Every word of every personal value in the files, whatever became of its row."""
    values: set[str] = set()
    for table, columns in PERSONAL.items():
        for file in source.joinpath(*table.split(".")).glob("*/*"):
            if file.suffix == ".jsonl":
                rows = [
                    json.loads(line)
                    for line in file.read_text(encoding="utf-8").splitlines()
                    if line[-1:] == "}"
                ]
            elif file.suffix == ".csv":
                text = file.read_bytes().decode(
                    "gbk" if table == "ycsp.tracks" else "utf-8", errors="replace"
                )
                rows = list(csv.DictReader(text.splitlines()))
            else:
                continue
            values |= {str(row[column]) for row in rows for column in columns if row.get(column)}
    return {word for value in values for word in value.split() if len(word) > 1 and word != "+86"} | PEOPLE


def found(connection: duckdb.DuckDBPyConnection, values: set[str]) -> list[tuple[str, ...]]:
    """Where one of the values is a word of a text: schema, table, column, value, text."""
    connection.execute("create temp table told as select unnest(?::varchar[]) as word", [sorted(values)])
    columns = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where not internal and schema_name <> 'main' and regexp_matches(data_type, 'VARCHAR|JSON')"
    ).fetchall()
    assert len(columns) > 100
    hits = []
    for schema, table, column in columns:
        hits += connection.execute(
            f"""
            with texts as (select distinct "{column}"::varchar as text from "{schema}"."{table}"),
            words as (select text, unnest(regexp_extract_all(text, ?)) as word from texts where text is not null)
            select '{schema}', '{table}', '{column}', word, text from words semi join told using (word)
            """,
            [WORDS],
        ).fetchall()
    return hits


def test_the_contracts_call_personal_what_is() -> None:
    profile = load_profile(PROFILES / "demo")
    said = {
        f"{contract.source}.{contract.name}": {column.name for column in contract.personal}
        for contract in profile.contracts
        if contract.personal
    }
    assert said == PERSONAL


def test_nothing_personal_is_published_in_the_clear(demo: Settings) -> None:
    values = told(demo.source_dir)
    assert len(values) > 300
    with published(demo) as connection:
        assert found(connection, values) == []


def test_every_spoilt_row_was_refused_with_its_reason(demo: Settings) -> None:
    with published(demo) as connection:
        refused = connection.execute(
            "select source || '.' || table_name, count(*) from meta.quarantine where file like '%spoilt%' group by 1"
        ).fetchall()
    assert dict(refused) == {table: len(rows) for table, rows in SPOILT.items()}


def test_the_search_finds_what_is_there(demo: Settings) -> None:
    """In the build file, which nobody but the night opens, the refused rows are whole."""
    with duckdb.connect(str(demo.build_file), read_only=True) as connection:
        rows = [row for (row,) in connection.execute('select "row" from meta.quarantine').fetchall()]
    missing = [value for value in PEOPLE if not any(value in row for row in rows)]
    assert missing == []
