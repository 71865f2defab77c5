-- Typed rows against the waybills that are open: for each row its candidates with how likely each is, the best first.
--
-- Bayes' rule over all waybills at once: how likely the number would be mistyped so (by the kinds of keying errors),
-- times what city, carrier, code and time say. Only pairs that share what is left after cutting out up to two characters
-- are compared, which are all pairs within two edits.
with
    given as (select unnest(from_json($rows, '[{"row": "INTEGER", "number": "VARCHAR", "code": "VARCHAR", "carrier": "VARCHAR", "city": "VARCHAR", "at": "TIMESTAMP"}]')) as given),
    run as (select as_of, timezone from published.meta.run),
    typed as materialized (
        select given.row, given.number, looks(given.number) as looks, upper(nullif(given.code, '')) as code,
            nullif(regexp_replace(given.city, '市$', ''), '') as city, timezone(run.timezone, given.at) as at, passes_s10(given.number) as passes, (
                select any_value(carrier) from published.marts.dim_carriers
                where nullif(given.carrier, '') is not null and (
                    upper(given.carrier) in (upper(carrier), upper(name_en), name_zh)
                    or length(given.carrier) > 1 and (starts_with(name_zh, given.carrier) or starts_with(upper(name_en), upper(given.carrier)))
                )
            ) as carrier
        from given
        cross join run
    ),
    -- those that a row may be about: on the way, or signed for by the customer's click only
    opened as materialized (
        select row_number() over () as id, waybills.carrier, waybill, looks(waybill) as looks, parts.fulfilment_code, parts.order_id, destination_city as city,
            coalesce(outbound_at, supplier_shipped_at, picked_up_at) as handed_over_at, promised_at, placed_at, stage_now, passes_s10(waybill) as passes
        from published.marts.fct_suborders as parts
        inner join published.marts.dim_waybills as waybills using (fulfilment_code)
        cross join run
        where parts.order_day >= (run.as_of - to_days($reach_days::integer))::date and not parts.is_cancelled and parts.is_live
            and (
                parts.signed_at is null and parts.closed_at is null
                or parts.sign_source = 'customer_click' and parts.signed_at >= run.as_of - to_days($recent_days::integer)
            )
    ),
    sizes as (select count(*)::double as waybills from opened),
    cities as (select city, count(*) / any_value(waybills) as share from opened cross join sizes group by city),
    carriers as (select carrier, count(*) / any_value(waybills) as share from opened cross join sizes group by carrier),
    cuts as (
        select i, j from range(0, 25) as a (i) cross join range(0, 25) as b (j) where i < j or i = 0 and j = 0
    ),
    typed_cut as (select distinct row, hash(cut(looks, i, j)) as rest from typed inner join cuts on j <= length(looks)),
    opened_cut as (select distinct id, hash(cut(looks, i, j)) as rest from opened inner join cuts on j <= length(looks)),
    near as (
        select distinct row, id from typed_cut inner join opened_cut using (rest)
        union
        select row, id from typed inner join opened on typed.code in (opened.fulfilment_code, opened.order_id)
    ),
    -- a number that is, letter by letter, one of a sub-order long closed
    closed as (
        select typed.row, waybills.carrier, waybills.waybill, waybills.fulfilment_code, parts.order_id, destination_city as city,
            coalesce(outbound_at, supplier_shipped_at, picked_up_at) as handed_over_at, promised_at, placed_at, stage_now
        from typed
        inner join published.marts.dim_waybills as waybills on waybills.waybill = typed.number
        inner join published.marts.fct_suborders as parts using (fulfilment_code)
        where waybills.waybill not in (select waybill from opened)
    ),
    pairs as (
        select typed.row, opened.* exclude (id, looks, passes), typed.looks as typed_looks, opened.looks, length(opened.looks) as n, typed.passes and opened.passes as is_checked,
            damerau_levenshtein(typed.looks, opened.looks) as distance, typed.number = waybill as is_same, false as is_closed
        from near
        inner join typed using (row)
        inner join opened using (id)
        union all
        select row, closed.* exclude (row), waybill, waybill, length(waybill), false, 0, true, true from closed
    ),
    kinds as (
        select *, case
            when is_closed then 'closed'
            when is_same then 'exact'
            when distance = 0 then 'lookalike'
            when distance = 1 and length(typed_looks) < n then 'omission'
            when distance = 1 and length(typed_looks) > n then 'addition'
            when distance = 1 and levenshtein(typed_looks, looks) = 2 then 'transposition'
            when distance = 1 then 'substitution'
            when distance = 2 and length(typed_looks) = n and length(differences(typed_looks, looks)) = 2 then pair_of_mistakes(typed_looks, looks)
            when distance = 2 then 'two'
            else 'code'
        end as kind
        from pairs
    ),
    weighed as (
        select kinds.*, typed.code in (fulfilment_code, order_id) as is_code, city_of(typed.city, kinds.city) as is_city, typed.carrier = kinds.carrier as is_carrier,
            case kind
                when 'closed' then (1 - $mistyped) * $closed / (select count(*) from published.marts.dim_waybills)
                when 'exact' then (1 - $mistyped) / waybills
                else $mistyped / waybills * case kind
                    when 'lookalike' then $lookalike
                    when 'substitution' then $substitution / (n * 9)
                    when 'transposition' then $transposition / (n - 1)
                    when 'omission' then $omission / n
                    when 'addition' then $addition / ((n + 1) * 10)
                    when 'jump' then $jump / n
                    when 'twin' then $twin / n
                    when 'jump_twin' then $jump_twin / n
                    when 'phonetic' then $phonetic
                    when 'two' then $two / (n * n * 40)
                    else $garbled
                end
            end
            * if(is_checked and not is_same, $check_slips, 1)
            * case when typed.city is null then 1 when is_city then $city_right / coalesce(cities.share, 0.01) else 1 - $city_right end
            * case when typed.carrier is null then 1 when is_carrier then $carrier_right / coalesce(carriers.share, 0.01) else 1 - $carrier_right end
            * case
                when typed.code is null then 1
                when is_code then $code_right * waybills
                when least(damerau_levenshtein(typed.code, fulfilment_code), damerau_levenshtein(typed.code, order_id)) <= 1
                    then (1 - $code_right) / 100 * waybills
                else (1 - $code_right) / 2
            end
            * case
                when typed.at is null then 1
                when typed.at < coalesce(handed_over_at, placed_at) - to_hours($handed_over_slack_hours::integer) then $before_handed_over
                else greatest($overdue_least, exp(-greatest(0, coalesce(minutes_between(promised_at, typed.at), 0) / 1440) / $overdue_days))
            end as weight
        from kinds
        inner join typed using (row)
        cross join sizes
        left join cities on cities.city = kinds.city
        left join carriers on carriers.carrier = kinds.carrier
        where distance <= 2 or is_code
    ),
    likely as (
        select *, weight / (sum(weight) over (partition by row) + $unlisted) as likelihood,
            row_number() over (partition by row order by weight desc, waybill) as rank
        from weighed
    )
select typed.row, rank, likely.carrier, waybill, fulfilment_code, order_id, likely.city, timezone(run.timezone, promised_at) as promised_at,
    timezone(run.timezone, handed_over_at) as handed_over_at, stage_now, kind, likelihood, is_code, is_city, is_carrier,
    case
        when rank is null or max(likelihood) over (partition by typed.row) < $ask_from then 'rejected'
        when max(likelihood) filter (rank = 1 and kind not in ('closed', 'code')) over (partition by typed.row) >= $take_from then 'taken'
        else 'queued'
    end as outcome
from typed
cross join run
left join likely on likely.row = typed.row and rank <= $most_candidates and (rank = 1 or likelihood >= $ask_from)
order by typed.row, rank
