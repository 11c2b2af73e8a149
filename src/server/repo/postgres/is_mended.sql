-- Whether the author of a change came through with its record later.
select exists (
    select 1
    from mutation this
    join mutation later on later.record = this.record and later.account is not distinct from this.account
    where this.id = $1 and later.outcome = 'applied' and later.received_at >= this.received_at and later.id <> this.id
)
