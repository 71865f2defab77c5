"""Carriers that are asked waybill by waybill: SF, kuaidi100, ZTO and JD, in their shapes and with their signatures.

Written after the carriers' own descriptions, without the code under test: signatures are worked out with hashlib.
"""

import base64
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.web import served

SECRETS = {
    "sf": "checkword-of-tests",
    "kuaidi100": "key-of-tests",
    "zto": "app-secret-of-tests",
    "jd_ldop": "jd-secret-of-tests",
}


@dataclass
class Carrier:
    """One carrier. `scans`: how many each number has; those in `signed`, `unknown` and so on behave as named."""

    address: str = ""
    scans: int = 2
    signed: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    bad_signatures: int = 0
    trouble: Callable[[int], Response | None] = lambda number: None
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def questions(self) -> int:
        return len(self.at)

    @property
    def times(self) -> Counter[str]:
        return Counter(self.asked)

    def fastest(self, count: int) -> float:
        """The shortest time in which `count` questions came, seconds."""
        return min((b - a for a, b in zip(self.at, self.at[count:], strict=False)), default=9e9)


@contextmanager
def carrier(kind: str) -> Iterator[Carrier]:
    """Serve one carrier on loopback until the block ends."""
    made = Carrier()
    shape = {"sf": _sf, "kuaidi100": _kuaidi100, "zto": _zto, "jd_ldop": _jd_ldop}[kind]

    async def handle(request: Request) -> Response:
        body = (await request.body()).decode()
        made.at.append(time.monotonic())
        made.paths.add(request.url.path)
        if answer := made.trouble(len(made.at)):
            return answer
        return await run_in_threadpool(shape, made, request, body)

    with served([Route("/{rest:path}", handle, methods=["POST"])]) as made.address:
        yield made
        made.release.set()


def _md5(text: str) -> bytes:
    return hashlib.md5(text.encode()).digest()


def _noted(made: Carrier, numbers: list[str]) -> None:
    made.asked += numbers
    if made.hanging.intersection(numbers):
        made.release.wait(60)


def _steps(made: Carrier, number: str, step: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [] if number in made.unknown else [step(n) for n in range(made.scans)]


def _sf(made: Carrier, request: Request, body: str) -> Response:
    """EXP_RECE_SEARCH_ROUTES: base64(md5(urlencode(msgData + timestamp + checkword))); up to ten numbers."""
    form = {key: value[0] for key, value in parse_qs(body).items()}
    signed = base64.b64encode(_md5(quote_plus(form["msgData"] + form["timestamp"] + SECRETS["sf"]))).decode()
    if (
        form["msgDigest"] != signed
        or form["serviceCode"] != "EXP_RECE_SEARCH_ROUTES"
        or not form["requestID"]
    ):
        made.bad_signatures += 1
        return JSONResponse({"apiErrorMsg": "数字签名无效", "apiResultCode": "A1006", "apiResultData": None})
    numbers = json.loads(form["msgData"])["trackingNumber"]
    _noted(made, numbers)
    if len(numbers) > 10 or made.refused.intersection(numbers):
        inner: dict[str, Any] = {
            "success": False,
            "errorCode": "S0003",
            "errorMsg": "运单号不合法",
            "msgData": None,
        }
    else:
        routes = [
            {
                "mailNo": number,
                "routes": _steps(
                    made,
                    number,
                    lambda n: {
                        "acceptTime": f"2026-03-01 1{n}:00:00",
                        "acceptAddress": "杭州市",
                        "remark": "顺丰速运 已收取快件",
                        "opCode": "50" if n == 0 else "30",
                    },
                ),
            }
            for number in numbers
        ]
        inner = {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": {"routeResps": routes}}
    return JSONResponse(
        {
            "apiErrorMsg": "",
            "apiResponseID": "0001",
            "apiResultCode": "A1000",
            "apiResultData": json.dumps(inner),
        }
    )


def _kuaidi100(made: Carrier, request: Request, body: str) -> Response:
    """poll/query.do: MD5(param + key + customer) in capitals; one number."""
    form = {key: value[0] for key, value in parse_qs(body).items()}
    if form["sign"] != _md5(form["param"] + SECRETS["kuaidi100"] + form["customer"]).hex().upper():
        made.bad_signatures += 1
        return JSONResponse({"result": False, "returnCode": "503", "message": "验证签名失败"})
    asked = json.loads(form["param"])
    number = asked["num"]
    _noted(made, [number])
    if number in made.refused | made.unknown:
        return JSONResponse({"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"})
    data = _steps(
        made,
        number,
        lambda n: {"time": f"2026-03-01 1{n}:00:00", "context": "快件", "status": "在途", "statusCode": "0"},
    )
    answer = {"message": "ok", "nu": number, "com": asked["com"], "status": "200", "state": "0", "data": data}
    return JSONResponse(answer)


def _zto(made: Carrier, request: Request, body: str) -> Response:
    """zto.merchant.waybill.track.query: base64(md5(body + secret)) in x-dataDigest; one number."""
    signed = base64.b64encode(_md5(body + SECRETS["zto"])).decode()
    if request.headers["x-datadigest"] != signed or request.headers["x-appkey"] != "app-of-tests":
        made.bad_signatures += 1
        return JSONResponse({"status": False, "statusCode": "S204", "message": "无效签名"})
    number = json.loads(body)["billCode"]
    _noted(made, [number])
    if number in made.refused:
        return JSONResponse({"status": False, "statusCode": "E01", "message": "单号错误"})
    steps = _steps(
        made,
        number,
        lambda n: {
            "billCode": number,
            "scanType": "收件" if n == 0 else "签收" if number in made.signed else "发件",
            "scanDate": 1_772_330_400_000 + n * 3_600_000,
            "scanSite": {"name": "杭州中心"},
        },
    )
    return JSONResponse({"status": True, "statusCode": "SYS000", "message": "操作成功", "result": steps})


def _jd_ldop(made: Carrier, request: Request, body: str) -> Response:
    """jingdong.ldop.receive.trace.get: MD5 in capitals of all parameters by name, between two secrets; one number."""
    form = {key: value[0] for key, value in parse_qs(body).items()}
    between = "".join(key + form[key] for key in sorted(form) if key != "sign")
    if form["sign"] != _md5(SECRETS["jd_ldop"] + between + SECRETS["jd_ldop"]).hex().upper():
        made.bad_signatures += 1
        return JSONResponse({"error_response": {"code": "12", "zh_desc": "无效签名"}})
    number = json.loads(form["360buy_param_json"])["waybillCode"]
    _noted(made, [number])
    result: dict[str, Any] = {"messsage": "运单号不存在", "code": 101}
    if number not in made.refused:
        steps = _steps(
            made,
            number,
            lambda n: {
                "opeTitle": "快递签收" if n == 0 else "分拣中心验货",
                "opeRemark": "货物已到达【杭州分拣中心】",
                "opeName": "京东快递",
                "opeTime": f"2026/03/01 1{n}:00:00",
                "waybillCode": number,
            },
        )
        result = {"data": steps, "messsage": "成功", "code": 100}
    answer = {"code": "0", "querytrace_result": result}
    return JSONResponse({"jingdong_ldop_receive_trace_get_responce": answer})
