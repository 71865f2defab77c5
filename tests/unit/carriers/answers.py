"""An answer of each carrier in its documented shape, made up by hand, and the events that it tells.

Waybills are invented and nobody is named. Each answer has a scan whose code its table does not know (`UNKNOWN`).
"""

import json
from dataclasses import dataclass
from typing import Any

UNKNOWN = "X-99"


@dataclass(frozen=True)
class Sample:
    """`events`: local time, event type, how it was signed, carrier, waybill, place. `unknown`: the record of the scan
    that is not known, and the column of its code."""

    answer: Any
    events: list[tuple[str, str, str | None, str | None, str, str | None]]
    unknown: tuple[int, str]


def sf() -> Sample:
    def scan(at: str, code: str, place: str) -> dict[str, str]:
        return {"acceptTime": at, "acceptAddress": place, "opCode": code, "remark": "说明"}

    routes = [
        {
            "mailNo": "SF0000000000011",
            "routes": [
                scan("2026-03-02 18:00:00", "50", "杭州市"),
                scan("2026-03-02 23:10:00", "31", "杭州市"),
                scan("2026-03-03 08:00:00", "44", "宁波市"),
                scan("2026-03-03 09:30:00", "125", "宁波市"),
                scan("2026-03-03 19:45:00", "128", "宁波市"),
                scan("2026-03-03 19:50:00", UNKNOWN, "宁波市"),
            ],
        },
        {"mailNo": "SF0000000000022", "routes": []},
        {
            "mailNo": "SF0000000000033",
            "routes": [
                scan("2026-03-04 10:00:00", "80", "上海市"),
                scan("2026-03-04 10:00:02", "8000", "上海市"),
            ],
        },
    ]
    inner = {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": {"routeResps": routes}}
    outer = {
        "apiErrorMsg": "",
        "apiResponseID": "000-1",
        "apiResultCode": "A1000",
        "apiResultData": json.dumps(inner, ensure_ascii=False),
    }
    first, third = "SF0000000000011", "SF0000000000033"
    return Sample(
        outer,
        [
            ("03-02 18:00:00", "picked_up", None, "SF", first, "杭州市"),
            ("03-02 23:10:00", "in_transit", None, "SF", first, "杭州市"),
            ("03-03 08:00:00", "out_for_delivery", None, "SF", first, "宁波市"),
            ("03-03 09:30:00", "available_for_pickup", "locker", "SF", first, "宁波市"),
            ("03-03 19:45:00", "collected", "locker", "SF", first, "宁波市"),
            ("03-04 10:00:00", "delivered", None, "SF", third, "上海市"),
            ("03-04 10:00:02", "state_changed", None, "SF", third, "上海市"),
        ],
        (6, "opCode"),
    )


def sto() -> Sample:
    def scan(waybill: str, at: str, code: str, place: str) -> dict[str, str]:
        return {"waybillNo": waybill, "opTime": at, "scanType": code, "opOrgName": place, "memo": "说明"}

    one, other = "770000000000011", "770000000000022"
    answer = {
        "success": "true",
        "errorCode": None,
        "errorMsg": None,
        "data": {
            one: [
                scan(one, "2026-03-02 18:00:00", "收件", "杭州公司"),
                scan(one, "2026-03-03 09:00:00", "驿站代收", "宁波驿站"),
                scan(one, "2026-03-03 20:00:00", "驿站出库", "宁波驿站"),
            ],
            other: [
                scan(other, "2026-03-03 10:00:00", UNKNOWN, "宁波公司"),
                scan(other, "2026-03-04 11:00:00", "签收", "宁波公司"),
            ],
        },
    }
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "STO", one, "杭州公司"),
            ("03-03 09:00:00", "available_for_pickup", "pickup_point", "STO", one, "宁波驿站"),
            ("03-03 20:00:00", "collected", "pickup_point", "STO", one, "宁波驿站"),
            ("03-04 11:00:00", "delivered", None, "STO", other, "宁波公司"),
        ],
        (4, "scanType"),
    )


