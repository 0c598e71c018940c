-- Whoever began an upload goes on with it and ends it; to all others it is not there.
create policy resumable_own_reads on storage.resumable for select to anon, authenticated, service_role
    using (owner is not distinct from (select auth.uid()) and role = (select auth.role()));
create policy resumable_own_adds on storage.resumable for insert to anon, authenticated, service_role
    with check (owner is not distinct from (select auth.uid()) and role = (select auth.role()));
create policy resumable_own_removes on storage.resumable for delete to anon, authenticated, service_role
    using (owner is not distinct from (select auth.uid()) and role = (select auth.role()));
create policy resumable_parts_own_reads on storage.resumable_parts for select to anon, authenticated, service_role
    using (upload_id in (select id from storage.resumable));

-- `for update skip locked` asks for reading, updating and deleting.
create policy resumable_sweeper_reads on storage.resumable for select to care_queue using (expires_at < now());
create policy resumable_sweeper_locks on storage.resumable for update to care_queue using (expires_at < now());
create policy resumable_sweeper_clears on storage.resumable for delete to care_queue using (expires_at < now());
create policy resumable_parts_sweeper_compares on storage.resumable_parts for select to care_queue using (true);
