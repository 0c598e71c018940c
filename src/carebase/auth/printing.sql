-- name: paper_factor
-- A factor of the account that is a sheet of paper.
select f.id from auth.mfa_factors f
 where f.id = %(factor_id)s::uuid and f.user_id = %(user_id)s::uuid and f.factor_type = 'codes';

-- name: has_factor
-- Whether the account has a verified second factor.
select exists (select from auth.mfa_factors f where f.user_id = %(user_id)s::uuid and f.status = 'verified');

-- name: may_come_by_paper
-- Patients and people without a clinical role may.
select u.id from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null and coalesce(u.raw_app_meta_data ->> 'role', 'patient') = 'patient';

-- name: account_to_print_for
-- Asked as the caller: null unless it leads the patient's team.
select private.account_to_print_for(%(patient_id)s::uuid);
