-- What the assistant's tables need.
set local role care_owner;

-- As document 004 has it.
create or replace function public.is_me(profile_id uuid) returns boolean
language sql stable set search_path = ''
as $$ select auth.uid() = profile_id $$;
grant execute on function public.is_me(uuid) to authenticated, service_role;

-- A conversation may be the first thing a person does here.
create or replace function private.begin_conversation() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.user_id = auth.uid() then
        insert into public.users (id) values (new.user_id) on conflict do nothing;
    end if;
    return new;
end $$;
create or replace trigger conversations_begin before insert on public.conversations for each row execute function private.begin_conversation();
