-- Whether another batch should follow at once. A server that answered to nothing of what was sent (?1 is false) is not
-- asked again at once: what is frozen goes with the next round. A change of a record whose merged state has not come yet is
-- not sent (see next_batch.sql), so it is no reason for another batch: the record may be one that comes in pieces.
select exists (
        select 1 from outbox o join record r on r.id = o.record
        where r.stale = 0
            and not exists (select 1 from postponed p where p.mutation = o.mutation and ?2 >= p.at and ?2 < p.at + 600000)
            and (o.state = 'waiting' or (o.state = 'sending' and ?1))
    )
    and (?1 or not exists (select 1 from outbox where state = 'sending'))