def zto() -> Sample:
    def scan(milliseconds: int, code: str, place: str) -> dict[str, Any]:
        site = {"name": place, "city": "市", "isCenter": "F"}
        return {"billCode": "75000000000011", "scanDate": milliseconds, "scanType": code, "scanSite": site}

    # 2026-03-02 00:00 UTC, 08:00 in Shanghai, is 1,772,409,600 seconds
    start = 1_772_409_600_000
    answer = {
        "status": True,
        "statusCode": "SYS000",
        "message": "操作成功",
        "result": [
            scan(start, "收件", "杭州"),
            scan(start + 3_600_000, "派件", "宁波"),
            scan(start + 7_200_000, "第三方签收", "宁波驿站"),
            scan(start + 10_800_000, UNKNOWN, "宁波"),
            scan(start + 14_400_500, "退件签收", "杭州"),
        ],
    }
    waybill = "75000000000011"
    return Sample(
        answer,
        [
            ("03-02 08:00:00", "picked_up", None, "ZTO", waybill, "杭州"),
            ("03-02 09:00:00", "out_for_delivery", None, "ZTO", waybill, "宁波"),
            ("03-02 10:00:00", "delivered", "pickup_point", "ZTO", waybill, "宁波驿站"),
            ("03-02 12:00:00", "returned_signed", None, "ZTO", waybill, "杭州"),
        ],
        (4, "scanType"),
    )


def yto() -> Sample:
    def scan(at: str, code: str, city: str) -> dict[str, str]:
        return {
            "waybill_No": "YT0000000000011",
            "upload_Time": at,
            "infoContent": code,
            "processInfo": "说明",
            "city": city,
            "district": "区",
        }

    answer = [
        scan("2026-03-02 18:00:00", "GOT", "杭州市"),
        scan("2026-03-03 08:00:00", "SENT_SCAN", "宁波市"),
        scan("2026-03-03 11:00:00", "FAILED", "宁波市"),
        scan("2026-03-03 12:00:00", UNKNOWN, "宁波市"),
        scan("2026-03-04 09:00:00", "SIGNED", "宁波市"),
    ]
    waybill = "YT0000000000011"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "YTO", waybill, "杭州市"),
            ("03-03 08:00:00", "out_for_delivery", None, "YTO", waybill, "宁波市"),
            ("03-03 11:00:00", "attempt_failed", None, "YTO", waybill, "宁波市"),
            ("03-04 09:00:00", "delivered", None, "YTO", waybill, "宁波市"),
        ],
        (4, "infoContent"),
    )


def yunda() -> Sample:
    def scan(at: str, action: str, station: str | None) -> dict[str, Any]:
        return {"time": at, "status": "TRANSIT", "action": action, "station_name": station, "city": "宁波市"}

    answer = {
        "result": True,
        "code": "0000",
        "message": "请求成功",
        "data": {
            "result": "true",
            "mailno": "430000000000011",
            "status": "TRANSIT",
            "steps": [
                scan("2026-03-02 18:00:00", "GOT", "杭州网点"),
                scan("2026-03-03 10:00:00", "REJECTION", None),
                scan("2026-03-03 11:00:00", UNKNOWN, None),
                scan("2026-03-03 12:00:00", "RETURN", "宁波网点"),
            ],
        },
    }
    waybill = "430000000000011"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "YUNDA", waybill, "杭州网点"),
            ("03-03 10:00:00", "refused", None, "YUNDA", waybill, "宁波市"),
            ("03-03 12:00:00", "returning", None, "YUNDA", waybill, "宁波网点"),
        ],
        (3, "action"),
    )


def jd() -> Sample:
    def scan(at: str, state: Any) -> dict[str, Any]:
        return {
            "waybillCode": "JD0000000000011",
            "operationTime": at,
            "state": state,
            "operationTitle": "说明",
            "category": 430,
            "operateSiteId": "1001",
        }

    answer = {
        "requestId": "1",
        "success": True,
        "code": 1000,
        "msg": "成功",
        "data": {
            "collectorName": None,
            "traceDetails": [
                scan("2026-03-02 18:00:00", 200001),
                scan("2026-03-03 06:00:00", 10033),
                scan("2026-03-03 07:00:00", UNKNOWN),
                scan("2026-03-03 09:00:00", 200051),
                scan("2026-03-03 18:00:00", 10034),
            ],
        },
    }
    waybill = "JD0000000000011"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "JD", waybill, "1001"),
            ("03-03 06:00:00", "hub_arrived", None, "JD", waybill, "1001"),
            ("03-03 09:00:00", "available_for_pickup", "pickup_point", "JD", waybill, "1001"),
            ("03-03 18:00:00", "delivered", None, "JD", waybill, "1001"),
        ],
        (3, "state"),
    )


