-- The visits that name an attachment: whether the user sees them, whether their question restricts it, and whether their
-- officer is one who sent the bytes.
select ({visible}), attachment_use.restricted,
    exists (
        select 1 from attachment_sender where attachment_sender.name = $4 and attachment_sender.account = record.owner
    )
from attachment_use join record on record.id = attachment_use.visit
where attachment_use.name = $4 and not record.deleted
