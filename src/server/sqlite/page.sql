select rev, id, kind, area, owner, deleted, fields
from record
where rev > :cursor
    and (
        (private = 0 and (:district or area = '' or area in (select value from json_each(:areas))))
        or owner = :user
        or audience = :user
    )
order by rev
