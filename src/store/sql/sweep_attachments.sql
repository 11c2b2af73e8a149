-- Bytes that nobody can want any more. What the server says of a visit counts too: an unsent change over it may come to
-- nothing, and then its photos are wanted again. So does what is unsent: to give a visit up may be refused. What the server
-- may have heard of stays until the server has said what it made of it. ?1 names the kinds of records that name attachments,
-- see `kinds::names_of`.
delete from attachment
where loose = 1 and state = 'here' and sent = 0
  and (
    not exists (select 1 from told where told.name = attachment.name)
    or exists (select 1 from record where instr(?1, ' ' || record.kind || ' ') > 0 and instr(record.base, attachment.name) > 0))
  and not exists (
    select 1 from record left join visit on visit.id = record.id
    where instr(?1, ' ' || record.kind || ' ') > 0 and (
        visit.state is not 'void' and instr(record.fields, attachment.name) > 0
        or instr(record.base, attachment.name) > 0 and instr(record.base, '"void":') = 0))
  and not exists (select 1 from outbox where instr(outbox.fields, attachment.name) > 0)
