-- The next photo to send: the oldest visit's first, and none of a visit whose text still waits.
select a.name, a.size, a.sent
from attachment a
join attachment_use u on u.name = a.name
join visit v on v.id = u.visit
where a.state = 'here' and a.bytes is not null and v.state <> 'void'
    and not exists (select 1 from outbox o where o.visit = u.visit and o.state in ('waiting', 'sending'))
order by u.visit, a.made, a.name
limit 1
