{{ config(materialized="ephemeral") }}
-- One row a metric, day and order: where it counts otherwise than when the day was first published.
{# Rates of the orders due: what is met, then and now. #}
{% set due = [("promise_kept_rate", "was_kept", "is_kept")] %}
{% if has("receipts") %}
    {% do due.append(("in_full_on_time_rate", "was_kept and was_received_in_full", "is_in_full")) %}
{% endif %}
{% if has("complaints") %}
    {% do due.append(("complaint_rate", "was_complained", "has_complaint")) %}
{% endif %}
with
    compared as (
        select
            'true_on_time_rate' as metric,
            order_id,
            day,
            cut,
            order_day,
            was_signed as was_counted,
            was_signed and was_on_time as was_met,
            is_signed as is_counted,
            is_signed and is_on_time as is_met,
            signed_at_then,
            signed_at,
            true as is_by_parts
        from {{ ref("int_restatements__then") }}
        where promised_at is not null
        union all
        select
            'promised_share',
            order_id,
            day,
            cut,
            order_day,
            was_signed,
            was_signed and promised_at is not null,
            is_signed,
            is_signed and promised_at is not null,
            signed_at_then,
            signed_at,
            true
        from {{ ref("int_restatements__then") }}
        where not is_pending
        {% for metric, was, is in due %}
            union all
            select
                '{{ metric }}',
                order_id,
                day,
                cut,
                order_day,
                was_due,
                was_due and {{ was }},
                is_due,
                is_due and {{ is }},
                signed_at_then,
                signed_at,
                was_due <> is_due {{ "or was_kept <> is_kept" if metric != "complaint_rate" }}
            from {{ ref("int_restatements__then") }}
            where has_fallen_due and promised_day = day
        {% endfor %}
        {% if has("wishes") %}
            union all
            select
                'wished_date_hit_rate',
                order_id,
                day,
                cut,
                order_day,
                was_wished,
                was_wished and was_wish_met,
                is_wished_date_hit is not null,
                coalesce(is_wished_date_hit, false),
                signed_at_then,
                signed_at,
                true
            from {{ ref("int_restatements__then") }}
            where has_wish_passed and wished_date = day and not is_pending
        {% endif %}
        {% if has("erp") %}
            union all
            select
                'erp_on_time_rate',
                order_id,
                day,
                cut,
                order_day,
                coalesce({{ local_day("shipped_at_then") }} = day, false) as was_shipped,
                was_shipped
                and (ship_by_at_then is null or {{ is_in_time("shipped_at_then", "ship_by_at_then") }}),
                coalesce(erp_shipped_day = day, false) as is_shipped,
                is_shipped and is_erp_on_time,
                null,
                signed_at,
                false
            from {{ ref("int_restatements__statuses") }}
        {% endif %}
    )
select *
from compared
where was_counted <> is_counted or was_met is distinct from is_met
