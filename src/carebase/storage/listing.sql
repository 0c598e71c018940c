-- name: folder
-- What lies in a folder: objects and folders that begin with a word, in whatever letters.
with inside as (
    select o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata, substr(o.name, length(%(folder)s) + 1) as rest
      from storage.objects o
     where o.bucket_id = %(bucket)s and o.name collate "C" >= %(folder)s
       and (%(beyond)s::text is null or o.name collate "C" < %(beyond)s)
), entries as (
    select split_part(rest, '/', 1) as name, null::uuid as id, null::timestamptz as updated_at, null::timestamptz as created_at,
           null::timestamptz as last_accessed_at, null::jsonb as metadata
      from inside where position('/' in rest) > 0
     group by 1
    union all
    select rest, id, updated_at, created_at, last_accessed_at, metadata from inside where position('/' in rest) = 0
)
select name, id, updated_at, created_at, last_accessed_at, metadata
  from entries
 where lower(left(name, length(%(search)s))) = lower(%(search)s)
 -- By name they stand among each other; by time folders come first, which have none.
 order by case when %(column)s <> 'name' then id is not null end,
          case when %(is_ascending)s then case %(column)s when 'created_at' then created_at when 'updated_at' then updated_at
                                                          when 'last_accessed_at' then last_accessed_at end end,
          case when not %(is_ascending)s then case %(column)s when 'created_at' then created_at when 'updated_at' then updated_at
                                                              when 'last_accessed_at' then last_accessed_at end end desc,
          case when %(is_ascending)s then lower(name) collate "C" end,
          case when not %(is_ascending)s then lower(name) collate "C" end desc,
          name collate "C"
 limit %(limit)s offset %(offset)s;

-- name: page
-- The next objects, and folders where names are cut at the next slash, behind the last one of the page before.
with inside as (
    select o.id, o.name, o.updated_at, o.created_at, o.last_accessed_at, o.metadata, substr(o.name, length(%(prefix)s) + 1) as rest
      from storage.objects o
     where o.bucket_id = %(bucket)s and o.name collate "C" >= %(prefix)s
       and (%(beyond)s::text is null or o.name collate "C" < %(beyond)s)
), entries as (
    select %(prefix)s || split_part(rest, '/', 1) || '/' as name, null::uuid as id, max(updated_at) as updated_at,
           min(created_at) as created_at, max(last_accessed_at) as last_accessed_at, null::jsonb as metadata
      from inside where %(is_cut)s and position('/' in rest) > 0
     group by 1
    union all
    select name, id, updated_at, created_at, last_accessed_at, metadata
      from inside where not (%(is_cut)s and position('/' in rest) > 0)
), placed as (
    select *, case %(column)s when 'created_at' then created_at when 'updated_at' then updated_at else '-infinity' end as at
      from entries
)
select name, id, updated_at, created_at, last_accessed_at, metadata
  from placed
 where %(after_name)s::text is null
    or case when %(is_ascending)s then (at, name collate "C") > (%(after_at)s::timestamptz, %(after_name)s collate "C")
            else (at, name collate "C") < (%(after_at)s::timestamptz, %(after_name)s collate "C") end
 order by case when %(is_ascending)s then at end, case when not %(is_ascending)s then at end desc,
          case when %(is_ascending)s then name collate "C" end, case when not %(is_ascending)s then name collate "C" end desc
 limit %(limit)s;
