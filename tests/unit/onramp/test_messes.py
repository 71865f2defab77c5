"""Workbooks nobody prepared: what is understood, row by row; all counts by hand."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from dagster_project import onramp, sources

from .books import book, fill, land

AT = datetime
ORDERED = "strftime(placed_at at time zone 'Asia/Shanghai', '%Y-%m-%d %H:%M')"


def events(landed: object, kind: str) -> dict[str, str]:
    """By order: when a kind of event happened, to the minute."""
    rows = landed.rows(  # type: ignore[attr-defined]
        "select coalesce(fulfilment_code, order_id),"
        " strftime(occurred_at at time zone 'Asia/Shanghai', '%Y-%m-%d %H:%M')"
        f" from canonical.events where event_type = '{kind}'"
    )
    return dict(rows)


def test_titles_two_row_headers_subtotals_notes_serials_and_phones(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "订单"
    fill(
        sheet,
        [
            ["2026年1月订单明细表"],
            [],
            ["订单信息", None, None, "客户", None, "发货", "签收", "备注"],
            ["订单号", "下单时间", "要求到货日期", "名称", "联系电话", "时间", "时间", None],
            [
                "000123",
                AT(2026, 1, 5, 9, 30),
                "2026/1/8",
                "甲公司",
                13800000000.0,
                46028,
                AT(2026, 1, 8, 15),
                None,
            ],
            ["000124", AT(2026, 1, 5, 10), "2026/1/9", "乙公司", "1.38E+10", 46028, "2026-1-10 8:05", "急"],
            ["小计", None, None, None, None, None, None, 2],
            [],
            ["000125", 46028.4375, 46030, "甲公司", None, None, "未签收", None],
            ["合计:3 单"],
            ["注:数据来自系统导出,仅供参考"],
            ["制表人: 张三", None, None, "审核: 李四"],
        ],
    )
    for merged in ("A1:H1", "A3:C3", "D3:E3", "H3:H4"):
        sheet.merge_cells(merged)
    made.save(tmp_path / "orders.xlsx")
    landed = land(tmp_path / "orders.xlsx", tmp_path)
    assert landed.taken() == {
        "订单信息 / 订单号": "orders.order_id",
        "订单信息 / 下单时间": "orders.placed_at",
        "订单信息 / 要求到货日期": "orders.wished_date",
        "客户 / 名称": "orders.customer_id",
        "客户 / 联系电话": "personal",
        "发货 / 时间": "events.outbound",
        "签收 / 时间": "events.delivered",
    }
    assert landed.rows(
        f"select order_id, {ORDERED}, wished_date, record from canonical.orders order by 1"
    ) == [
        ("000123", "2026-01-05 09:30", date(2026, 1, 8), 5),
        ("000124", "2026-01-05 10:00", date(2026, 1, 9), 6),
        ("000125", "2026-01-06 10:30", date(2026, 1, 8), 9),
    ]
    assert events(landed, "delivered") == {"000123": "2026-01-08 15:00", "000124": "2026-01-10 08:05"}
    # 46028 is the 6th: the end of it, for no signature is earlier
    assert events(landed, "outbound") == {"000123": "2026-01-07 00:00", "000124": "2026-01-07 00:00"}
    assert landed.left_out() == [
        ("订单", 1, "title"),
        ("订单", 2, "blank"),
        ("订单", 3, "header"),
        ("订单", 4, "header"),
        ("订单", 7, "total"),
        ("订单", 8, "blank"),
        ("订单", 10, "total"),
        ("订单", 11, "note"),
        ("订单", 12, "note"),
    ]
    landed.assert_nothing_is_lost()


def test_three_sheets_merged_order_cells_states_and_a_waybill_as_a_number(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    orders = made.worksheets[0]
    orders.title = "订单"
    fill(
        orders,
        [
            ["订单号", "下单日期", "客户编码", "承诺到货日期", "订单金额", "订单状态", "城市"],
            ["S1", date(2026, 1, 1), "C1", date(2026, 1, 4), "¥1,234.50", "已完成", "宁波"],
            ["S2", date(2026, 1, 1), "C2", date(2026, 1, 4), "¥20.00", "已取消", "杭州"],
            ["S3", date(2026, 1, 2), "C1", date(2026, 1, 5), "30", "处理中", "宁波"],
        ],
    )
    lines = made.create_sheet("明细")
    fill(
        lines,
        [
            ["订单号", "商品编码", "数量", "签收数量"],
            ["S1", "K1", 5, 5],
            [None, "K2", 3, 2],
            ["S2", "K1", 1, None],
            ["S3", "K3", 4, None],
        ],
    )
    lines.merge_cells("A2:A3")
    fill(
        made.create_sheet("发货"),
        [
            ["运单号", "订单号", "承运商", "发货日期", "签收日期", "签收状态"],
            [20260101000001.0, "S1", "顺丰", date(2026, 1, 2), date(2026, 1, 4), "已签收"],
            [20260101000002.0, "S1", "顺丰", date(2026, 1, 2), date(2026, 1, 5), "拒收"],
            [20260101000003.0, "S3", "中通", date(2026, 1, 3), "未签收", "在途"],
        ],
    )
    made.create_sheet("隐藏").sheet_state = "hidden"
    made.save(tmp_path / "three.xlsx")
    landed = land(tmp_path / "three.xlsx", tmp_path)
    assert [table.name for table in landed.proposal.tables] == ["orders", "lines", "shipments"]
    assert landed.rows("select order_id, amount, given_promise_date from canonical.orders order by 1") == [
        ("S1", 1234.5, date(2026, 1, 4)),
        ("S2", 20, date(2026, 1, 4)),
        ("S3", 30, date(2026, 1, 5)),
    ]
    assert landed.rows(
        "select fulfilment_code, carrier, destination_city from canonical.suborders order by 1"
    ) == [
        ("S1-20260101000001", "顺丰", "宁波"),
        ("S1-20260101000002", "顺丰", "宁波"),
        ("S2", "unknown", "杭州"),
        ("S3-20260101000003", "中通", "宁波"),
    ]
    # days only: each is the end of its day
    assert events(landed, "delivered") == {"S1-20260101000001": "2026-01-05 00:00"}
    assert events(landed, "refused") == {"S1-20260101000002": "2026-01-06 00:00"}
    assert events(landed, "cancelled") == {"S2": "2026-01-02 00:00"}
    assert events(landed, "erp_shipped") == {"S1": "2026-01-03 00:00", "S3": "2026-01-04 00:00"}
    assert landed.rows(
        "select order_id, line_number, sku, ordered_quantity, record from canonical.order_lines order by 1, 2"
    ) == [("S1", 1, "K1", 5, 2), ("S1", 2, "K2", 3, 3), ("S2", 1, "K1", 1, 4), ("S3", 1, "K3", 4, 5)]
    assert landed.rows(
        "select order_id, line_number, received_quantity from canonical.receipts order by 2"
    ) == [
        ("S1", 1, 5),
        ("S1", 2, 2),
    ]
    assert landed.proposal.sheets[3].left_out.startswith("hidden")
    landed.assert_nothing_is_lost()


def test_one_flat_sheet_of_lines_is_signed_once_all_its_lines_are(tmp_path: Path) -> None:
    path = book(
        tmp_path / "flat.xlsx",
        {
            "Sheet1": [
                ["Order No", "Order Date", "Promised Date", "SKU", "Qty", "Amount", "Delivered At"],
                ["A1", AT(2026, 1, 5, 9), date(2026, 1, 8), "K1", 2, 10.5, AT(2026, 1, 7, 10)],
                ["A1", AT(2026, 1, 5, 9), date(2026, 1, 9), "K2", 1, 4.5, AT(2026, 1, 9, 11)],
                ["A2", AT(2026, 1, 6, 9), date(2026, 1, 9), "K1", 1, 5, AT(2026, 1, 8, 12)],
                ["A2", AT(2026, 1, 6, 9), date(2026, 1, 9), "K3", 1, 7, None],
                ["A3", AT(2026, 1, 6, 9), date(2026, 1, 9), "K3", 1, 7, AT(2026, 1, 9, 12)],
                ["A3", AT(2026, 1, 6, 9), date(2026, 1, 9), "K3", 1, 7, AT(2026, 1, 9, 12)],
                ["Total", None, None, None, 6, 34, None],
            ]
        },
    )
    landed = land(path, tmp_path)
    assert landed.rows("select order_id, given_promise_date, amount from canonical.orders order by 1") == [
        ("A1", date(2026, 1, 9), 15),
        ("A2", date(2026, 1, 9), 12),
        ("A3", date(2026, 1, 9), 7),
    ]
    assert events(landed, "delivered") == {"A1": "2026-01-09 11:00", "A3": "2026-01-09 12:00"}
    assert landed.rows("select count(*) from canonical.suborders") == [(3,)]
    # the same row twice is one
    assert landed.loads["orders"].rows_duplicate == 1
    landed.assert_nothing_is_lost()


def test_a_sheet_a_month_in_another_order_is_one_table(tmp_path: Path) -> None:
    path = book(
        tmp_path / "months.xlsx",
        {
            "1月": [["订单号", "下单日期", "签收日期"], ["A", "2026年1月5日", "2026年1月7日"]],
            "2月": [
                ["公司报表"],
                ["下单日期", "订单号", "签收日期"],
                ["2026.2.3", "B", "2026.2.4"],
                ["2026.2.4", "C", "/"],
            ],
            "说明": [["本表由系统导出"], ["请勿修改"]],
            "透视": [["行标签", "计数"], ["宁波", 3], ["总计", 3]],
        },
    )
    landed = land(path, tmp_path)
    assert len(landed.proposal.tables) == 1
    rows = landed.rows(f"select order_id, {ORDERED}, file, record from canonical.orders order by 1")
    assert rows == [
        ("A", "2026-01-06 00:00", "workbook/orders/1月.parquet", 2),
        ("B", "2026-02-04 00:00", "workbook/orders/2月.parquet", 3),
        ("C", "2026-02-05 00:00", "workbook/orders/2月.parquet", 4),
    ]
    assert [bool(read.left_out) for read in landed.proposal.sheets] == [False, False, True, True]
    landed.assert_nothing_is_lost()


def test_a_csv_in_gbk_with_rows_that_cannot_be_true(tmp_path: Path) -> None:
    text = (
        "订单编号;下单时间;预计送达时间;妥投时间;收货人\n"
        "D1;2026/01/05 10:00;2026/01/08 18:00;2026/01/08 17:59;张三\n"
        "D1;2026/01/05 10:00;2026/01/08 18:00;2026/01/08 17:59;张三\n"
        "D2;2026/01/05 11:00;2026/01/08 18:00;2206/01/08 17:00;李四\n"
        "D3;2026/13/05 11:00;2026/01/08 18:00;;王五\n"
        ";;;;\n"
        "D4;2026/01/06 11:00;2026/01/09 18:00;待签收;王五\n"
        "订单编号;下单时间;预计送达时间;妥投时间;收货人\n"
        ";2026/01/06 11:00;2026/01/09 18:00;;赵六\n"
        "D5;2026/01/06 12:00;2026/01/09 18:00;明天;赵六\n"
        "D6;2026/01/06 12:00;2026/01/09 18:00;2026/01/09 18:01;赵六\n"
    )
    path = tmp_path / "导出.csv"
    path.write_bytes(text.encode("gb18030"))
    landed = land(path, tmp_path)
    load = landed.loads["orders"]
    assert (load.rows_accepted, load.rows_quarantined, load.rows_duplicate) == (3, 4, 1)
    # signed in 2206, the 13th month, no order number, signed 'tomorrow'
    assert landed.quarantined() == [("导出", 4), ("导出", 5), ("导出", 9), ("导出", 10)]
    assert landed.left_out() == [("导出", 1, "header"), ("导出", 6, "blank"), ("导出", 8, "header")]
    assert landed.rows("select order_id, given_promise_at is not null from canonical.orders order by 1") == [
        ("D1", True),
        ("D4", True),
        ("D6", True),
    ]
    landed.assert_nothing_is_lost()


def test_an_order_named_in_its_first_row_only(tmp_path: Path) -> None:
    path = book(
        tmp_path / "sparse.xlsx",
        {
            "出库": [
                ["订单号", "订单日期", "要货日期", "品名", "数量", "签收日期"],
                ["P1", date(2026, 1, 5), date(2026, 1, 7), "锤子", 2, date(2026, 1, 7)],
                [None, None, None, "钉子", 100, None],
                [None, None, None, "扳手", 1, None],
                ["P2", date(2026, 1, 6), date(2026, 1, 8), "锤子", 1, None],
                [None, None, None, "钳子", 4, None],
                [None, None, None, None, 108, None],
            ]
        },
    )
    landed = land(path, tmp_path)
    assert landed.rows(
        "select order_id, count(*), sum(ordered_quantity) from canonical.order_lines group by 1 order by 1"
    ) == [("P1", 3, 103), ("P2", 2, 5)]
    assert landed.left_out() == [("出库", 1, "header"), ("出库", 7, "total")]
    assert events(landed, "delivered") == {"P1": "2026-01-08 00:00"}
    assert "further rows of the order above" in landed.written.remarks[0]
    landed.assert_nothing_is_lost()


def test_a_carriers_statement_that_knows_only_waybills(tmp_path: Path) -> None:
    path = book(
        tmp_path / "statement.xlsx",
        {
            "发货登记": [
                ["订单号", "下单时间", "运单号", "客户名称"],
                ["Q1", AT(2026, 1, 5, 9), "SF100", "甲"],
                ["Q2", AT(2026, 1, 5, 9), "SF200", "乙"],
            ],
            "顺丰账单": [
                ["运单编号", "签收时间", "目的城市"],
                ["SF100", AT(2026, 1, 7, 9), "宁波"],
                ["SF999", AT(2026, 1, 7, 9), "杭州"],
            ],
        },
    )
    landed = land(path, tmp_path)
    assert events(landed, "delivered") == {"Q1-SF100": "2026-01-07 09:00"}
    codes = landed.rows("select fulfilment_code, order_id from canonical.suborders order by 1")
    assert codes == [("Q1-SF100", "Q1"), ("Q2", "Q2")]
    landed.assert_nothing_is_lost()


def test_two_sheets_of_orders_one_with_waybills_and_one_without(tmp_path: Path) -> None:
    path = book(
        tmp_path / "channels.xlsx",
        {
            "线上": [
                ["订单号", "下单时间", "快递单号", "签收时间", "承诺送达时间"],
                ["N1", AT(2026, 1, 5, 9), "W1", AT(2026, 1, 7, 9), AT(2026, 1, 8, 18)],
                ["N1", AT(2026, 1, 5, 9), "W2", None, AT(2026, 1, 8, 18)],
            ],
            "线下": [
                ["订单号", "下单日期", "客户名称", "签收日期", "承诺到货日期"],
                ["F1", date(2026, 1, 5), "甲", date(2026, 1, 8), date(2026, 1, 9)],
                # the clerk's list names an online order, too: its parcels know better
                ["N1", date(2026, 1, 5), "乙", date(2026, 1, 7), date(2026, 1, 9)],
            ],
        },
    )
    landed = land(path, tmp_path)
    assert events(landed, "delivered") == {"N1-W1": "2026-01-07 09:00", "F1": "2026-01-09 00:00"}
    codes = landed.rows("select fulfilment_code from canonical.suborders order by 1")
    assert codes == [("F1",), ("N1-W1",), ("N1-W2",)]
    promised = "strftime(given_promise_at at time zone 'Asia/Shanghai', '%m-%d %H:%M')"
    assert landed.rows(f"select order_id, customer_id, {promised} from canonical.orders order by 1") == [
        ("F1", "甲", "01-10 00:00"),
        ("N1", "乙", "01-08 18:00"),
    ]
    landed.assert_nothing_is_lost()


def test_a_table_off_the_corner_with_a_failed_formula(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    rows = [
        ["订单号", "下单时间", "签收时间"],
        ["A", AT(2026, 1, 5, 9), AT(2026, 1, 6, 9)],
        ["B", AT(2026, 1, 5, 9), "#N/A"],
    ]
    for down, row in enumerate(rows, 5):
        for right, value in enumerate(row, 3):
            sheet.cell(down, right, value)
    sheet.merge_cells("D6:D7")
    made.save(tmp_path / "corner.xlsx")
    landed = land(tmp_path / "corner.xlsx", tmp_path)
    assert landed.rows(f"select order_id, {ORDERED}, record from canonical.orders order by 1") == [
        ("A", "2026-01-05 09:00", 6),
        ("B", "2026-01-05 09:00", 7),
    ]
    assert events(landed, "delivered") == {"A": "2026-01-06 09:00"}
    assert "1 cells hold a failed formula, E7" in landed.proposal.remarks[0]
    landed.assert_nothing_is_lost()


def test_day_and_month_that_cannot_be_told_apart_need_a_person(tmp_path: Path) -> None:
    rows = [["order no", "order date", "delivered"], ["A", "01/02/2026", "03/02/2026"]]
    proposal = onramp.propose(book(tmp_path / "us.xlsx", {"s": rows}))
    taken = {column.name: column.taken for _, column in proposal.columns}
    assert taken["order date"] is None
    assert "cannot be told apart" in proposal.columns[1][1].why


def test_day_and_month_are_told_apart_by_a_day_after_the_twelfth(tmp_path: Path) -> None:
    rows = [["order no", "order date", "delivered"], ["A", "1/2/2026", "1/15/2026"], ["B", "1/14/2026", None]]
    landed = land(book(tmp_path / "us.xlsx", {"s": rows}), tmp_path)
    assert landed.rows(f"select order_id, {ORDERED} from canonical.orders order by 1") == [
        ("A", "2026-01-03 00:00"),
        ("B", "2026-01-15 00:00"),
    ]


def test_leading_zeros_lost_in_one_sheet_are_said(tmp_path: Path) -> None:
    path = book(
        tmp_path / "zeros.xlsx",
        {
            "订单": [["订单号", "下单时间"], ["000123", AT(2026, 1, 5, 9)], ["000124", AT(2026, 1, 5, 9)]],
            "明细": [["订单号", "商品编码", "数量"], [123, "K1", 1], [124, "K1", 1]],
        },
    )
    said = "\n".join(onramp.proposal_lines(onramp.propose(path)))
    assert "2 of the 2 order numbers of 明细 are not in 订单; without leading zeros" in said


def test_order_numbers_that_a_spreadsheet_has_cut_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text("订单号,下单时间\n2.02601E+13,2026-01-05\n2.02601E+13,2026-01-06\n", encoding="utf-8")
    proposal = onramp.propose(path)
    assert any("order number" in what for what in proposal.missing())
    assert "export it as text" in proposal.columns[0][1].why


def test_what_is_personal_is_masked_by_its_name_or_its_looks(tmp_path: Path) -> None:
    rows = [
        ["订单号", "下单时间", "签收人电话", "备用"],
        ["A", AT(2026, 1, 5, 9), "0574-8765", 13812345678],
        ["B", AT(2026, 1, 5, 9), None, "138 1234 5679"],
    ]
    landed = land(book(tmp_path / "p.xlsx", {"s": rows}), tmp_path)
    contract = sources.load_profile(landed.written.profile_dir).contract("workbook", "orders")
    assert [column.name for column in contract.personal] == ["签收人电话", "备用"]


def test_headers_that_yaml_or_sql_could_misread(tmp_path: Path) -> None:
    names = ["订单号*", "下单时间 (必填)", "yes", "123", "_own", 'it\'s "x": a.b', "YES", "签收\n时间"]
    rows = [names, ["A", AT(2026, 1, 5, 9), "1", "2", "3", "4", "5", AT(2026, 1, 6, 9)]]
    landed = land(book(tmp_path / "odd.xlsx", {"a'b (1)": rows}), tmp_path)
    assert events(landed, "delivered") == {"A": "2026-01-06 09:00"}
    landed.assert_nothing_is_lost()


@pytest.mark.parametrize(
    ("rows", "lacks"),
    [
        ([["客户名称", "下单时间", "金额"], ["甲", AT(2026, 1, 5), 3]], "order number"),
        ([["订单号", "客户名称", "签收数量"], ["A", "甲", 3]], "when it was ordered"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, rows: list[list[object]], lacks: str) -> None:
    proposal = onramp.propose(book(tmp_path / "half.xlsx", {"s": rows}))
    assert any(lacks in what for what in proposal.missing())
    said = "\n".join(onramp.missing_lines(proposal))
    assert lacks in said
    assert "sheet s has the columns" in said


def test_a_workbook_without_a_header_we_know_is_not_understood(tmp_path: Path) -> None:
    path = book(tmp_path / "notes.xlsx", {"杂": [["会议纪要"], ["第一项", "讨论"]]})
    with pytest.raises(onramp.UnreadableError, match="order number and when it was"):
        onramp.propose(path)


def test_what_is_no_workbook_says_so(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK not really")
    with pytest.raises(onramp.UnreadableError, match="no workbook that can be read"):
        onramp.propose(path)
    with pytest.raises(onramp.UnreadableError, match="there is no file"):
        onramp.propose(tmp_path / "nowhere.xlsx")


def test_a_person_changes_a_column_and_says_yes(tmp_path: Path) -> None:
    rows = [["订单号", "开始", "签收时间"], ["A", AT(2026, 1, 5, 9), AT(2026, 1, 6, 9)]]
    proposal = onramp.propose(book(tmp_path / "own.xlsx", {"s": rows}))
    assert proposal.missing()
    answers, said = iter(["?", "9=orders.placed_at", "2=nonsense", "2=orders.placed_at", "y"]), []
    assert onramp.ask(proposal, lambda _: next(answers), said.append)
    assert proposal.missing() == []
    assert any("there is no column '9'" in line for line in said)
    assert any("'nonsense' is none of ours" in line for line in said)


def test_no_is_no(tmp_path: Path) -> None:
    rows = [["订单号", "下单时间"], ["A", AT(2026, 1, 5, 9)]]
    assert not onramp.ask(onramp.propose(book(tmp_path / "no.xlsx", {"s": rows})), lambda _: "n", print)
