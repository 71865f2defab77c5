{# Hooks around a model whose left side is the history: DuckDB takes a union of views for small and would build its hash
   tables from all events rather than from the links. #}
{% macro joins_as_written() -%} set disabled_optimizers = 'join_order,build_side_probe_side' {%- endmacro %}

{% macro joins_as_chosen() -%} set disabled_optimizers = '' {%- endmacro %}
