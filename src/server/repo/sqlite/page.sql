select seen as rev, id, kind, area, owner, deleted, fields
-- Who sees it stands in the index: the record of another is passed over without being read.
from (
    select rev as seen
    from record indexed by record_by_rev
    where rev > :cursor
        and rev not in (select value from json_each(:known))
        and ({visible})
)
cross join record on rev = seen
union all
-- What left an area that the user sees for one that they do not.
select departure.rev, record.id, record.kind, departure.area, null, 1, '{}'
from departure
join record on record.id = departure.record
where departure.rev > :cursor
    and not :district
    and departure.area in (select value from json_each(:areas))
    and not (private = 0 and record.area in (select value from json_each(:areas)))
    and owner is not :user
    and audience is not :user
order by rev
