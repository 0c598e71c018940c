-- Drafts are kept for a week. Whoever keeps one clears away what is older, of everybody.
set local role care_owner;

create or replace function private.forget_old_drafts() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    delete from public.drafts where kept_at <= now() - interval '7 days';
    return null;
end $$;
drop trigger if exists drafts_forget_old on public.drafts;
create trigger drafts_forget_old before insert on public.drafts for each statement execute function private.forget_old_drafts();
