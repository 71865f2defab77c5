"""What the carriers deliver: ten APIs, each with its own fields, codes and clock,
and two whose tracks are typed in."""

from collections.abc import Callable
from dataclasses import dataclass

from . import shapes
from .company import CARRIERS, CITIES, CLOCK_SECONDS, KINDS, SOURCES
from .history import Size
from .write import CODE, KEY, TIME, Field, SourceTable

_ALL = (
    ("picked_up", ""), ("in_transit", ""), ("hub_departed", ""), ("hub_arrived", ""),
    ("out_for_delivery", ""),
    ("attempt_failed", ""), ("refused", ""), ("returning", ""), ("returned_signed", ""), ("exception", ""),
    ("lost", ""),
    ("delivered", "in_person"), ("delivered", "proxy"), ("delivered", "after_exception"),
    ("available_for_pickup", "locker"), ("available_for_pickup", "pickup_point"), ("collected", "locker"),
    ("collected", "pickup_point"),
)  # fmt: skip
_METHODLESS = {kind for kind, method in _ALL if not method}
TRACK_KINDS = KINDS[KINDS.index("picked_up") : KINDS.index("received_click")]

# The codes of each carrier, in the order of _ALL.
CODES = {
    "sf": "50 31 30 36 44 70 77 99 648 33 630 80 8000 8001 125 126 128 129",
    "sto": "收件 在途 发件 到件 派件 派送失败 拒收 退回中 退回签收 问题件 遗失 签收 代签收 "
           "补签收 入柜 入站 柜取件 站取件",
    "zto": "GOT TRANSIT DEPARTURE ARRIVAL DISPATCH FAILED REFUSE RETURN_SCAN RETURN_SIGNED "
           "PROBLEM LOST SIGNED SIGNED_PROXY SIGNED_REDO INBOX INSITE OUTBOX OUTSITE",
    "yto": "GOT TRANSPORT DEPART ARRIVE SENT_SCAN SENT_FAIL REJECT TO_RETURN RETURN_SIGN "
           "ABNORMAL MISSING SIGNED SIGNED_AGENT SIGNED_AGAIN LOCKER_IN STATION_IN LOCKER_OUT "
           "STATION_OUT",
    "yunda": "10 20 21 22 30 31 41 50 51 60 61 40 42 43 70 71 72 73",
    "jd": "100 200 210 220 300 310 420 500 510 600 610 400 401 402 700 710 720 730",
    "deppon": "RECEIPT IN_TRANSIT OUT_STOCK ARRIVED DELIVERING NON_SIGN REFUSED GOING_BACK "
              "BACK_SIGNED EXCEPTION LOST NORMAL_SIGN PROXY_SIGN REPAIR_SIGN CABINET_IN POINT_IN "
              "CABINET_OUT POINT_OUT",
    "jt": "20 25 30 35 40 45 82 60 65 70 75 80 81 83 90 91 92 93",
    "ems": "203 305 389 306 702 705 711 713 714 720 721 704 7041 7042 747 748 749 750",
    "kye": "PICKED ENROUTE LEFT_ORIGIN REACHED_CITY ON_ROUND NOT_HOME REJECTED BACKWARD "
           "BACK_DONE TROUBLE GONE DONE DONE_PROXY DONE_LATE BOX POINT BOX_TAKEN POINT_TAKEN",
    "ycsp": "揽收 - - - - - 拒签 - 退签 - 丢失 签收 代收 补签 入柜 入站 取件 站取",
    "zjky": "已揽收 - - - - - 客户拒签 - 已退回签收 - 货物丢失 已签收 他人代签 二次签收 "
            "放入快递柜 放入代收点 快递柜已取 代收点已取",
}  # fmt: skip


@dataclass(frozen=True)
class Api:
    """Field names and time format of one carrier's track push. Empty `event_id`, `written`: it has none."""

    source: str
    event_id: str
    waybill: str
    code: str
    at: str
    hub: str
    written: str
    time: Callable[[str], str]
    reference: tuple[str, str, str]  # its waybill answer: waybill, our reference, created
    codes_are_numbers: bool = False


APIS = (
    Api("sf", "id", "mailno", "opCode", "acceptTime", "acceptAddress", "createTm", shapes.local,
        ("mailno", "orderId", "createTm")),
    Api("sto", "traceId", "waybillNo", "scanType", "opTime", "opOrgName", "pushTime", shapes.slashes,
        ("waybillNo", "orderNo", "createTime")),
    Api("zto", "traceNo", "billCode", "scanType", "scanDate", "scanSite", "uploadDate", shapes.milliseconds,
        ("billCode", "partnerOrderCode", "createDate")),
    Api("yto", "", "mailNo", "opName", "opTime", "city", "syncTime", shapes.with_offset,
        ("mailNo", "txLogisticID", "createTime")),
    Api("yunda", "action_id", "mail_no", "status", "time", "site", "save_time", shapes.seconds,
        ("mail_no", "order_serial_no", "time")),
    Api("jd", "", "waybillCode", "operateType", "operateTime", "nodeName", "", shapes.with_t,
        ("waybillCode", "orderId", "createTime"), codes_are_numbers=True),
    Api("deppon", "trackId", "billNum", "trackStatus", "trackTime", "deptName", "writeTime", shapes.zulu,
        ("billNum", "logisticID", "gmtCommit")),
    Api("jt", "scanId", "billCode", "scanTypeCode", "scanTime", "scanNetworkName", "uploadTime", shapes.utc,
        ("billCode", "txlogisticId", "createOrderTime")),
    Api("ems", "", "traceNo", "opCode", "opTime", "opOrgName", "recordTime", shapes.digits,
        ("waybillNo", "logisticsOrderNo", "acceptTime")),
    Api("kye", "eventId", "waybillNumber", "step", "eventTime", "place", "storeTime", shapes.milliseconds,
        ("waybillNumber", "customerOrder", "createTime")),
)  # fmt: skip


