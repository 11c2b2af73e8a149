-- Photos that the server has not, of records on this device of the kinds ?1, see `kinds::names_of`.
select name
from attachment
where state <> 'sent'
    and bytes is not null
    and exists (select 1 from record where instr(?1, ' ' || kind || ' ') > 0 and instr(fields, attachment.name) > 0)
order by made, name
