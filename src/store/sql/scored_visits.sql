-- The last submitted visits to a cooperative (?1), newest first; only those before another one (?2, on ?3), if given.
select r.id, r.kind, r.area, r.owner, r.rev, r.fields, v.state = 'approved'
from visit v join record r on r.id = v.id
where v.cooperative = ?1 and v.state in ('submitted', 'returned', 'approved')
    and (?2 is null or (v.id <> ?2 and v.date <= ?3))
order by v.date desc, v.id desc
limit 20
