select
    name::varchar as name,
    title_zh::varchar as title_zh,
    title_en::varchar as title_en,
    numerator::varchar as numerator,
    denominator::varchar as denominator,
    direction::varchar as direction,
    definition::varchar as definition,
    definition_zh::varchar as definition_zh,
    unit::varchar as unit
from {{ ref("metric_catalogue_seed") }}
