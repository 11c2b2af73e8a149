-- Whole attachments that no visit names: since when this database has seen that, when it last counted a day, and how many.
create table attachment_unwanted (
    name text primary key,
    since integer not null,
    counted integer not null,
    days integer not null
) strict, without rowid;

-- What a change that was not applied is about. Written when it comes, so that a list of them reads no JSON that a phone made.
alter table mutation add column visit text;
alter table mutation add column cooperative text;
-- It is no submission: until there is one, only its officer may read it.
alter table mutation add column draft integer;
-- Of a refusal whose fields are not kept whole: how many bytes they have, their SHA-256, and how they begin.
alter table mutation add column bytes integer;
alter table mutation add column hash text;
alter table mutation add column head text;

update mutation set
    visit = case kind
        when 'visit' then record
        when 'review' then case when json_valid(fields) then
            case when json_type(fields, '$.visit') = 'text' and length(json_extract(fields, '$.visit')) = 36
                then json_extract(fields, '$.visit') end
        end
    end,
    cooperative = case when json_valid(fields) then
        case when json_type(fields, '$.cooperative') = 'text' and length(json_extract(fields, '$.cooperative')) = 36
            then json_extract(fields, '$.cooperative') end
    end,
    draft = kind = 'visit' and instr(fields, '"submission/') = 0
where outcome <> 'applied';

create index mutation_set_aside on mutation (user, received_at) where outcome <> 'applied';

-- How much of what a user sent was refused in an hour, counted from 1970: how many changes, and how many bytes were kept.
create table refusal (
    user text not null,
    hour integer not null,
    count integer not null,
    bytes integer not null,
    primary key (user, hour)
) strict, without rowid;
