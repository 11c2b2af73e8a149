select rev, id, kind, area, owner, deleted, fields
from record
where rev > $4 and rev <> all($5) and ({visible})
union all
-- What left an area that the user sees for one that they do not.
select departure.rev, record.id, record.kind, departure.area, null, true, '{}'
from departure
join record on record.id = departure.record
where departure.rev > $4
    and not $1
    and departure.area = any($2)
    and not (not private and record.area = any($2))
    and owner is distinct from $3
    and audience is distinct from $3
order by rev
limit $6
