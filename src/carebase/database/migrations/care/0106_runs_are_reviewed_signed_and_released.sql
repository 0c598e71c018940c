set local role care_owner;

create table public.statement_reviews (
    id uuid primary key default gen_random_uuid(),
    run_id uuid not null references public.insight_runs (run_id),
    statement_id text not null,
    lang text check (lang in ('fr', 'en')),
    decision text not null check (decision in ('accept', 'edit', 'reject')),
    text text check (length(text) between 1 and 10000),
    reviewed_by uuid not null default auth.uid() references auth.users (id),
    review_no bigint generated always as identity unique,
    created_at timestamptz not null default now(),
    check (decision <> 'edit' or (text is not null and lang is not null))
);
create index statement_reviews_run on public.statement_reviews (run_id, statement_id, review_no);
create index statement_reviews_reviewer on public.statement_reviews (reviewed_by);
comment on table public.statement_reviews is 'What a clinician said of a statement of a run; the latest counts, none is changed.';
comment on column public.statement_reviews.id is 'Of the review.';
comment on column public.statement_reviews.run_id is 'Of which run.';
comment on column public.statement_reviews.statement_id is 'Of which statement.';
comment on column public.statement_reviews.lang is 'In which language it was edited; the other is stale from then on.';
comment on column public.statement_reviews.decision is 'accept, edit or reject.';
comment on column public.statement_reviews.text is 'The new wording, or why it was rejected.';
comment on column public.statement_reviews.reviewed_by is 'Who: always the caller.';
comment on column public.statement_reviews.review_no is 'Which came later: of two reviews of one statement the higher number counts.';
comment on column public.statement_reviews.created_at is 'When, by the server''s clock.';

create table public.insight_signatures (
    run_id uuid not null references public.insight_runs (run_id),
    signed_by uuid not null default auth.uid() references auth.users (id),
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    signed_at timestamptz not null default now(),
    primary key (run_id, signed_by)
);
create index insight_signatures_signer on public.insight_signatures (signed_by);
comment on table public.insight_signatures is 'A clinician takes responsibility for a run as reviewed; until then it is a draft.';
comment on column public.insight_signatures.run_id is 'Which run.';
comment on column public.insight_signatures.signed_by is 'Who: always the caller.';
comment on column public.insight_signatures.content_sha256 is 'Of the results and the reviews at that moment, made by the server.';
comment on column public.insight_signatures.signed_at is 'When, by the server''s clock.';

create table public.result_releases (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    run_id uuid references public.insight_runs (run_id),
    observation_id uuid references public.observations (id),
    release_at timestamptz not null default now(),
    reason text check (length(reason) between 3 and 1000),
    released_by uuid not null default auth.uid() references auth.users (id),
    withdrawn_at timestamptz,
    created_at timestamptz not null default now(),
    check (num_nonnulls(run_id, observation_id) = 1),
    constraint result_releases_delay_has_a_reason check (release_at <= created_at + interval '1 minute' or reason is not null)
);
create index result_releases_patient on public.result_releases (patient_id, release_at desc);
create unique index result_releases_run_once on public.result_releases (run_id) where withdrawn_at is null;
create unique index result_releases_observation_once on public.result_releases (observation_id) where withdrawn_at is null;
create index result_releases_released_by on public.result_releases (released_by);
comment on table public.result_releases is 'From when a patient reads a signed run or a value in the portal.';
comment on column public.result_releases.id is 'Of the release.';
comment on column public.result_releases.patient_id is 'To whom; that of the run''s case or of the value.';
comment on column public.result_releases.run_id is 'The signed run.';
comment on column public.result_releases.observation_id is 'The value.';
comment on column public.result_releases.release_at is 'From when; later than now needs a reason.';
comment on column public.result_releases.reason is 'Why it is delayed; the patient reads it.';
comment on column public.result_releases.released_by is 'Who: always the caller.';
comment on column public.result_releases.withdrawn_at is 'When it was taken back, by the server''s clock.';
comment on column public.result_releases.created_at is 'When it was decided, by the server''s clock.';

alter table public.statement_reviews enable row level security;
alter table public.insight_signatures enable row level security;
alter table public.result_releases enable row level security;
grant select on public.statement_reviews, public.insight_signatures, public.result_releases to authenticated, service_role;
grant insert (run_id, statement_id, lang, decision, text, reviewed_by) on public.statement_reviews to authenticated;
grant insert (run_id, signed_by) on public.insight_signatures to authenticated;
grant insert (run_id, observation_id, release_at, reason, released_by), update (withdrawn_at) on public.result_releases to authenticated;