def jd_ldop() -> Sample:
    def scan(at: str, title: str) -> dict[str, str]:
        return {
            "opeTitle": title,
            "opeTime": at,
            "opeRemark": "配送员开始配送，请您准备收货",
            "opeName": "京东快递",
            "waybillCode": "VB00000000011",
        }

    data = [
        scan("2026/03/02 18:00:00", "快递签收"),
        scan("2026/03/02 21:00:00", "分拣中心验货"),
        scan("2026/03/02 22:00:00", "分拣中心发货"),
        scan("2026/03/03 06:00:00", "站点收货"),
        scan("2026/03/03 07:00:00", UNKNOWN),
        scan("2026/03/03 09:00:00", "配送员收货"),
        scan("2026/03/03 18:00:00", "妥投"),
    ]
    result = {"data": data, "messsage": "成功", "code": 100}
    answer = {"jingdong_ldop_receive_trace_get_responce": {"code": "0", "querytrace_result": result}}
    waybill = "VB00000000011"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "JD", waybill, None),
            ("03-02 21:00:00", "in_transit", None, "JD", waybill, None),
            ("03-02 22:00:00", "hub_departed", None, "JD", waybill, None),
            ("03-03 06:00:00", "hub_arrived", None, "JD", waybill, None),
            ("03-03 09:00:00", "out_for_delivery", None, "JD", waybill, None),
            ("03-03 18:00:00", "delivered", None, "JD", waybill, None),
        ],
        (5, "opeTitle"),
    )


def deppon() -> Sample:
    def scan(at: str, status: str, site: str | None) -> dict[str, Any]:
        scan = {"time": at, "status": status, "city": "宁波市", "description": "说明"}
        return scan | ({"site": site} if site else {})

    answer = {
        "result": "true",
        "reason": "",
        "resultCode": "1000",
        "responseParam": {
            "tracking_number": "DPK000000000011",
            "trace_list": [
                scan("2026-03-02 18:00:00", "GOT", "杭州营业部"),
                scan("2026-03-03 09:00:00", "ERROR", None),
                scan("2026-03-03 10:00:00", UNKNOWN, None),
                scan("2026-03-04 09:00:00", "FAILED", "宁波营业部"),
            ],
        },
        "uniquerRequestNumber": "1",
    }
    waybill = "DPK000000000011"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "DEPPON", waybill, "杭州营业部"),
            ("03-03 09:00:00", "exception", None, "DEPPON", waybill, "宁波市"),
            ("03-04 09:00:00", "refused", None, "DEPPON", waybill, "宁波营业部"),
        ],
        (3, "status"),
    )


def kuaidi100() -> Sample:
    def scan(at: str, code: str | None, name: str) -> dict[str, Any]:
        scan = {
            "time": at,
            "ftime": at,
            "context": "说明",
            "status": name,
            "location": "",
            "areaName": "浙江,宁波市",
        }
        return scan | ({"statusCode": code} if code else {})

    answer = {
        "message": "ok",
        "nu": "SF0000000000044",
        "com": "shunfeng",
        "ischeck": "1",
        "status": "200",
        "state": "3",
        "data": [
            scan("2026-03-05 15:00:00", "4", "退签"),
            scan("2026-03-04 15:00:00", "14", "拒签"),
            scan("2026-03-03 15:00:00", "304", "投柜或站签收"),
            scan("2026-03-03 14:00:00", "303", "代签"),
            scan("2026-03-03 13:00:00", "302", "派件异常后签收"),
            scan("2026-03-03 12:00:00", "301", "本人签收"),
            scan("2026-03-03 11:00:00", UNKNOWN, "新状态"),
            scan("2026-03-03 06:00:00", "1001", "到达派件城市"),
            scan("2026-03-02 18:00:00", None, "揽收"),
        ],
    }
    waybill, place = "SF0000000000044", "浙江,宁波市"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "SF", waybill, place),
            ("03-03 06:00:00", "hub_arrived", None, "SF", waybill, place),
            ("03-03 12:00:00", "delivered", "in_person", "SF", waybill, place),
            ("03-03 13:00:00", "delivered", "after_exception", "SF", waybill, place),
            ("03-03 14:00:00", "delivered", "proxy", "SF", waybill, place),
            ("03-03 15:00:00", "delivered", "locker", "SF", waybill, place),
            ("03-04 15:00:00", "refused", None, "SF", waybill, place),
            ("03-05 15:00:00", "returned_signed", None, "SF", waybill, place),
        ],
        (7, "statusCode"),
    )


