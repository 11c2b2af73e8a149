-- The visits that name an attachment: who sees them, and whether their question restricts it.
select record.area, record.owner, record.private, attachment_use.restricted
from attachment_use join record on record.id = attachment_use.visit
where attachment_use.name = ?1 and record.deleted = 0
