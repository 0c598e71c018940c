-- Who is asking, as Supabase's documents write it. After a transaction the setting is '' and not null.
set local role platform_owner;

create or replace function auth.jwt() returns jsonb
language sql stable parallel safe
as $$ select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;

create or replace function auth.uid() returns uuid
language sql stable parallel safe
as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;

create or replace function auth.role() returns text
language sql stable parallel safe
as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;

create or replace function auth.email() returns text
language sql stable parallel safe
as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email' $$;

grant execute on function auth.jwt(), auth.uid(), auth.role(), auth.email() to public;

-- Runs in the round trip that sets the role, so that signing out, disabling an account, changing its role, lowering
-- its session or withdrawing a key holds everywhere from the next request on. CA401 becomes 401 at the edge.
create or replace function private.begin_request(claims jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    if claims ? 'key_sha256' then
        perform from auth.api_keys k
          where k.key_sha256 = decode(claims ->> 'key_sha256', 'hex')
            and k.role = claims ->> 'role'
            and k.kind <> 'legacy'
            and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now());
        if not found then
            raise exception 'key withdrawn' using errcode = 'CA401';
        end if;
        return;
    end if;
    if claims ->> 'role' is distinct from 'authenticated' then
        -- Nobody's claims are a role alone; more of them is a signed key, and such a key is withdrawn with its role.
        if claims - 'role' <> '{}' then
            perform from auth.api_keys k
              where k.kind = 'legacy' and k.role = claims ->> 'role' and k.revoked_at is not null;
            if found then
                raise exception 'key withdrawn' using errcode = 'CA401';
            end if;
        end if;
        return;
    end if;
    perform from auth.users u
      where u.id = (claims ->> 'sub')::uuid
        and u.deleted_at is null
        and (u.banned_until is null or u.banned_until <= now())
        and u.raw_app_meta_data ->> 'role' is not distinct from claims #>> '{app_metadata,role}'
        -- A signed link outlives the session that it was made in; a token of a person always names its session.
        and (claims ? 'link' and not claims ? 'session_id'
             or exists (select from auth.sessions s
                         where s.id = (claims ->> 'session_id')::uuid
                           and s.user_id = u.id
                           and s.not_after > now()
                           and s.idle_after > now()
                           and coalesce(claims ->> 'aal', 'aal1') <= s.aal));
    if not found then
        raise exception 'session ended' using errcode = 'CA401';
    end if;
end $$;
grant execute on function private.begin_request(jsonb) to authenticator, service_gateway, anon, authenticated, service_role;
