-- What the device sent later counts as well: then this is an old request that was long on its way, and something else was
-- sent in its stead.
select rev from mutation
where record = :record and rev > :after and (user is not :user or device is not :device or sent > :sent)
