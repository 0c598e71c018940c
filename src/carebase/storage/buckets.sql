-- name: create_bucket
-- A new bucket; policies decide who may make one.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, owner, owner_id)
values (%(id)s, %(name)s, %(public)s, %(file_size_limit)s, %(allowed_mime_types)s::text[], auth.uid(), auth.uid()::text);

-- name: bucket_by_id
-- One bucket, as the caller may see it.
select id, name, owner, public, file_size_limit, allowed_mime_types, created_at, updated_at
  from storage.buckets where id = %(id)s;

-- name: buckets
-- The buckets that the caller may see.
select id, name, owner, public, file_size_limit, allowed_mime_types, created_at, updated_at
  from storage.buckets
 where position(lower(%(search)s) in lower(name)) > 0
 order by case when %(is_ascending)s then case %(column)s when 'id' then id when 'name' then name end end,
          case when not %(is_ascending)s then case %(column)s when 'id' then id when 'name' then name end end desc,
          case when %(is_ascending)s then case %(column)s when 'created_at' then created_at when 'updated_at' then updated_at end end,
          case when not %(is_ascending)s then case %(column)s when 'created_at' then created_at when 'updated_at' then updated_at end end desc,
          id
 limit %(limit)s offset %(offset)s;

-- name: change_bucket
-- What was named of the bucket; the rest stays.
update storage.buckets
   set public = coalesce(%(public)s, public),
       file_size_limit = case when %(has_limit)s then %(file_size_limit)s else file_size_limit end,
       allowed_mime_types = case when %(has_types)s then %(allowed_mime_types)s::text[] else allowed_mime_types end
 where id = %(id)s;

-- name: delete_bucket
-- The bucket, once nothing lies in it.
delete from storage.buckets where id = %(id)s;
