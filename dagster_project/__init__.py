"""True On-Time: delivery as the customer sees it, from ERP, WMS and carrier data to one published warehouse."""
