delete from attachment
where loose = 1 and state = 'here' and sent = 0
  and not exists (
    select 1 from record left join visit on visit.id = record.id
    where record.kind = 'visit' and visit.state is not 'void' and instr(record.fields, attachment.name) > 0)
