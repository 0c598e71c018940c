-- name: put
-- A mail that was decided on.
insert into auth.outbox (id, kind, message_sealed)
values (%(mail_id)s::uuid, %(kind)s::text, %(sealed)s::bytea);
