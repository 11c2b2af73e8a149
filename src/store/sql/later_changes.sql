-- Changes of the record of a mutation (?1) that were made after it and wait, in their order.
select later.seq, later.fields
from outbox first
join outbox later on later.record = first.record and later.seq > first.seq and later.state = 'waiting'
where first.mutation = ?1
order by later.seq
