-- Enable UUID extension if not enabled
create extension if not exists "uuid-ossp";
-- Profiles table linked to Supabase Auth users
create table if not exists public.users (
id uuid primary key references auth.users(id) on delete cascade,
email text unique,
preferred_language text default 'fr',
created_at timestamptz default now()
);
-- Conversations table
create table if not exists public.conversations (
id bigint generated always as identity primary key,
user_id uuid references public.users(id) on delete set null,
started_at timestamptz default now(),
context text default ''
);
-- Messages table
create table if not exists public.messages (
id bigint generated always as identity primary key,
conversation_id bigint references public.conversations(id) on delete cascade,
message_type text default 'text',
content text not null,
role text default 'user',
timestamp timestamptz default now()
);
create index if not exists idx_messages_conversation_id on public.messages(conversation_id);
-- Row Level Security
alter table public.users enable row level security;
alter table public.conversations enable row level security;
alter table public.messages enable row level security;
-- Helper function to check if the auth user matches profile id
create or replace function public.is_me(profile_id uuid)
returns boolean language sql stable as $$
select auth.uid() = profile_id
$$;
-- Users policies: each user can see and update own profile
create policy "users_select_own" on public.users for select
using (is_me(id));
create policy "users_insert_self" on public.users for insert
with check (is_me(id));
create policy "users_update_own" on public.users for update
using (is_me(id)) with check (is_me(id));
-- Conversations policies: owner-only access
create policy "conversations_owner_select" on public.conversations for select
using (is_me(user_id));
create policy "conversations_owner_insert" on public.conversations for insert
with check (is_me(user_id));
create policy "conversations_owner_update" on public.conversations for update
using (is_me(user_id)) with check (is_me(user_id));
create policy "conversations_owner_delete" on public.conversations for delete
using (is_me(user_id));
-- Messages policies: access restricted by parent conversation ownership
create policy "messages_owner_select" on public.messages for select
using (exists (select 1 from public.conversations c where c.id = messages.conversation_id and is_me(c.user_id)));
create policy "messages_owner_insert" on public.messages for insert
with check (exists (select 1 from public.conversations c where c.id = conversation_id and is_me(c.user_id)));
create policy "messages_owner_update" on public.messages for update
using (exists (select 1 from public.conversations c where c.id = messages.conversation_id and is_me(c.user_id)))
with check (exists (select 1 from public.conversations c where c.id = conversation_id and is_me(c.user_id)));
create policy "messages_owner_delete" on public.messages for delete
using (exists (select 1 from public.conversations c where c.id = messages.conversation_id and is_me(c.user_id)));
-- Optional: service role bypass via RPC or using the service key (server-side)
-- Keep service key server-side only.
-- WARNING: Example only. Adjust for your auth model.
alter table public.users enable row level security;
alter table public.conversations enable row level security;
alter table public.messages enable row level security;
-- If you use Supabase Auth, link auth.uid() to users.id via a mapping table or store auth.uid in users table.
-- For now, allow all for development:
create policy "allow all users read" on public.users for select using (true);
create policy "allow all users read" on public.conversations for select using (true);
create policy "allow all users read" on public.messages for select using (true);
create policy "allow all users insert" on public.users for insert with check (true);
create policy "allow all users insert" on public.conversations for insert with check (true);
create policy "allow all users insert" on public.messages for insert with check (true);
