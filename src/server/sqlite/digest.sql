select ifnull(sum(count), 0), ifnull(sum(rev_sum), 0)
from tally
where (private = 0 and (:district or area = '' or area in (select value from json_each(:areas))))
    or owner = :user
    or audience = :user
