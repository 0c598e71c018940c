-- Which rows of tracked tables views and functions show, as data: the data API records them by it and hides the rest.
set local role audit_owner;

create table audit.tracked_views (
    relation text not null,
    records text not null,
    key_columns text[] not null check (cardinality(key_columns) > 0),
    patient_path text,
    patient_column text,
    primary key (relation, records),
    check (patient_column is null or patient_path is not null)
);
comment on table audit.tracked_views is 'Views over tracked tables whose reading is recorded, one row for each table whose rows they show; the data API hides all others.';
comment on column audit.tracked_views.relation is 'The view with its schema.';
comment on column audit.tracked_views.records is 'What the entries name: the tracked table whose rows these are, or the view itself where its rows are none of a table.';
comment on column audit.tracked_views.key_columns is 'Columns of the view that name a row, in the order of the table''s key.';
comment on column audit.tracked_views.patient_path is 'What leads to the record, as in audit.tracked; null where no record is concerned.';
comment on column audit.tracked_views.patient_column is 'The column of the view that holds it; null where it is called like patient_path.';

create table audit.tracked_functions (
    signature text primary key,
    recording text not null check (recording in ('rows', 'question', 'itself', 'nothing')),
    records text,
    key_columns text[] check (cardinality(key_columns) > 0),
    patient_path text,
    patient_column text,
    check (key_columns is null or recording = 'rows' and records is not null),
    check (patient_path is null or key_columns is not null),
    check (patient_column is null or patient_path is not null),
    check (records is not null or recording <> 'question')
);
comment on table audit.tracked_functions is 'Functions that read tracked tables and may be called through the data API, or that views may use; it hides all others.';
comment on column audit.tracked_functions.signature is 'The function with its schema and the types of its arguments.';
comment on column audit.tracked_functions.recording is 'rows: each row returned is recorded; question: that it was asked; itself: it calls audit.record; nothing: it tells nothing of a tracked row.';
comment on column audit.tracked_functions.records is 'The relation that entries name; null where rows are recorded as what the function is declared to return.';
comment on column audit.tracked_functions.key_columns is 'Returned columns that name a row, in the order of the table''s key.';
comment on column audit.tracked_functions.patient_path is 'What leads to the record, as in audit.tracked.';
comment on column audit.tracked_functions.patient_column is 'The returned column that holds it; null where it is called like patient_path.';

alter table audit.tracked_views enable row level security;
alter table audit.tracked_functions enable row level security;
grant select on audit.tracked_views, audit.tracked_functions to audit_sealer;
