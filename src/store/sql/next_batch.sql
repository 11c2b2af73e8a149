-- The next mutations to send: the first of each record, and none of a record whose merged state has not come yet.
-- What is frozen ('sending') goes again as it is. What the server answered in a way that this app does not understand is asked
-- again after ten minutes; whatever the clock says by then, it is not put off for longer.
select o.mutation, o.kind, o.record, o.base_rev, o.area, o.at, o.fields
from outbox o
join record r on r.id = o.record
where o.state in ('waiting', 'sending')
    and r.stale = 0
    and not exists (select 1 from postponed p where p.mutation = o.mutation and ?2 >= p.at and ?2 < p.at + 600000)
    and o.seq = (select min(seq) from outbox first where first.record = o.record and first.state in ('waiting', 'sending'))
order by o.seq
limit ?1
