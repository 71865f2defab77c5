"""What the demo company's services over HTTP answer: who may ask, which page, since when, each in its own words."""

import base64
import hashlib
import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import duckdb
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from tests.servers.company import Systems

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = "known-to-the-services"
STOCK = {  # what each warehouse system calls its figures
    ("wms_a", "stock"): "{'goods_no': sku, 'goods_name': product, 'stock_qty': on_hand, 'locked_qty': locked,"
    " 'update_time': strftime(changed_at, '%Y-%m-%d %H:%M:%S')}",
    ("wms_b", "stock"): "{'item': sku, 'title': product, 'onHand': on_hand, 'available': on_hand - locked,"
    " 'changedAt': strftime(changed_at, '%Y-%m-%dT%H:%M:%S+08:00')}",
    (
        "wms_c",
        "stock",
    ): "{'skuCode': sku, 'name': product, 'qty': on_hand, 'held': locked, 'free': on_hand - locked,"
    " 'ts': epoch_ms(changed_at)}",
    ("wms_a", "on_the_way"): "{'goods_no': sku, 'to_place': place, 'qty': in_transfer,"
    " 'update_time': strftime(changed_at, '%Y-%m-%d %H:%M:%S')}",
    ("wms_b", "on_the_way"): "{'item': sku, 'target': place, 'units': in_transfer,"
    " 'at': strftime(changed_at, '%Y-%m-%dT%H:%M:%S+08:00')}",
    (
        "wms_c",
        "on_the_way",
    ): "{'skuCode': sku, 'receiver': place, 'qty': in_transfer, 'ts': epoch_ms(changed_at)}",
}


def routes(made: "Systems") -> list[Route]:
    return [
        Route("/token", _token, methods=["POST"]),
        Route("/{source}/{name}", _handler(made), methods=["GET", "POST"]),
    ]


async def _token(request: Request) -> Response:
    told = "Basic " + base64.b64encode(f"ontime:{SECRET}".encode()).decode()
    if request.headers.get("authorization") != told:
        return JSONResponse({"error": "invalid_client"}, 401)
    return JSONResponse({"access_token": "given", "token_type": "Bearer", "expires_in": 600})


def _handler(made: "Systems") -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        source, name = request.path_params["source"], request.path_params["name"]
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        asked = {**request.query_params, **form}
        made.asked.append(f"{source}/{name}")
        answer = made.trouble(source, name)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is not None:
            return answer
        if not _may(source, request, form):
            return JSONResponse({"message": "who are you?"}, 401)
        with made.duck.cursor() as cursor:
            return _answer(made, cursor, source, name, asked)

    return handle


def _may(source: str, request: Request, form: dict[str, str]) -> bool:
    """Whether a request carries what its service wants, worked out here and not by the code that is tested."""
    if source == "wms_a":
        return request.headers.get("x-api-key") == SECRET
    if source == "wms_b":
        return request.headers.get("authorization") == "Bearer given"
    if source == "wms_c":
        return (
            request.headers.get("authorization")
            == "Basic " + base64.b64encode(f"ontime:{SECRET}".encode()).decode()
        )
    text = form.get("since", "") + form["offset"] + form["timestamp"] + SECRET
    return form["sign"] == base64.b64encode(hashlib.md5(text.encode()).digest()).decode()


def _answer(
    made: "Systems", cursor: duckdb.DuckDBPyConnection, source: str, name: str, asked: dict[str, str]
) -> Response:
    held = "SELECT recorded_at, body FROM records WHERE source = $1 AND name = $2"
    if (source, name) in STOCK:
        place = source[-1].upper()
        rows = made.figures(place) if name == "stock" else made.on_the_way(place)
        held = f"SELECT changed_at AS recorded_at, to_json({STOCK[source, name]}) AS body FROM ({rows}) WHERE $1 <> $2"
    held = f"({held}) WHERE recorded_at <= $3 AND recorded_at >= $4"
    values: list[Any] = [source, name, made.until, _since(source, asked.get("since"))]
    (total,) = cursor.execute(f"SELECT count(*) FROM {held}", values).fetchone()  # type: ignore[misc]
    size = int(asked.get("size", 500))
    after = int(asked.get("after") or asked.get("offset") or (int(asked.get("page", 1)) - 1) * size)
    found = cursor.execute(
        f"SELECT body FROM {held} ORDER BY recorded_at, body LIMIT {size} OFFSET {after}",
        values,
    ).fetchall()
    rows = [json.loads(body) for (body,) in found]
    following = after + size if after + size < total else None
    if source == "wms_a":
        return JSONResponse({"total": total, "rows": rows})
    if source == "wms_b":
        return JSONResponse({"data": rows, "meta": {"next": following and str(following)}})
    if source == "wms_c":
        since = f"&since={asked['since']}" if "since" in asked else ""
        link = f'<{made.address}/{source}/{name}?after={following}{since}>; rel="next"'
        return JSONResponse(rows, headers={"link": link} if following else {})
    return JSONResponse({"count": total, "list": rows})


def _since(source: str, told: str | None) -> datetime:
    if told is None:
        return datetime(2000, 1, 1, tzinfo=ZONE)
    if source == "wms_c":
        return datetime.fromtimestamp(int(told) / 1000, ZONE)
    if source in ("wms_a", "wms_b"):
        return datetime.fromisoformat(told)
    zone = UTC if source == "jt" else ZONE
    return datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
