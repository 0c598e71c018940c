-- What lies in a public bucket, for everybody, as long as the bucket is public.
set local role platform_owner;

create or replace function private.public_object(bucket text, object_name text) returns setof storage.objects
language sql stable security definer set search_path = '' rows 1
as $$
    select o.* from storage.objects o join storage.buckets b on b.id = o.bucket_id
     where o.bucket_id = bucket and o.name = object_name and b.public
$$;
grant execute on function private.public_object(text, text) to anon, authenticated, service_role;

create or replace function private.is_public(bucket text) returns boolean
language sql stable security definer set search_path = ''
as $$ select coalesce((select b.public from storage.buckets b where b.id = bucket), false) $$;
grant execute on function private.is_public(text) to anon, authenticated, service_role;
