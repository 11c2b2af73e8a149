-- Where a user worked until now, when they get another scope. '*' is the whole district.
insert into former_area (account, area, until)
select account.id, area, $3::bigint
from account, json_array_elements_text(
    case when json_typeof(account.scope::json) = 'object' then coalesce(account.scope::json -> 'areas', '[]') else '[]' end
) area
where account.id = $1 and account.scope <> $2
union all
select account.id, '*', $3::bigint from account where account.id = $1 and account.scope <> $2 and account.scope = '"district"'
on conflict (account, area) do update set until = excluded.until
