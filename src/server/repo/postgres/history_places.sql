-- Where in the log the changes to a visit and to what belongs to it are, after a place, in the order they came.
select place
from mutation
where record in (select $1 union all select id from record where parent = $1)
    and outcome in ('applied', 'conflict')
    and place > $2
order by place
limit $3
