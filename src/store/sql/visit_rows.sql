-- Visits with what their rows show, and the worst state of their unsent changes.
select v.id, v.cooperative, coalesce(c.name, ''), coalesce(c.desa, ''), v.area, v.officer, coalesce(p.name, ''),
    v.date, v.state, v.notes, v.submitted_at, v.submissions,
    v.sent_at, o.state, o.code, o.reason,
    (select count(*) from attachment_use u join attachment a on a.name = u.name where u.visit = v.id and a.state <> 'sent'),
    v.state in ('draft', 'returned') and exists (select 1 from reopened r where r.visit = v.id)
from visit v
left join cooperative c on c.id = v.cooperative
left join person p on p.user = v.officer
left join outbox o on o.seq = (
    select seq from outbox w where w.visit = v.id
    order by case w.state when 'conflict' then 0 when 'aside' then 1 when 'sending' then 2 else 3 end, w.seq limit 1
)
where
