"""What the company is: places, carriers, cities, order types, sources and their clocks. Constants only."""

from dataclasses import dataclass

PLACES = ("A", "B", "C", "F1", "F2", "F3", "F4", "F5", "F6", "F7", *(f"S{n:02d}" for n in range(1, 13)))
WAREHOUSES = 3  # PLACES[:3]; then 7 front warehouses, then 12 suppliers
FRONTS = 7
SUPPLIERS = 12
FIRST_FRONT, FIRST_SUPPLIER = 3, 10

# Shares of sub-orders by the place the carrier picks up at.
DIRECT_SHARES = (0.30, 0.22, 0.16, 0.08, 0.06, 0.05, 0.04, 0.04, 0.03, 0.02)
SENDER_SHARES = (0.32, 0.42, 0.26)

# Calendar minutes from transfer requested to received, by sending warehouse (as in standards.csv).
TRANSFER_STANDARD = (600.0, 720.0, 660.0)


@dataclass(frozen=True)
class City:
    """A destination. `distance` 0 same city, 1 same province, 2 next province, 3 far, 4 very far."""

    name: str
    province: str
    distance: int
    weight: float


CITIES = (
    City("宁波", "浙江", 0, 16.0), City("杭州", "浙江", 1, 9.0), City("温州", "浙江", 1, 7.0),
    City("台州", "浙江", 1, 6.0), City("金华", "浙江", 1, 5.0), City("绍兴", "浙江", 1, 5.0),
    City("嘉兴", "浙江", 1, 4.0), City("湖州", "浙江", 1, 2.5), City("舟山", "浙江", 1, 2.5),
    City("上海", "上海", 2, 7.0), City("苏州", "江苏", 2, 5.0), City("南京", "江苏", 2, 3.0),
    City("无锡", "江苏", 2, 3.0), City("常州", "江苏", 2, 2.0), City("南通", "江苏", 2, 1.6),
    City("徐州", "江苏", 2, 1.0), City("合肥", "安徽", 2, 2.2), City("芜湖", "安徽", 2, 1.2),
    City("福州", "福建", 2, 1.5), City("厦门", "福建", 2, 1.5), City("泉州", "福建", 2, 1.6),
    City("南昌", "江西", 2, 1.4), City("赣州", "江西", 2, 0.7), City("济南", "山东", 3, 1.2),
    City("青岛", "山东", 3, 1.3), City("临沂", "山东", 3, 1.5), City("郑州", "河南", 3, 1.5),
    City("洛阳", "河南", 3, 0.6), City("武汉", "湖北", 3, 1.6), City("长沙", "湖南", 3, 1.2),
    City("广州", "广东", 3, 1.6), City("佛山", "广东", 3, 1.6), City("东莞", "广东", 3, 1.4),
    City("深圳", "广东", 3, 1.3), City("成都", "四川", 4, 1.1), City("重庆", "重庆", 4, 0.9),
    City("西安", "陕西", 4, 0.8), City("沈阳", "辽宁", 4, 0.6), City("北京", "北京", 3, 1.0),
    City("天津", "天津", 3, 0.7),
)  # fmt: skip


@dataclass(frozen=True)
class Carrier:
    """A carrier. `pace` scales its line-haul time; `reach` is its share of parcels by distance 0 to 4."""

    code: str
    source: str
    name_zh: str
    name_en: str
    pace: float
    reach: tuple[float, float, float, float, float]
    sends_collected: bool = True
    is_typed_in: bool = False


CARRIERS = (
    Carrier("SF", "sf", "顺丰速运", "SF Express", 0.78, (10, 10, 12, 13, 15)),
    Carrier("STO", "sto", "申通快递", "STO Express", 1.08, (6, 9, 10, 10, 9)),
    Carrier("ZTO", "zto", "中通快递", "ZTO Express", 1.00, (8, 13, 14, 14, 13)),
    Carrier("YTO", "yto", "圆通速递", "YTO Express", 1.04, (6, 11, 12, 11, 10), sends_collected=False),
    Carrier("YUNDA", "yunda", "韵达快递", "Yunda Express", 1.10, (6, 10, 10, 10, 9)),
    Carrier("JD", "jd", "京东物流", "JD Logistics", 0.82, (8, 8, 9, 9, 9)),
    Carrier("DEPPON", "deppon", "德邦快递", "Deppon Express", 1.12, (4, 8, 10, 12, 13)),
    Carrier("JT", "jt", "极兔速递", "J&T Express", 1.12, (4, 7, 8, 9, 9)),
    Carrier("EMS", "ems", "邮政特快", "EMS", 1.18, (3, 4, 5, 7, 9)),
    Carrier("KYE", "kye", "跨越速运", "KYE Express", 0.85, (3, 5, 7, 6, 4)),
    Carrier("YCSP", "ycsp", "甬城速配", "Yongcheng City Delivery", 0.80, (34, 3, 0, 0, 0), is_typed_in=True),
    Carrier("ZJKY", "zjky", "浙江快运", "Zhejiang Freight", 1.00, (8, 9, 0, 0, 0), is_typed_in=True),
)
HAUL_HOURS = (9.0, 17.0, 27.0, 43.0, 62.0)  # median pick-up to destination hub, by distance


