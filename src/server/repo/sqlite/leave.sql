-- Where a user worked until now, when they get another scope. '*' is the whole district.
insert into former_area (user, area, until)
select user.id, area.value, :now
from user join json_each(user.scope, '$.areas') area
where user.id = :user and user.scope <> :scope and user.scope <> '"district"'
union all
select user.id, '*', :now from user where user.id = :user and user.scope <> :scope and user.scope = '"district"'
on conflict (user, area) do update set until = excluded.until
