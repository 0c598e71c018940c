-- Rows come in and are read by nobody but the owner's functions.
create policy inbox_sealer_adds on audit.inbox for insert to audit_sealer with check (true);

create policy head_sealer_reads on audit.head for select to audit_sealer using (true);
create policy tracked_sealer_reads on audit.tracked for select to audit_sealer using (true);
create policy tracked_views_sealer_reads on audit.tracked_views for select to audit_sealer using (true);
create policy tracked_functions_sealer_reads on audit.tracked_functions for select to audit_sealer using (true);
create policy checkpoints_sealer_reads on audit.checkpoints for select to audit_sealer using (true);
create policy checkpoints_sealer_adds on audit.checkpoints for insert to audit_sealer with check (true);

-- One policy for whoever may read. Neither could use an index by itself; the views bring the conditions that do. The body of
-- an entry is granted to nobody.
create policy log_reader_reads on audit.log for select to authenticated
    using ((select private.is_admin()) or exists (select from audit.about a where a.at = log.at and a.seq = log.seq));
create policy about_reader_reads on audit.about for select to authenticated
    using ((select private.is_admin()) or patient_id = any (array(select private.my_records())));