def codes(source: str) -> dict[tuple[str, str], str]:
    """(kind, sign method) -> the carrier's own code."""
    listed = CODES[source].split()
    return {key: code for key, code in zip(_ALL, listed, strict=True) if code != "-"}


def tables(size: Size) -> list[SourceTable]:
    made = []
    for api in APIS:
        made.append(_tracks(api, size))
        made.append(_waybills(api, size))
    made.append(_typed_csv(size))
    made.append(_typed_workbook(size))
    return made


def _code(source: str) -> str:
    return shapes.code_of_kind(codes(source))


def _hub() -> str:
    hubs = shapes.pick([f"{entry.name}转运中心" for entry in CITIES], "city")
    return f"CASE WHEN kind IN (13, 14, 15) THEN '宁波转运中心' ELSE {hubs} END"


def _tracks(api: Api, size: Size) -> SourceTable:
    is_epoch = api.time in (shapes.seconds, shapes.milliseconds)
    fields = [
        Field(api.waybill, "waybill", KEY),
        Field(api.code, _code(api.source), CODE, api.codes_are_numbers),
        Field(api.at, api.time("shown"), TIME, is_epoch),
        Field(api.hub, _hub()),
    ]
    if api.event_id:
        fields.insert(0, Field(api.event_id, f"'{api.source}' || lpad('' || ev, 10, '0')"))
    if api.written:
        fields.append(Field(api.written, api.time("recorded"), "", is_epoch))
    rows = _methods_only_where_known(shapes.event_rows(size, api.source, TRACK_KINDS))
    file = f"{api.source}_tracks_{{day}}" if api.source in ("sf", "ems", "kye") else "tracks"
    return SourceTable(api.source, "tracks", "jsonl", tuple(fields), rows, file=file)


def _waybills(api: Api, size: Size) -> SourceTable:
    waybill, reference, created = api.reference
    number = [carrier.source for carrier in CARRIERS].index(api.source)
    clock = SOURCES.index(api.source)
    rows = f"""
        SELECT sub AS seq, code, waybill, label + 30 + {CLOCK_SECONDS[clock]} AS shown,
            label + 30 + {CLOCK_SECONDS[clock]} AS recorded
        FROM suborders WHERE carrier = {number} AND label >= 0 AND NOT is_void AND hash(sub, 3) % 50 <> 0"""
    is_epoch = api.time in (shapes.seconds, shapes.milliseconds)
    fields = (
        Field(waybill, "waybill", KEY),
        Field(reference, "code", KEY),
        Field(created, api.time("shown"), TIME, is_epoch),
    )
    return SourceTable(api.source, "waybills", "jsonl", fields, rows, is_state=True, file="waybills")


def _typed_csv(size: Size) -> SourceTable:
    fields = (
        Field("运单号", "waybill", KEY),
        Field("状态", _code("ycsp"), CODE),
        Field("时间", shapes.minutes("shown"), TIME),
        Field("城市", shapes.city("city")),
        Field("录入时间", shapes.slashes("recorded")),
        Field("录入人", "'文员' || (1 + ev % 3)"),
    )
    rows = _methods_only_where_known(shapes.event_rows(size, "ycsp", TRACK_KINDS))
    return SourceTable("ycsp", "tracks", "csv", fields, rows, encoding="gbk", file="甬城速配{day}")


def _typed_workbook(size: Size) -> SourceTable:
    fields = (
        Field("运单号", "waybill", KEY),
        Field("状态", _code("zjky"), CODE),
        Field("时间", shapes.minutes("shown"), TIME),
        Field("到达城市", shapes.city("city")),
        Field("备注", "CASE WHEN ev % 11 = 0 THEN '见面单' END"),
    )
    rows = _methods_only_where_known(shapes.event_rows(size, "zjky", TRACK_KINDS))
    return SourceTable("zjky", "tracks", "xlsx", fields, rows, file="zjky_{day}")


def _methods_only_where_known(rows: str) -> str:
    """Only deliveries and lockers have a sign method."""
    methodless = ", ".join(str(KINDS.index(kind)) for kind in sorted(_METHODLESS))
    return (
        f"SELECT * REPLACE (CASE WHEN kind IN ({methodless}) THEN 0 ELSE method END AS method) FROM ({rows})"
    )
