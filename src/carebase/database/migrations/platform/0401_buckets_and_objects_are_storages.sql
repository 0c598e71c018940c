set local role platform_owner;

alter table storage.buckets
    add column avif_autodetection boolean not null default false,
    add column type text not null default 'STANDARD' check (type = 'STANDARD'),
    add constraint buckets_limit_is_positive check (file_size_limit > 0);
-- An index entry has room for so much.
alter table storage.objects add constraint objects_name_is_short check (octet_length(name) <= 1024);
-- Lists go by the name's bytes, from where a prefix begins.
create index objects_bucket_name on storage.objects (bucket_id, name collate "C");

-- Row policies decide which rows; a role that none of them names reaches nothing.
grant select, insert, update, delete on storage.buckets to anon, authenticated, service_role;
grant select, insert, update, delete on storage.objects to anon;
revoke select on storage.buckets from care_worker;
-- Nobody names the key or the time: a chosen key could have another object's bytes swept.
grant insert (owner), select, delete on storage.uploads to anon, service_role;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values
    ('medical-files', 'medical-files', false, 52428800, null),
    ('patient-documents', 'patient-documents', false, 10485760, '{application/pdf,image/jpeg,image/png}')
on conflict (id) do nothing;
