-- A patient's team sees the record; an administrator sees who is cared for by whom, and nothing clinical.
create policy patients_team_author_person_or_admin_reads on public.patients for select to authenticated
    using (id = any (array(select private.my_patients()))
           or id = any (array(select private.my_records()))
           or (created_by = (select auth.uid()) and (select private.is_staff()) and not private.has_team(id))
           or id between (select private.admin_from()) and (select private.admin_to()));
create policy patients_staff_opens on public.patients for insert to authenticated
    with check (created_by = (select auth.uid()) and (select private.is_staff()));
create policy patients_team_author_or_admin_changes on public.patients for update to authenticated
    using (id = any (array(select private.my_teams()))
           or (created_by = (select auth.uid()) and (select private.is_staff()) and not private.has_team(id))
           or id between (select private.admin_from()) and (select private.admin_to()));

create policy care_team_member_person_or_admin_reads on public.care_team for select to authenticated
    using (patient_id = any (array(select private.my_patients()))
           or patient_id = any (array(select private.my_records()))
           or (provider_id = (select auth.uid()) and (select private.is_staff()))
           or patient_id between (select private.admin_from()) and (select private.admin_to()));
-- Whoever opened the record begins its team with itself; nobody adds itself to a team that exists.
create policy care_team_author_lead_or_admin_adds on public.care_team for insert to authenticated
    with check (case when provider_id = (select auth.uid())
                     then role = 'attending' and (select private.is_clinician()) and private.may_begin_team(patient_id)
                     else private.leads_team(patient_id) or (select private.is_admin()) end);
create policy care_team_lead_or_admin_changes on public.care_team for update to authenticated
    using (provider_id <> (select auth.uid()) and (private.leads_team(patient_id) or (select private.is_admin())))
    with check (provider_id <> (select auth.uid()));
create policy care_team_lead_admin_or_self_removes on public.care_team for delete to authenticated
    using ((provider_id = (select auth.uid()) and (select private.is_staff()))
           or private.leads_team(patient_id) or (select private.is_admin()));

create policy care_messages_team_reads on public.care_messages for select to authenticated
    using (patient_id = any (array(select private.my_patients())));
create policy care_messages_team_sends on public.care_messages for insert to authenticated
    with check (sender_id = (select auth.uid()) and patient_id = any (array(select private.my_patients())));
create policy care_message_reads_team_reads on public.care_message_reads for select to authenticated
    using (private.sees_message(message_id));
create policy care_message_reads_team_notes on public.care_message_reads for insert to authenticated
    with check (reader_id = (select auth.uid()) and private.sees_message(message_id));

create policy tasks_team_reads on public.tasks for select to authenticated
    using (patient_id = any (array(select private.my_patients())));
create policy tasks_team_asks on public.tasks for insert to authenticated
    with check (requester_id = (select auth.uid()) and patient_id = any (array(select private.my_patients())));
create policy tasks_team_changes on public.tasks for update to authenticated
    using (patient_id = any (array(select private.my_patients())))
    with check (patient_id = any (array(select private.my_patients())));

create policy break_glass_grants_holder_team_person_or_admin_reads on public.break_glass_grants for select to authenticated
    using (granted_to = (select auth.uid())
           or patient_id = any (array(select private.my_patients()))
           or patient_id = any (array(select private.my_records()))
           or patient_id between (select private.admin_from()) and (select private.admin_to()));
create policy break_glass_grants_staff_opens on public.break_glass_grants for insert to authenticated
    with check (granted_to = (select auth.uid()) and (select private.is_staff()) and ended_at is null);
create policy break_glass_grants_holder_or_admin_ends on public.break_glass_grants for update to authenticated
    using (granted_to = (select auth.uid())
           or patient_id between (select private.admin_from()) and (select private.admin_to()));

create policy observations_team_or_patient_reads on public.observations for select to authenticated
    using (patient_id = any (array(select private.my_patients()))
           or id = any (array(select private.my_released_observations())));
create policy observations_team_enters on public.observations for insert to authenticated
    with check (entered_by = (select auth.uid()) and patient_id = any (array(select private.my_patients())));
create policy observations_author_or_lead_corrects on public.observations for update to authenticated
    using (patient_id = any (array(select private.my_patients()))
           and (entered_by = (select auth.uid()) or private.leads_team(patient_id)))
    with check (patient_id = any (array(select private.my_patients())));

create policy allergies_team_or_person_reads on public.allergies for select to authenticated
    using (patient_id = any (array(select private.my_patients())) or patient_id = any (array(select private.my_records())));
create policy allergies_team_records on public.allergies for insert to authenticated
    with check (recorded_by = (select auth.uid()) and patient_id = any (array(select private.my_patients())));
create policy allergies_team_changes on public.allergies for update to authenticated
    using (patient_id = any (array(select private.my_patients())))
    with check (patient_id = any (array(select private.my_patients())));
create policy medicines_team_or_person_reads on public.medicines for select to authenticated
    using (patient_id = any (array(select private.my_patients())) or patient_id = any (array(select private.my_records())));
create policy medicines_team_records on public.medicines for insert to authenticated
    with check (recorded_by = (select auth.uid()) and patient_id = any (array(select private.my_patients())));
create policy medicines_team_changes on public.medicines for update to authenticated
    using (patient_id = any (array(select private.my_patients())))
    with check (patient_id = any (array(select private.my_patients())));

-- The person reads that a result is coming and why it is delayed; the result itself from its time on.
create policy result_releases_team_author_or_person_reads on public.result_releases for select to authenticated
    using (patient_id = any (array(select private.my_patients()))
           or patient_id = any (array(select private.my_records()))
           or private.sees_run(run_id));
create policy result_releases_signer_or_team_releases on public.result_releases for insert to authenticated
    with check (released_by = (select auth.uid()) and (select private.is_clinician())
                and (private.may_sign(run_id)
                     or (observation_id is not null and patient_id = any (array(select private.my_teams())))));
create policy result_releases_signer_or_team_withdraws on public.result_releases for update to authenticated
    using ((select private.is_clinician())
           and (private.may_sign(run_id)
                or (observation_id is not null and patient_id = any (array(select private.my_teams())))));
