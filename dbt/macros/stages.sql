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

{# Each row of `relation` (stage, place, order_type, start_day) with the microseconds its most specific valid standard allows. #}
{% macro with_standard(relation, stage, place) -%}
    select
        steps.*, coalesce(exact.standard_us, here.standard_us, kind.standard_us, plain.standard_us) as step_us
    from {{ relation }} as steps
    {% for alias, has_place, has_type in [
            ("exact", true, true),
            ("here", true, false),
            ("kind", false, true),
            ("plain", false, false),
        ] %}
        left join
            (
                select *
                from {{ ref("int_standards") }}
                where place is {{ "not" if has_place }} null and order_type is {{ "not" if has_type }} null
            ) as {{ alias }}
            on {{ alias }}.stage = steps.{{ stage }}
            {% if has_place %} and {{ alias }}.place = steps.{{ place }} {% endif %}
            {% if has_type %} and {{ alias }}.order_type = steps.order_type {% endif %}
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
