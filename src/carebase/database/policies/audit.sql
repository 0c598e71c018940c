-- Rows come in and are read by nobody but the owner's functions.
create policy inbox_sealer_adds on audit.inbox for insert to audit_sealer with check (true);

create policy head_sealer_reads on audit.head for select to audit_sealer using (true);
create policy checkpoints_sealer_reads on audit.checkpoints for select to audit_sealer using (true);
create policy checkpoints_sealer_adds on audit.checkpoints for insert to audit_sealer with check (true);
