-- Records outside the areas ?1 (a JSON list) that are not ?2's own and have nothing unsent.
select id, kind
from record
where area <> ''
    and instr(?1, '"' || area || '"') = 0
    and (owner is null or owner <> ?2)
    and not exists (select 1 from outbox where outbox.record = record.id)
