-- Changes of the record of a mutation (?1) that were made after it and wait, in their order; and whether one came out of
-- another phone's file, and the mutation did not.
select later.seq, later.fields, later.sealed = 2 and first.sealed < 2
from outbox first
join outbox later on later.record = first.record and later.seq > first.seq and later.state = 'waiting'
where first.mutation = ?1
order by later.seq
