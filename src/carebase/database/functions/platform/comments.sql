-- What each column holds, where the migrations that made it did not say; the data dictionary is written from this.
set local role platform_owner;

comment on column auth.users.id is 'The account; tokens carry it as sub.';
comment on column auth.users.aud is 'For whom its tokens are meant.';
comment on column auth.users.role is 'The database role of its requests, not the clinical role.';
comment on column auth.users.email is 'The address it signs in with; one account for each, whatever the case of its letters.';
comment on column auth.users.encrypted_password is 'A slow hash of the password; null where it has none.';
comment on column auth.users.email_confirmed_at is 'When the address was confirmed.';
comment on column auth.users.phone is 'Telephone number.';
comment on column auth.users.phone_confirmed_at is 'When the number was confirmed.';
comment on column auth.users.confirmed_at is 'The earlier of the two confirmations.';
comment on column auth.users.last_sign_in_at is 'When it signed in last.';
comment on column auth.users.is_anonymous is 'Made without address or number.';
comment on column auth.users.banned_until is 'Until when the account is disabled; null or past: it is not.';
comment on column auth.users.created_at is 'When it was made.';
comment on column auth.users.updated_at is 'When it changed last.';
comment on column auth.users.deleted_at is 'When it was deleted; from then on nobody signs in with it.';

comment on column auth.identities.id is 'Of the row.';
comment on column auth.identities.user_id is 'The account.';
comment on column auth.identities.provider is 'Who vouches: email, or the name of an outside provider.';
comment on column auth.identities.provider_id is 'The person''s id at that provider.';
comment on column auth.identities.identity_data is 'What the provider says of the person.';
comment on column auth.identities.email is 'The address in identity_data, in lower case.';
comment on column auth.identities.last_sign_in_at is 'When it was used last.';
comment on column auth.identities.created_at is 'When it was linked.';
comment on column auth.identities.updated_at is 'When it changed last.';

comment on column auth.sessions.id is 'Of the session; tokens carry it as session_id.';
comment on column auth.sessions.user_id is 'The account that signed in.';
comment on column auth.sessions.aal is 'How strongly: aal1 by one factor, aal2 by two.';
comment on column auth.sessions.amr is 'By what means and when; tokens carry it as amr.';
comment on column auth.sessions.not_after is 'When it ends, whatever is done with it.';
comment on column auth.sessions.last_active_at is 'When it was opened or refreshed last.';
comment on column auth.sessions.user_agent is 'As the browser named itself at sign-in.';
comment on column auth.sessions.ip is 'The client''s address at sign-in, as far as it is known.';
comment on column auth.sessions.created_at is 'When it began.';
comment on column auth.sessions.updated_at is 'When it changed last.';

comment on column auth.refresh_tokens.id is 'Of the row.';
comment on column auth.refresh_tokens.token_sha256 is 'Of the token, which itself is kept nowhere.';
comment on column auth.refresh_tokens.session_id is 'The session it goes on with.';
comment on column auth.refresh_tokens.parent_id is 'The token it was given for; null for the first of a session.';
comment on column auth.refresh_tokens.revoked_at is 'When it was used or withdrawn; null while it is good.';
comment on column auth.refresh_tokens.created_at is 'When it was given.';

comment on column auth.attempts.address is 'The client''s address, as far as it is known; or the browser''s mark, or which of an account''s shared counts it is.';
comment on column auth.attempts.tries is 'Wrong passwords since the last right one.';
comment on column auth.attempts.last_at is 'When the latest was tried.';

comment on column auth.known_devices.device_sha256 is 'Of the cookie that the browser keeps, of what a client without cookies calls itself, or of an address that was signed in from.';

comment on column storage.buckets.id is 'The name by which it is called.';
comment on column storage.buckets.name is 'The same for people.';
comment on column storage.buckets.owner is 'The account that made it; null for those of the product.';
comment on column storage.buckets.owner_id is 'The same as text.';
comment on column storage.buckets.public is 'Whether everybody may read its files; ours are private.';
comment on column storage.buckets.file_size_limit is 'Bytes a file may have; null: the server''s limit alone.';
comment on column storage.buckets.allowed_mime_types is 'Media types that are taken; null: all.';
comment on column storage.buckets.avif_autodetection is 'For clients that know of it; nothing here depends on it.';
comment on column storage.buckets.type is 'Of which kind it is; there is one.';
comment on column storage.buckets.created_at is 'When it was made.';
comment on column storage.buckets.updated_at is 'When it changed last.';

comment on column storage.objects.id is 'Of the object.';
comment on column storage.objects.bucket_id is 'The bucket it lies in.';
comment on column storage.objects.name is 'Its path in the bucket, made by the server; policies read its first folder.';
comment on column storage.objects.owner is 'The account that stored it.';
comment on column storage.objects.owner_id is 'The same as text.';
comment on column storage.objects.user_metadata is 'What its owner noted beside it.';
comment on column storage.objects.version is 'The key of its bytes, another one for every new content.';
comment on column storage.objects.path_tokens is 'The parts of its name.';
comment on column storage.objects.created_at is 'When it was stored.';
comment on column storage.objects.updated_at is 'When it was replaced last.';
comment on column storage.objects.last_accessed_at is 'When it was stored; kept for clients, not followed.';

comment on column storage.uploads.key is 'The key its bytes will have.';
comment on column storage.uploads.owner is 'The account that began it.';
comment on column storage.uploads.created_at is 'When it began.';
comment on column storage.uploads.expires_at is 'When the sweeper may remove what was never finished.';

comment on column storage.trash.key is 'The key of the bytes.';
comment on column storage.trash.after is 'The time after which they are removed.';
