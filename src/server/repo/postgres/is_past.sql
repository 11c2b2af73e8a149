-- Whether a later change of the same device to the same record was applied. A device sends nothing about a record while it
-- waits for an answer about it, so it has had that answer.
select exists (
    select 1
    from mutation this
    join mutation later on later.record = this.record
        and later.account is not distinct from this.account and later.device is not distinct from this.device
    where this.id = $1 and later.outcome = 'applied' and later.place > this.place
)
