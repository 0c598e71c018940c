-- Values are corrected, runs are signed and released; what was said stays.
set local role care_owner;

create or replace function private.correct_observation() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.case_id is not null and not exists (select from public.cases c where c.case_id = new.case_id and c.patient_id = new.patient_id) then
        raise exception 'the case is not of this patient' using errcode = '42501';
    end if;
    if new.replaces is null then
        new.status := 'final';
        return new;
    end if;
    new.status := 'corrected';
    update public.observations o set superseded_at = now()
     where o.id = new.replaces and o.patient_id = new.patient_id and o.superseded_at is null and o.status <> 'entered-in-error';
    if not found then
        raise exception 'this value cannot be corrected' using errcode = 'CA409';
    end if;
    return new;
end $$;
create or replace trigger observations_correct before insert on public.observations for each row execute function private.correct_observation();

-- The only change a person makes to a value: that it was an error.
create or replace function private.keep_observation() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if new.status <> old.status and new.status <> 'entered-in-error' then
        raise exception 'a value is corrected by a new one' using errcode = 'CA409';
    end if;
    return new;
end $$;
create or replace trigger observations_keep before update of status on public.observations for each row execute function private.keep_observation();

-- What a signature stands for: the results of the run and the reviews up to now, in their order.
create or replace function private.content_sha256(run uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select encode(sha256(convert_to(r.results::text || coalesce(
               (select string_agg(jsonb_build_array(v.id, v.statement_id, v.lang, v.decision, v.text)::text, '' order by v.review_no)
                  from public.statement_reviews v where v.run_id = r.run_id), ''), 'UTF8')), 'hex')
      from public.insight_runs r where r.run_id = run
$$;

create or replace function private.sign_run() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform from public.insight_runs r join public.cases c using (case_id)
      where r.run_id = new.run_id and r.published_at is not null and r.analysis_no = c.analysis_no
        and c.status = 'completed' and c.deleted_at is null
        for no key update of r;  -- no review comes in between
    if not found then
        raise exception 'only the latest published run is signed' using errcode = 'CA409';
    end if;
    new.content_sha256 := private.content_sha256(new.run_id);
    return new;
end $$;
create or replace trigger insight_signatures_sign before insert on public.insight_signatures for each row execute function private.sign_run();

-- What was signed is not reviewed further; a new run is.
create or replace function private.keep_reviews() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform from public.insight_runs r where r.run_id = new.run_id for no key update;
    perform from public.insight_statements s where s.run_id = new.run_id and s.statement_id = new.statement_id;
    if not found then
        raise exception 'the run has no such statement' using errcode = 'CA409';
    end if;
    if exists (select from public.insight_signatures s where s.run_id = new.run_id) then
        raise exception 'the run is signed' using errcode = 'CA409';
    end if;
    return new;
end $$;
create or replace trigger statement_reviews_keep before insert on public.statement_reviews for each row execute function private.keep_reviews();

-- To whom a result goes follows from the result, never from the caller.
create or replace function private.release_result() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.run_id is not null then
        select c.patient_id into new.patient_id from public.insight_runs r join public.cases c using (case_id)
         where r.run_id = new.run_id and exists (select from public.insight_signatures s where s.run_id = r.run_id);
    else
        select o.patient_id into new.patient_id from public.observations o
         where o.id = new.observation_id and o.status <> 'entered-in-error';
    end if;
    if new.patient_id is null then
        raise exception 'only a signed run of a patient, or a value, is released' using errcode = 'CA409';
    end if;
    return new;
end $$;
create or replace trigger result_releases_release before insert on public.result_releases for each row execute function private.release_result();
create or replace trigger result_releases_withdraw before update on public.result_releases for each row execute function private.withdraw();

grant execute on function private.content_sha256(uuid) to authenticated;