def aftership() -> Sample:
    def checkpoint(at: str, subtag: str, **more: Any) -> dict[str, Any]:
        tag = subtag.split("_")[0]
        return {"slug": "sf-express", "checkpoint_time": at, "tag": tag, "subtag": subtag} | more

    answer = {
        "event": "tracking_update",
        "event_id": "00000000-0000-4000-8000-000000000001",
        "is_tracking_first_tag": False,
        "ts": 1_772_800_000,
        "msg": {
            "id": "1",
            "tracking_number": "SF0000000000055",
            "slug": "sf-express",
            "tag": "Delivered",
            "subtag": "Delivered_003",
            "checkpoints": [
                checkpoint("2026-03-02T18:00:00", "InTransit_002", city="Hangzhou"),
                checkpoint(
                    "2026-03-03T00:30:00+00:00", "OutForDelivery_001", location="Ningbo", city="Ningbo"
                ),
                checkpoint("2026-03-03T01:00:00Z", UNKNOWN),
                checkpoint("2026-03-03T10:15:30+08:00", "Delivered_003", location="Ningbo"),
            ],
        },
    }
    waybill = "SF0000000000055"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, "SF", waybill, "Hangzhou"),
            ("03-03 08:30:00", "out_for_delivery", None, "SF", waybill, "Ningbo"),
            ("03-03 10:15:30", "delivered", "in_person", "SF", waybill, "Ningbo"),
        ],
        (3, "subtag"),
    )


def epcis() -> Sample:
    first, second = "urn:epc:id:sscc:0614141.1000000001", "urn:epc:id:sscc:0614141.1000000002"

    def event(number: int, at: str, step: str, disposition: str, *epcs: str) -> dict[str, Any]:
        return {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:00000000-0000-4000-8000-00000000000{number}",
            "action": "OBSERVE",
            "eventTime": at,
            "eventTimeZoneOffset": "+08:00",
            "epcList": list(epcs),
            "bizStep": step,
            "disposition": disposition,
            "readPoint": {"id": "urn:epc:id:sgln:0614141.00001.0"},
            "bizTransactionList": [
                {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141000005:PO-1"},
                {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141000005:F-1"},
            ],
        }

    answer = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-04T00:00:00Z",
        "epcisBody": {
            "eventList": [
                event(1, "2026-03-02T10:00:00.000Z", "accepting", "in_transit", first, second),
                event(2, "2026-03-03T02:00:00+08:00", "departing", "in_transit", first),
                event(3, "2026-03-03T03:00:00+08:00", UNKNOWN, "in_transit", first),
                event(4, "2026-03-03T17:00:00+08:00", "receiving", "in_progress", first),
                event(5, "2026-03-04T17:00:00+08:00", "receiving", "returned", second),
            ]
        },
    }
    place = "urn:epc:id:sgln:0614141.00001.0"
    return Sample(
        answer,
        [
            ("03-02 18:00:00", "picked_up", None, None, first, place),
            ("03-02 18:00:00", "picked_up", None, None, second, place),
            ("03-03 02:00:00", "hub_departed", None, None, first, place),
            ("03-03 17:00:00", "delivered", None, None, first, place),
            ("03-04 17:00:00", "returned_signed", None, None, second, place),
        ],
        (4, "step"),
    )


SAMPLES = {
    made.__name__: made()
    for made in (sf, sto, zto, yto, yunda, jd, jd_ldop, deppon, kuaidi100, aftership, epcis)
}
