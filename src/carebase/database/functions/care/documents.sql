-- What the documents' own SQL makes and ours has in another form.
set local role care_owner;

-- Document 001 has a trigger of this name write its log. Here audit.note_write() notes every write, whatever its key, so
-- a trigger that calls this one adds nothing; theirs would fail wherever a function that searches no schema changes a row.
create or replace function public.log_phi_access() returns trigger
language plpgsql set search_path = ''
as $$ begin return null; end $$;
