-- Whether another batch should follow at once. A server that answered to nothing of what was sent (?1 is false) is not
-- asked again at once: what is frozen goes with the next round.
select exists (select 1 from outbox where state = 'waiting' or (state = 'sending' and ?1))
    and (?1 or not exists (select 1 from outbox where state = 'sending'))
