coalesce(
    (not private and ($1 or area = '' or area = any($2))) or owner = $3 or audience = $3,
    false
)
