-- The unsent changes of a record (?1), and whether each is known on this device alone: never sent, and in no backup file.
select seq, fields,
    state = 'waiting' and sealed = 0 and not exists (select 1 from sent where sent.mutation = outbox.mutation)
from outbox
where record = ?1
order by seq
