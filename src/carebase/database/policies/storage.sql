-- Buckets are made, shown and removed with the service key; whoever has an object's name needs none of that.
create policy buckets_service_keeps on storage.buckets for all to service_role using (true) with check (true);

-- The first folder of a clinical file is its clinician (ruling 1); the second its case.
create policy objects_clinician_or_team_reads on storage.objects for select to authenticated
    using (bucket_id = 'labdocs' and (select private.is_staff())
           and ((storage.foldername(name))[1] = (select auth.uid())::text or private.sees_file(name)));
create policy objects_clinician_adds on storage.objects for insert to authenticated
    with check (bucket_id = 'labdocs' and (storage.foldername(name))[1] = (select auth.uid())::text
                and owner = (select auth.uid()) and (select private.is_staff()));

-- The first folder of a medical file is its patient. Emergency access reads and adds; what is there it leaves as it is.
create policy objects_team_reads on storage.objects for select to authenticated
    using (bucket_id = 'medical-files' and (storage.foldername(name))[1] = any (array(select private.my_patient_folders())));
create policy objects_team_adds on storage.objects for insert to authenticated
    with check (bucket_id = 'medical-files' and owner = (select auth.uid())
                and (storage.foldername(name))[1] = any (array(select private.my_patient_folders())));
create policy objects_team_changes on storage.objects for update to authenticated
    using (bucket_id = 'medical-files' and (storage.foldername(name))[1] = any (array(select private.my_team_folders())))
    with check (bucket_id = 'medical-files' and owner = (select auth.uid())
                and (storage.foldername(name))[1] = any (array(select private.my_team_folders())));
create policy objects_team_removes on storage.objects for delete to authenticated
    using (bucket_id = 'medical-files' and (storage.foldername(name))[1] = any (array(select private.my_team_folders())));

-- The first folder of a document is the account that sent it; whoever treats that person, or acts for it, reads it.
create policy objects_person_or_team_reads on storage.objects for select to authenticated
    using (bucket_id = 'patient-documents'
           and ((storage.foldername(name))[1] = (select auth.uid())::text
                or (storage.foldername(name))[1] = any (array(select private.my_document_folders()))));
create policy objects_person_adds on storage.objects for insert to authenticated
    with check (bucket_id = 'patient-documents' and owner = (select auth.uid())
                and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy objects_person_changes on storage.objects for update to authenticated
    using (bucket_id = 'patient-documents' and (storage.foldername(name))[1] = (select auth.uid())::text)
    with check (bucket_id = 'patient-documents' and owner = (select auth.uid())
                and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy objects_person_removes on storage.objects for delete to authenticated
    using (bucket_id = 'patient-documents' and (storage.foldername(name))[1] = (select auth.uid())::text);

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
