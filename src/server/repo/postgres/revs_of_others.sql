-- What the device sent later counts as well: then this is an old request that was long on its way, and something else was
-- sent in its stead.
select rev from mutation
where record = $1 and rev > $2
    and (account is distinct from $3 or device is distinct from $4 or sent > $5)
