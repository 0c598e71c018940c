-- What somebody was writing when a session ended for lack of use, until it is sent or a week has passed.
set local role care_owner;

create table public.drafts (
    owner uuid not null default auth.uid(),
    form text not null check (form ~ '^[a-z_]{1,40}$'),
    fields jsonb not null check (jsonb_typeof(fields) = 'object' and octet_length(fields::text) <= 200000),
    kept_at timestamptz not null default now(),
    primary key (owner, form)
);
create index drafts_kept on public.drafts (kept_at);
comment on table public.drafts is 'Forms in work, kept for whoever wrote them until they are sent, at most a week.';
comment on column public.drafts.owner is 'The account that writes: always the caller.';
comment on column public.drafts.form is 'Which form it is.';
comment on column public.drafts.fields is 'What was typed, by the name of the field; files are not among it.';
comment on column public.drafts.kept_at is 'When it was kept last; a week later it is gone.';

alter table public.drafts enable row level security;
grant select, insert (owner, form, fields), update (fields, kept_at), delete on public.drafts to authenticated;
