-- Where in the log the changes to a visit and to what belongs to it are, after a place, in the order they came.
select m.rowid
from mutation m
where m.record in (
        select :visit
        union all
        select id from record where parent = :visit
    )
    and m.outcome in ('applied', 'conflict')
    and m.rowid > :after
order by m.rowid
limit :most
