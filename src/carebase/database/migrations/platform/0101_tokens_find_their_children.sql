set local role platform_owner;

-- Signing out deletes tokens, and each looks for those that came from it.
create index refresh_tokens_parent on auth.refresh_tokens (parent_id);
