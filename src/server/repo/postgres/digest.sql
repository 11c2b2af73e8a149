select coalesce(sum(count), 0)::bigint, coalesce(sum(rev_sum), 0)::bigint
from tally
where {visible}
