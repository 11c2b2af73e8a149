-- Photos that the server has not, of visits on this device.
select name
from attachment
where state <> 'sent'
    and bytes is not null
    and exists (select 1 from record where kind = 'visit' and instr(fields, attachment.name) > 0)
order by made, name
