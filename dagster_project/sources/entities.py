"""The canonical entities, read from entities.yml beside this file: the law that every mapping is held to."""

from dataclasses import dataclass
from pathlib import Path

import yaml

PROVENANCE = {
    "recorded_at": "TIMESTAMPTZ",
    "load_seq": "BIGINT",
    "load_id": "VARCHAR",
    "file": "VARCHAR",
    "record": "BIGINT",
}
EVENTS, STOCK = "events", "stock"


@dataclass(frozen=True)
class EntityColumn:
    """A column of an entity with its SQL type; a row without a required one is no row of the entity."""

    name: str
    type: str
    required: bool


def _read() -> dict[str, dict[str, EntityColumn]]:
    document = yaml.safe_load((Path(__file__).parent / "entities.yml").read_text(encoding="utf-8"))
    return {
        entity: {
            name: EntityColumn(name, column["type"], column.get("required", False))
            for name, column in columns.items()
        }
        for entity, columns in document.items()
    }


ENTITIES = _read()
EVENT_TYPES = frozenset(
    [
        "placed",
        "paid",
        "finance_approved",
        "transfer_requested",
        "transfer_dispatched",
        "transfer_received",
        "supplier_ordered",
        "supplier_shipped",
        "pick_created",
        "pick_started",
        "picked",
        "packed",
        "outbound",
        "picked_up",
        "in_transit",
        "hub_departed",
        "hub_arrived",
        "out_for_delivery",
        "attempt_failed",
        "available_for_pickup",
        "collected",
        "delivered",
        "refused",
        "returning",
        "returned_signed",
        "exception",
        "lost",
        "received_click",
        "progress_query",
        "not_received_ticket",
        "complaint_ticket",
        "other_ticket",
        "cancelled",
        "erp_approved",
        "erp_shipped",
        "erp_completed",
        "qc_failed",
        "qc_passed",
        "state_changed",
    ]
)
SIGN_METHODS = frozenset(["in_person", "proxy", "locker", "pickup_point", "after_exception"])
