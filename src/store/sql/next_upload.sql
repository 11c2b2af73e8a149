-- The next photo to send: the oldest visit's first, and none of a visit whose text still waits. Of one that was given up only
-- what the server names, when that was refused.
select a.name, a.size, a.sent
from attachment a
join attachment_use u on u.name = a.name
join visit v on v.id = u.visit
where a.state = 'here' and a.bytes is not null
    and (v.state <> 'void' or exists (
        select 1 from record r where r.id = v.id and instr(r.base, a.name) > 0 and instr(r.base, '"void":') = 0))
    and not exists (select 1 from outbox o where o.visit = u.visit and o.state in ('waiting', 'sending'))
order by u.visit, a.made, a.name
limit 1
