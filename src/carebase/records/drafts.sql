-- name: keep
-- What was typed, in place of what was kept before.
insert into public.drafts (form, fields) values (%(form)s, %(fields)s::jsonb)
on conflict (owner, form) do update set fields = excluded.fields, kept_at = now();

-- name: of_form
-- What the caller was writing.
select owner, fields, kept_at from public.drafts where owner = (select auth.uid()) and form = %(form)s;

-- name: drop
-- It was sent, or is not wanted any more.
delete from public.drafts where owner = (select auth.uid()) and form = %(form)s;