@dataclass(frozen=True)
class OrderType:
    """An order type. `lead_days` is what customers add when they wish for a day."""

    code: str
    name_zh: str
    name_en: str
    weight: float
    has_payment: bool = True
    has_review: bool = True
    lead_days: int = 0
    wish_share: float = 0.98


ORDER_TYPES = (
    OrderType("spot", "现货现款", "Spot sale, paid at once", 22),
    OrderType("deposit_prepaid", "定金预付", "Deposit prepaid", 9, lead_days=1),
    OrderType("batch_delivery", "分批交付", "Delivered in batches", 6, lead_days=1),
    OrderType(
        "consignment", "寄售代管", "Consignment stock", 4, has_payment=False, has_review=False, wish_share=0.6
    ),
    OrderType("trade_in", "以旧换新", "Trade-in", 3),
    OrderType("bonded_cross_border", "跨境保税仓直发", "Cross-border bonded warehouse", 3, lead_days=3),
    OrderType("monthly_settlement", "月结订单", "Monthly settlement", 12, has_payment=False),
    OrderType("framework_call_off", "框架协议要货", "Framework call-off", 7, has_payment=False),
    OrderType("drop_shipping", "一件代发", "Drop shipping", 6),
    OrderType("made_to_drawing", "来图定制", "Made to drawing", 3, lead_days=3),
    OrderType("project_supply", "工程项目供货", "Project supply", 4, lead_days=1),
    OrderType("sample", "样品订单", "Samples", 2, has_payment=False, wish_share=0.9),
    OrderType("rush", "加急订单", "Rush order", 3),
    OrderType("cash_on_delivery", "货到付款", "Cash on delivery", 3, has_payment=False),
    OrderType("group_purchase", "拼单团购", "Group purchase", 3),
    OrderType("trade_fair", "订货会订单", "Trade-fair order", 2, lead_days=2),
    OrderType("replenishment", "门店自动补货", "Automatic shop replenishment", 5, has_payment=False),
    OrderType("kit_assembly", "组套加工", "Kit assembly", 2, lead_days=1),
    OrderType("export_consolidation", "外贸集货", "Export consolidation", 1, lead_days=2),
)
BATCH_TYPE = 2
SEGMENTS = ("战略客户", "终端零售商", "工程客户", "经销商", "线上分销")

# Sources and how many seconds each one's clock is ahead of the true time.
SOURCES = (
    "erp", "wms_a", "wms_b", "wms_c", "front", *(carrier.source for carrier in CARRIERS), "wechat", "crm",
)  # fmt: skip
CLOCK_SECONDS = (0, 95, -140, 40, 210, 0, -75, 130, 20, -190, 8, 65, -45, 240, -12, 0, 0, 5, -30)
FIRST_CARRIER_SOURCE = 5
WECHAT, CRM = SOURCES.index("wechat"), SOURCES.index("crm")

# Kinds of events, by their number. Of a whole order: placed, paid, finance_approved, erp_*.
KINDS = (
    "placed", "paid", "finance_approved", "transfer_requested", "transfer_dispatched", "transfer_received",
    "supplier_ordered", "supplier_shipped", "pick_created", "pick_started", "picked", "packed", "outbound",
    "picked_up", "in_transit", "hub_departed", "hub_arrived", "out_for_delivery", "attempt_failed",
    "available_for_pickup", "collected", "delivered", "refused", "returning", "returned_signed", "exception",
    "lost", "received_click", "progress_query", "not_received_ticket", "complaint_ticket", "other_ticket",
    "cancelled", "erp_shipped", "erp_completed",
)  # fmt: skip
KIND = {name: number for number, name in enumerate(KINDS)}
METHODS = ("", "in_person", "proxy", "locker", "pickup_point", "after_exception")
METHOD = {name: number for number, name in enumerate(METHODS)}
ROUTES = ("direct", "transfer", "supplier")
DIRECT, TRANSFER, SUPPLIER = 0, 1, 2
NONE = -1  # a time, an index or a code that is not there
