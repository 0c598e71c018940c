-- Buckets are made, shown and removed with the service key; whoever has an object's name needs none of that.
create policy buckets_service_keeps on storage.buckets for all to service_role using (true) with check (true);

-- What the first folder of a file says, bucket by bucket; other buckets are a site's own, with policies of its own.
-- labdocs: its clinician (ruling 1), the second its case. It stays as it was stored.
-- medical-files: its patient. Emergency access reads and adds, and leaves what is there as it is.
-- patient-documents: the account that sent it. Whoever treats that person, or acts for it, reads it.
create policy objects_clinician_team_or_person_reads on storage.objects for select to authenticated
    using (case bucket_id
           when 'labdocs' then
               (select private.is_staff())
               and ((storage.foldername(name))[1] = (select auth.uid())::text or private.sees_file(name))
           when 'medical-files' then
               (storage.foldername(name))[1] = any (array(select private.my_patient_folders()))
           when 'patient-documents' then
               (storage.foldername(name))[1] = (select auth.uid())::text
               or (storage.foldername(name))[1] = any (array(select private.my_document_folders()))
           else false end);
create policy objects_clinician_team_or_person_adds on storage.objects for insert to authenticated
    with check (owner = (select auth.uid())
                and case bucket_id
                    when 'labdocs' then (storage.foldername(name))[1] = (select auth.uid())::text and (select private.is_staff())
                    when 'medical-files' then (storage.foldername(name))[1] = any (array(select private.my_patient_folders()))
                    when 'patient-documents' then (storage.foldername(name))[1] = (select auth.uid())::text
                    else false end);
create policy objects_team_or_person_changes on storage.objects for update to authenticated
    using (case bucket_id
           when 'medical-files' then (storage.foldername(name))[1] = any (array(select private.my_team_folders()))
           when 'patient-documents' then (storage.foldername(name))[1] = (select auth.uid())::text
           else false end)
    with check (owner = (select auth.uid())
                and case bucket_id
                    when 'medical-files' then (storage.foldername(name))[1] = any (array(select private.my_team_folders()))
                    when 'patient-documents' then (storage.foldername(name))[1] = (select auth.uid())::text
                    else false end);
create policy objects_team_or_person_removes on storage.objects for delete to authenticated
    using (case bucket_id
           when 'medical-files' then (storage.foldername(name))[1] = any (array(select private.my_team_folders()))
           when 'patient-documents' then (storage.foldername(name))[1] = (select auth.uid())::text
           else false end);

create policy objects_service_keeps on storage.objects for all to service_role using (true) with check (true);
create policy objects_worker_reads on storage.objects for select to care_worker
    using (bucket_id = 'labdocs' and name = any (array(select private.leased_objects())));

-- Whether somebody may keep an object is tried before its upload begins; whoever began one may end it.
create policy uploads_own on storage.uploads for all to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
create policy uploads_nobodys on storage.uploads for all to anon, service_role using (owner is null) with check (owner is null);
-- `for update skip locked` asks for reading, updating and deleting. The comparison with the bytes reads every key.
create policy uploads_sweeper_reads on storage.uploads for select to care_queue using (true);
create policy uploads_sweeper_locks on storage.uploads for update to care_queue using (expires_at < now());
create policy uploads_sweeper_clears on storage.uploads for delete to care_queue using (expires_at < now());
create policy trash_sweeper_reads on storage.trash for select to care_queue using (true);
create policy trash_sweeper_adds on storage.trash for insert to care_queue with check (true);
create policy trash_sweeper_clears on storage.trash for delete to care_queue using (after < now());
create policy objects_sweeper_compares on storage.objects for select to care_queue using (true);
