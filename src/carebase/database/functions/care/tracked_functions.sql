-- What functions of views and of others may ask without showing anything of a tracked row: whether the caller may see it.
set local role audit_owner;

insert into audit.tracked_functions (signature, recording) values
    ('private.is_member(uuid)', 'nothing'),
    ('private.owns_case(text)', 'nothing'),
    ('private.sees_case(text)', 'nothing'),
    ('private.sees_file(text)', 'nothing'),
    ('private.sees_message(uuid)', 'nothing'),
    ('private.sees_run(uuid)', 'nothing'),
    ('audit.record(text,text,jsonb,jsonb,text,jsonb)', 'nothing')
on conflict (signature) do update set recording = excluded.recording;
