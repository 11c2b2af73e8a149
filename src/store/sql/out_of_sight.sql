-- Records outside the areas ?1 (a JSON list) that are neither ?2's own nor reviews of ?2's visits.
select id, kind
from record
where area <> ''
    and instr(?1, '"' || area || '"') = 0
    and (owner is null or owner <> ?2)
    and id not in (select r.id from review r join visit v on v.id = r.visit where v.officer = ?2)
