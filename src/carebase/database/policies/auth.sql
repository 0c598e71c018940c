-- Only the accounts service reads and writes accounts.
create policy users_service_keeps on auth.users for all to auth_service using (true) with check (true);
create policy identities_service_keeps on auth.identities for all to auth_service using (true) with check (true);
create policy sessions_service_keeps on auth.sessions for all to auth_service using (true) with check (true);
create policy refresh_tokens_service_keeps on auth.refresh_tokens for all to auth_service using (true) with check (true);
create policy attempts_service_keeps on auth.attempts for all to auth_service using (true) with check (true);
create policy flow_state_service_keeps on auth.flow_state for all to auth_service using (true) with check (true);
create policy one_time_tokens_service_keeps on auth.one_time_tokens for all to auth_service using (true) with check (true);
create policy mfa_factors_service_keeps on auth.mfa_factors for all to auth_service using (true) with check (true);
create policy mfa_challenges_service_keeps on auth.mfa_challenges for all to auth_service using (true) with check (true);
create policy paper_codes_service_keeps on auth.paper_codes for all to auth_service using (true) with check (true);
create policy known_devices_service_keeps on auth.known_devices for all to auth_service using (true) with check (true);
create policy api_keys_service_keeps on auth.api_keys for all to auth_service using (true) with check (true);
create policy allowances_service_keeps on auth.allowances for all to auth_service using (true) with check (true);
create policy outbox_service_keeps on auth.outbox for all to auth_service using (true) with check (true);
create policy oauth_clients_service_keeps on auth.oauth_clients for all to auth_service using (true) with check (true);
