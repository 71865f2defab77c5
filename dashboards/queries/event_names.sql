-- What each type of event is called.
select event_type, if($lang = 'zh', name_zh, name_en) as name from published.marts.dim_event_types
