"""How well mistyped waybill numbers are matched: mistakes planted by published shares, and the score."""
