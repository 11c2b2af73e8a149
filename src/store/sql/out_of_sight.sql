-- Records outside the areas ?1 (a JSON list) that are not ?2's own, are not visited by ?2, and have nothing unsent.
select id, kind
from record
where area <> ''
    and instr(?1, '"' || area || '"') = 0
    and (owner is null or owner <> ?2)
    and not exists (select 1 from outbox where outbox.record = record.id)
    and not exists (select 1 from visit where visit.cooperative = record.id and visit.officer = ?2)
    and id not in (select r.id from review r join visit v on v.id = r.visit where v.officer = ?2)
