-- What a place or a carrier is called.
select coalesce(if($lang = 'zh', name_zh, name_en), place) as name from holders where place = $code limit 1
