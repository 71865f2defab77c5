{{ config(unique_key="fulfilment_code") }}
-- depends_on: {{ ref("int_suborders__before") }}
-- depends_on: {{ ref("stg_suborders") }}
-- One row a fulfilment code: latest known attributes, and for the plan the first recorded ones.
with
    versions as (
        select *
        from {{ ref("stg_suborders") }}
        {% if is_incremental() %}
            where fulfilment_code in (select fulfilment_code from {{ new_rows(ref("stg_suborders")) }})
        {% endif %}
    )
{% for is_single in [true, false] %}
    select
        fulfilment_code,
        {{ version("max", "order_id", is_single) }} as order_id,
        coalesce({{ version("max", "route", is_single) }}, 'direct') as route,
        {% for column in ["origin_place", "carrier", "destination_city", "destination_province"] %}
            {{ version("max", column, is_single) }} as {{ column }},
        {% endfor %}
        {% for column in ["batch", "wished_date"] %}
            {{ version("min", column, is_single) }} as {{ column }},
        {% endfor %}
        {{ first_given_at("wished_date", is_single) }} as wish_recorded_at,
        {{ version("max", "replaces", is_single) }} as replaces,
        {{ first_given_at("replaces", is_single) }} as replaces_recorded_at,
        {{ "recorded_at" if is_single else "min(recorded_at)" }} as first_recorded_at,
        {% for column in ["origin_place", "carrier", "destination_city", "destination_province"] %}
            {{ version("min", column, is_single) }} as planned_{{ column.split("_")[-1] }},
        {% endfor %}
        {{ "false" if is_single else "true" }} as is_revised
    from {{ of_versions("versions", ["fulfilment_code"], is_single) }} {{ "union all" if is_single }}
{% endfor %}
