{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
{% set steps = [] %}
{% if has("erp") %} {% do steps.append((2, "erp_due", "coalesce(is_erp_on_time, false)")) %} {% endif %}
{% do steps.append((3, "first_suborder", "is_first_claimed")) %}
{% do steps.append((4, "all_suborders", "is_all_claimed")) %}
{% do steps.append((5, "valid_signature", "is_kept")) %}
{% if has("receipts") %} {% do steps.append((6, "in_full", "is_in_full")) %} {% endif %}
{% set last_verdict = "is_in_full" if has("receipts") else "is_kept" %}
{% if has("wishes") %}
    {% do steps.append(
        (7, "wished_day", "(" ~ last_verdict ~ " and (wished_date is null or is_wish_met))")
    ) %}
{% endif %}
with
    orders as not materialized(select * from {{ ref("fct_orders") }}),
    verdicts as (
        {% if has("erp") %}
            select
                erp_shipped_day as day,
                place,
                carrier,
                order_type,
                1 as step_number,
                'erp' as step,
                is_erp_on_time as verdict,
                true as is_shown,
                has_complaint
            from orders
            where erp_shipped_day is not null {{ of_days("erp_shipped_day", "order") }}
            union all
        {% endif %}
        {% for number, step, verdict in steps %}
            select
                promised_day as day,
                place,
                carrier,
                order_type,
                {{ number }} as step_number,
                '{{ step }}' as step,
                {{ verdict }} as verdict,
                {{
                    (
                        "true"
                        if number == 2 or loop.first
                        else verdict ~ " is distinct from " ~ steps[loop.index0 - 1][2]
                    )
                }} as is_shown,
                has_complaint
            from orders
            where is_due {{ of_days("promised_day", "order") }} {{ "union all" if not loop.last }}
        {% endfor %}
    )
select
    day::date as day,
    place::varchar as place,
    carrier::varchar as carrier,
    coalesce(order_type, 'unknown')::varchar as order_type,
    step_number::integer as step_number,
    step::varchar as step,
    count(*) filter (verdict)::bigint as numerator,
    count(*)::bigint as denominator,
    count(*) filter (is_shown)::bigint as orders,
    count(*) filter (is_shown and has_complaint)::bigint as complaint_orders
from verdicts
group by 1, 2, 3, 4, 5, 6
