"""Workbooks made at random: whatever stands in them, every row is somewhere, and orders are those that were put in."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from .books import Landed, land

NAMES = {
    "订单编号": "orders.order_id",
    "下单日期": "orders.placed_at",
    "客户名称": "orders.customer_id",
    "要求到货日期": "orders.wished_date",
    "承诺送达时间": "orders.given_promise",
    "最晚发货时间": "orders.erp_ship_by_at",
    "订单状态": "orders.status",
    "出库单号": "suborders.fulfilment_code",
    "快递单号": "suborders.waybill",
    "发货仓库": "suborders.origin_place",
    "物流公司": "suborders.carrier",
    "收货城市": "suborders.destination_city",
    "物料编码": "order_lines.sku",
    "数量": "order_lines.ordered_quantity",
    "实收数量": "receipts.received_quantity",
    "付款时间": "events.paid",
    "发货时间": "events.outbound",
    "揽收时间": "events.picked_up",
    "签收时间": "events.delivered",
    "取消时间": "events.cancelled",
    "投诉时间": "events.complaint_ticket",
    "手机": "personal",
    "备注": None,
}
WRITTEN = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d %H:%M")
STATES = ("已完成", "已取消", "拒收", "退签", "处理中", "丢失")


class Chance:
    """A workbook of one to three sheets, by a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.orders: set[str] = set()

    def write(self, path: Path) -> None:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for number in range(self.chance.randint(1, 3)):
            sheet = book.create_sheet(f"表{number}")
            needed = ["订单编号", "下单日期"] if number == 0 else ["订单编号"]
            others = [name for name in NAMES if name not in ("订单编号", "下单日期")]
            columns = needed + self.chance.sample(others, self.chance.randint(2, len(others)))
            self.chance.shuffle(columns)
            for _ in range(self.chance.randint(0, 3)):
                sheet.append(self.chance.choice([[], ["公司报表"], [None, "导出日期:", "2026-02-01"]]))
            sheet.append(columns)
            written = self.chance.choice([None, *WRITTEN])
            for _ in range(self.chance.randint(1, 40)):
                sheet.append(self.row(columns, written, is_first=number == 0))
                self.junk(sheet, columns)
            sheet.append(["合计", None, self.chance.randint(1, 99)])
            sheet.append(["制表: 张三"])
        book.save(path)

    def row(self, columns: list[str], written: str | None, is_first: bool) -> list[object]:
        order = f"SO{self.chance.randint(1, 30):04}"
        if is_first:
            self.orders.add(order)
        row: list[object] = []
        for column in columns:
            target = NAMES[column] or ""
            if column == "订单编号":
                row.append(order)
            elif column != "下单日期" and self.chance.random() < 0.15:
                row.append(self.chance.choice([None, "-", " "]))
            elif "日期" in column or "时间" in column:
                at = datetime(2026, 1, 1) + timedelta(minutes=self.chance.randint(0, 40_000))
                row.append(at.strftime(written) if written else at)
            elif column == "订单状态":
                row.append(self.chance.choice(STATES))
            elif target.endswith("quantity"):
                row.append(self.chance.randint(0, 9))
            elif target in ("suborders.fulfilment_code", "suborders.waybill"):
                row.append(f"W{self.chance.randint(1, 60)}")
            else:
                row.append(self.chance.choice(["甲", "乙", "丙"]))
        return row

    def junk(self, sheet: openpyxl.worksheet.worksheet.Worksheet, columns: list[str]) -> None:
        if self.chance.random() < 0.1:
            sheet.append(
                self.chance.choice([[], ["小计", 3], columns, [None, "见附件"], ["???"], [None] * 4 + [7]])
            )


@pytest.mark.parametrize("seed", range(12))
def test_every_row_is_somewhere_and_every_order_is_there(tmp_path: Path, seed: int) -> None:
    made = Chance(seed)
    made.write(tmp_path / "any.xlsx")
    landed = land(tmp_path / "any.xlsx", tmp_path)
    landed.assert_nothing_is_lost()
    for name, target in landed.taken().items():
        assert NAMES.get(name) == target, name
    orders = {row[0] for row in landed.rows("select order_id from canonical.orders")}
    assert orders == made.orders - lost_with_a_quarantined_row(landed, made)
    grain = landed.rows(
        """
        select
            (select count(*) - count(distinct order_id) from canonical.orders),
            (select count(*) - count(distinct fulfilment_code) from canonical.suborders),
            (select count(*) from canonical.orders where order_id not in (select order_id from canonical.suborders)),
            (select count(*) from canonical.events where recorded_at is null)
        """
    )
    assert grain == [(0, 0, 0, 0)]


def lost_with_a_quarantined_row(landed: Landed, made: Chance) -> set[str]:
    """Orders of which no row was accepted: they are in the quarantine."""
    accepted = {row[0] for row in landed.rows('select "订单编号" from landing.workbook__orders')}
    return made.orders - accepted
