-- Count and sum of revisions of what the server has and this user (?2) sees: the areas ?1 (a JSON list, null for all).
select count(*), coalesce(sum(rev), 0)
from record
where rev > 0
    and (?1 is null or area = '' or owner = ?2 or instr(?1, '"' || area || '"') > 0)
