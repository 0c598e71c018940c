-- Only the accounts service reads and writes accounts.
create policy users_service_keeps on auth.users for all to auth_service using (true) with check (true);
create policy identities_service_keeps on auth.identities for all to auth_service using (true) with check (true);
create policy sessions_service_keeps on auth.sessions for all to auth_service using (true) with check (true);
create policy refresh_tokens_service_keeps on auth.refresh_tokens for all to auth_service using (true) with check (true);
create policy attempts_service_keeps on auth.attempts for all to auth_service using (true) with check (true);
