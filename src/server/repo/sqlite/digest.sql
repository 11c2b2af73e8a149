select ifnull(sum(count), 0), ifnull(sum(rev_sum), 0)
from tally
where {visible}
