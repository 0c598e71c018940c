set local role audit_owner;

-- The data API asks at its start which tables' reads it has to record.
grant select (relation, key_columns, patient_path) on audit.tracked to audit_sealer;
