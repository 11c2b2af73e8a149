-- One row a record with unsent changes, oldest first: its oldest mutation, with the worst state.
select o.mutation, o.kind, o.visit, (select min(since) from outbox w where w.record = o.record),
    null, o.state, o.code, o.reason, o.server, o.fields, o.changed
from outbox o
where o.seq = (
    select seq from outbox w where w.record = o.record
    order by case w.state when 'conflict' then 0 when 'aside' then 1 when 'sending' then 2 else 3 end, w.seq limit 1
)
order by 4, o.seq
