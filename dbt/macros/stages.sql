{% macro stage_name(from_milestone, to_milestone) -%}
    case
        when {{ from_milestone }} = 'transfer_requested' and {{ to_milestone }} = 'transfer_received'
        then 'transfer'
        else {{ from_milestone }} || '_to_' || {{ to_milestone }}
    end
{%- endmacro %}

{# Who holds the goods where a stage starts. #}
{% macro holder(held_by, from_milestone) -%}
    case
        {{ held_by }}
        when 'office'
        then
            coalesce(
                case
                    {{ from_milestone }}
                    when 'placed'
                    then placed_place
                    when 'paid'
                    then paid_place
                    else finance_approved_place
                end,
                'office'
            )
        when 'sender'
        then coalesce(sending_place, 'unknown')
        when 'carrier'
        then coalesce(carrier, 'unknown')
        else coalesce(origin_place, 'unknown')
    end
{%- endmacro %}

{# Each row of `relation` (stage, place, order_type, start_day) with the microseconds its most specific valid standard
   allows; only the kinds of standards that this company has are looked for. `only`: the rows that have one of their own. #}
{% macro with_standard(relation, stage, place, only="true") -%}
    {% set kinds = {
        "exact": "place is not null and order_type is not null",
        "here": "place is not null and order_type is null",
        "kind": "place is null and order_type is not null",
        "plain": "place is null and order_type is null",
    } %}
    {% set found = [] %}
    {% for alias, rows in kinds.items() %}
        {% if looked_up("select count(*) > 0 from " ~ ref("int_standards") ~ " where " ~ rows) != "false" %}
            {% do found.append(alias) %}
        {% endif %}
    {% endfor %}
    select
        steps.*,
        coalesce({% for alias in found %}{{ alias }}.standard_us, {% endfor %} null)::bigint as step_us
    from {{ relation }} as steps
    {% for alias in found %}
        left join
            (select * from {{ ref("int_standards") }} where {{ kinds[alias] }}) as {{ alias }}
            on {{ alias }}.stage = case when {{ only }} then steps.{{ stage }} end
            {% if alias in ("exact", "here") %} and {{ alias }}.place = steps.{{ place }} {% endif %}
            {% if alias in ("exact", "kind") %} and {{ alias }}.order_type = steps.order_type {% endif %}
            and steps.start_day >= {{ alias }}.valid_from
            and steps.start_day < {{ alias }}.valid_before
    {% endfor %}
{%- endmacro %}

{# The day whose standard holds: of a profile's own, the day the stage starts; of one taken from its data, the day it ends
   (an open one: today), because the period before which the mean is taken is the one it ends in. #}
{% macro day_of_standard() -%}
    {%- if standards_from() == "data" -%} {{ local_day("coalesce(ended_at, " ~ as_of() ~ ")") }}
    {%- else -%} {{ local_day("started_at") }}
    {%- endif -%}
{%- endmacro %}
