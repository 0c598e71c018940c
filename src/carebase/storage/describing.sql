-- name: described
-- One object with all that is known of it, as the caller may see it.
select found.id, found.bucket_id as bucket, found.name, found.version::uuid as key, found.metadata, found.user_metadata,
       found.created_at, found.updated_at
  from (select o.* from storage.objects o where o.bucket_id = %(bucket)s and o.name = %(name)s
        union all
        select p.* from private.public_object(%(bucket)s, %(name)s) p) found
 limit 1;
