-- A person reads what is about it and changes little; its team is the other side. What belongs to a record follows the record:
-- a proxy whose access has ended sees nothing more of it.
create policy patient_accounts_holder_person_team_or_admin_reads on public.patient_accounts for select to authenticated
    using (account_id = (select auth.uid())
           or patient_id = any (array(select private.my_records()))
           or patient_id = any (array(select private.my_patients()))
           or patient_id between (select private.admin_from()) and (select private.admin_to()));
create policy invitations_team_or_admin_reads on public.invitations for select to authenticated
    using (patient_id = any (array(select private.my_teams()))
           or patient_id between (select private.admin_from()) and (select private.admin_to()));
create policy invitations_team_or_admin_revokes on public.invitations for update to authenticated
    using (patient_id = any (array(select private.my_teams()))
           or patient_id between (select private.admin_from()) and (select private.admin_to()));

create policy patient_profiles_person_team_or_admin_reads on public.patient_profiles for select to authenticated
    using (id = (select auth.uid())
           or record_id = any (array(select private.my_records()))
           or record_id = any (array(select private.my_patients()))
           or record_id between (select private.admin_from()) and (select private.admin_to()));
create policy patient_profiles_person_changes on public.patient_profiles for update to authenticated
    using (id = (select auth.uid())) with check (id = (select auth.uid()));

create policy providers_account_reads on public.providers for select to authenticated using ((select auth.uid()) is not null);
create policy providers_admin_lists on public.providers for insert to authenticated with check ((select private.is_admin()));
create policy providers_admin_changes on public.providers for update to authenticated
    using ((select private.is_admin())) with check ((select private.is_admin()));
create policy slots_account_reads on public.slots for select to authenticated using ((select auth.uid()) is not null);
create policy slots_provider_or_admin_opens on public.slots for insert to authenticated
    with check ((select private.is_admin()) or private.is_staff_side(null, provider_no));
create policy slots_provider_or_admin_closes on public.slots for delete to authenticated
    using ((select private.is_admin()) or private.is_staff_side(null, provider_no));

create policy appointments_person_team_or_provider_reads on public.appointments for select to authenticated
    using ((patient_id = (select auth.uid()) and record_id is null)
           or record_id = any (array(select private.my_records()))
           or record_id = any (array(select private.my_patients()))
           or provider_no = any (array(select private.my_provider_numbers())));
create policy appointments_person_or_team_requests on public.appointments for insert to authenticated
    with check ((patient_id = (select auth.uid()) and record_id is null)
                or record_id = any (array(select private.my_records()))
                or record_id = any (array(select private.my_patients())));
create policy appointments_person_team_or_provider_moves on public.appointments for update to authenticated
    using ((patient_id = (select auth.uid()) and record_id is null)
           or record_id = any (array(select private.my_records()))
           or record_id = any (array(select private.my_patients()))
           or provider_no = any (array(select private.my_provider_numbers())));

create policy secure_messages_person_or_team_reads on public.secure_messages for select to authenticated
    using ((patient_id = (select auth.uid()) and record_id is null)
           or record_id = any (array(select private.my_records()))
           or record_id = any (array(select private.my_patients())));
create policy secure_messages_person_or_team_sends on public.secure_messages for insert to authenticated
    with check (sender_id = (select auth.uid())
                and ((patient_id = (select auth.uid()) and record_id is null)
                     or record_id = any (array(select private.my_records()))
                     or record_id = any (array(select private.my_patients()))));
-- Only the side that received it marks it as read.
create policy secure_messages_recipient_marks on public.secure_messages for update to authenticated
    using (sender_id <> (select auth.uid())
           and case when is_from_staff
                    then record_id = any (array(select private.my_records()))
                    else record_id = any (array(select private.my_patients())) end);

create policy consents_person_or_team_reads on public.consents for select to authenticated
    using (account_id = (select auth.uid()) or patient_id = any (array(select private.my_patients())));
create policy consents_person_gives on public.consents for insert to authenticated
    with check (account_id = (select auth.uid())
                and (patient_id is null or patient_id = any (array(select private.my_records()))));
create policy consents_person_withdraws on public.consents for update to authenticated
    using (account_id = (select auth.uid())) with check (account_id = (select auth.uid()));
