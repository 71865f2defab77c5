"""`make import`, from a workbook to what is published: Olist's real orders as a Chinese export, and small ones."""

from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest

from dagster_project.commands import import_workbook
from dagster_project.settings import REPOSITORY

OLIST = REPOSITORY.parent / "shared" / "real" / "olist"
ORDERS = f"""
    select orders.*, customer_unique_id, customer_city, customer_state
    from '{OLIST}/orders.parquet' as orders join '{OLIST}/customers.parquet' using (customer_id)
    where order_id < '0d'
"""
STATES = {"delivered": "已签收", "canceled": "已取消"}
Figures = dict[str, tuple[int, int]]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRUE_ON_TIME_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def published(data: Path, name: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str((data / name / "published" / "warehouse.duckdb").resolve()), read_only=True)


def figures(connection: duckdb.DuckDBPyConnection) -> Figures:
    rows = connection.execute(
        "select metric, numerator, denominator from marts.kpi where period = 'all'"
    ).fetchall()
    return {metric: (numerator, denominator) for metric, numerator, denominator in rows}


def olist_as_exported(path: Path) -> int:
    """Times as dates and as text, promises as text days, a title, a subtotal a thousand rows, a total, a note."""
    rows = duckdb.execute(f"{ORDERS} order by order_purchase_timestamp, order_id").fetchall()
    names = [column[0] for column in duckdb.execute(f"describe {ORDERS}").fetchall()]
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "订单明细"
    sheet.append(["平台订单导出(2016 至 2018)"])
    sheet.merge_cells("A1:J1")
    sheet.append(["订单", None, "时间", None, None, None, None, "状态", "收货", None])
    sheet.append(
        [
            "订单编号",
            "客户ID",
            "下单时间",
            "付款时间",
            "交承运商时间",
            "签收时间",
            "预计送达日期",
            None,
            "城市",
            "省份",
        ]
    )
    for merged in ("A2:B2", "C2:G2", "H2:H3", "I2:J2"):
        sheet.merge_cells(merged)
    for at, row in enumerate(rows, 1):
        order = dict(zip(names, row, strict=True))
        bought, promised = (
            datetime.fromisoformat(order[name])
            for name in ("order_purchase_timestamp", "order_estimated_delivery_date")
        )
        sheet.append(
            [
                order["order_id"],
                order["customer_unique_id"],
                bought,
                order["order_approved_at"],
                order["order_delivered_carrier_date"],
                order["order_delivered_customer_date"] or "未签收",
                f"{promised.year}/{promised.month}/{promised.day}",
                STATES.get(order["order_status"], "处理中"),
                order["customer_city"],
                order["customer_state"],
            ]
        )
        if at % 1000 == 0:
            sheet.append([f"小计:{at}"])
            sheet.append([])
    sheet.append(["合计", len(rows)])
    sheet.append(["说明:本表仅供内部使用"])
    book.save(path)
    return len(rows)


@pytest.mark.real
def test_olist_as_a_chinese_export_gives_olists_figures(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = olist_as_exported(tmp_path / "平台订单.xlsx")
    assert orders > 4_000
    arguments = [str(tmp_path / "平台订单.xlsx"), "--yes", "--zone", "America/Sao_Paulo"]
    assert import_workbook.main(arguments) == 0
    row = duckdb.execute(
        f"""
        select
            count(*) filter (
                order_delivered_customer_date::timestamp <= order_estimated_delivery_date::timestamp + interval 1 day
            ),
            count(order_delivered_customer_date),
            count(order_delivered_carrier_date)
        from ({ORDERS})
        """
    ).fetchone()
    assert row is not None
    on_time, signed, shipped = row
    with published(data, "平台订单") as connection:
        found = figures(connection)
        assert found["true_on_time_rate"] == (on_time, signed)
        # no limit for shipping is told: whatever is shipped is on time for the ERP
        assert found["erp_on_time_rate"] == (shipped, shipped)
        # every row of the sheet: two of a title and its group, one of a header, two a thousand, a total, a note
        read = connection.execute("select sum(rows_read), sum(rows_accepted) from meta.loads").fetchall()
        assert read == [(orders, orders)]
        record = connection.execute(
            "select file, min(record), max(record) from marts.fct_events group by file"
        ).fetchall()
        assert record == [("workbook/orders/订单明细.parquet", 4, 3 + orders + 2 * ((orders - 1) // 1000))]
    said = capsys.readouterr().out
    assert f"{signed:,})" in said
    assert "in full and on time: needs" in said
    assert "make dash PROFILE=" in said


def test_an_order_number_a_date_and_a_signature_give_times_but_no_rate(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["订单号", "下单日期", "签收日期"])
    for day in range(1, 11):
        sheet.append([f"{day:05}", datetime(2026, 1, day), datetime(2026, 1, day + 4)])
    book.save(tmp_path / "least.xlsx")
    assert import_workbook.main([str(tmp_path / "least.xlsx"), "--yes"]) == 0
    with published(data, "least") as connection:
        assert figures(connection).get("true_on_time_rate", (0, 0)) == (0, 0)
        days = connection.execute(
            "select min(signed_at - placed_at), max(signed_at - placed_at), count(*) from marts.fct_orders"
        ).fetchall()
        assert [(low.days, high.days, count) for low, high, count in days] == [(4, 4, 10)]
    said = capsys.readouterr().out
    assert (
        "half of 10 signed orders within 4.0 days, nine in ten within 4.0 (days without times: whole days)"
        in said
    )
    assert "true on-time rate and promise kept: needs delivery promised to the customer or day" in said
    # the same again, with a promise: the import is made anew, nothing of the old one stays
    sheet.cell(1, 4, "要求到货日期")
    for row in range(2, 12):
        sheet.cell(row, 4, datetime(2026, 1, row + 3 if row < 8 else row + 2))
    sheet["C11"] = None
    book.save(tmp_path / "least.xlsx")
    assert import_workbook.main([str(tmp_path / "least.xlsx"), "--yes"]) == 0
    with published(data, "least") as connection:
        # signed in row + 3: 6 by the wish, 3 a day after it, 1 not at all, whose day, the 13th, has passed
        found = figures(connection)
        assert found["true_on_time_rate"] == (6, 9)
        assert found["wished_date_hit_rate"] == (6, 10)


def test_what_is_not_understood_writes_nothing(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["客户名称", "下单时间", "金额"])
    book.worksheets[0].append(["甲", datetime(2026, 1, 5), 3])
    book.save(tmp_path / "half.xlsx")
    assert import_workbook.main([str(tmp_path / "half.xlsx"), "--yes"]) == 1
    assert "order number (orders.order_id): a column such as 订单号 or order_id" in capsys.readouterr().out
    assert not data.exists()


def test_another_companys_folder_is_left_alone(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["订单号", "下单时间"])
    book.worksheets[0].append(["A", datetime(2026, 1, 5)])
    book.save(tmp_path / "demo.xlsx")
    assert import_workbook.main([str(tmp_path / "demo.xlsx"), "--yes"]) == 1
    assert "say another name, NAME=demo_import" in capsys.readouterr().out
    assert not data.exists()
