-- The first folder of a clinical file is its clinician (ruling 1); the second its case.
create policy buckets_everyone_reads on storage.buckets for select to authenticated, service_role, care_worker using (true);

create policy objects_clinician_or_team_reads on storage.objects for select to authenticated
    using (bucket_id = 'labdocs' and (select private.is_staff())
           and ((storage.foldername(name))[1] = (select auth.uid())::text or private.sees_file(name)));
create policy objects_clinician_adds on storage.objects for insert to authenticated
    with check (bucket_id = 'labdocs' and (storage.foldername(name))[1] = (select auth.uid())::text
                and owner = (select auth.uid()) and (select private.is_staff()));
create policy objects_service_keeps on storage.objects for all to service_role using (true) with check (true);
create policy objects_worker_reads on storage.objects for select to care_worker
    using (bucket_id = 'labdocs' and name = any (array(select private.leased_objects())));

-- Only who may keep a file begins one; whoever began one may end it.
create policy uploads_own on storage.uploads for all to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()) and (select private.is_staff()));
-- `for update skip locked` asks for reading, updating and deleting. The comparison with the bytes reads every key.
create policy uploads_sweeper_reads on storage.uploads for select to care_queue using (true);
create policy uploads_sweeper_locks on storage.uploads for update to care_queue using (expires_at < now());
create policy uploads_sweeper_clears on storage.uploads for delete to care_queue using (expires_at < now());
create policy trash_sweeper_reads on storage.trash for select to care_queue using (true);
create policy trash_sweeper_adds on storage.trash for insert to care_queue with check (after < now());
create policy trash_sweeper_clears on storage.trash for delete to care_queue using (after < now());
create policy objects_sweeper_compares on storage.objects for select to care_queue using (true);
