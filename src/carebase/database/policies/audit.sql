-- Rows come in and are read by nobody but the owner's functions.
create policy inbox_sealer_adds on audit.inbox for insert to audit_sealer with check (true);
