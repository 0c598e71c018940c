set local role care_owner;

create table public.users (
    id uuid primary key references auth.users (id) on delete cascade,
    email text unique check (length(email) between 3 and 320),
    preferred_language text default 'fr' check (preferred_language ~ '^[a-z]{2,3}$'),
    display_name text check (length(display_name) between 1 and 200),
    created_at timestamptz not null default now()
);
comment on table public.users is 'A person''s settings beside the account.';
comment on column public.users.id is 'The account.';
comment on column public.users.email is 'The account''s own address; no other is taken.';
comment on column public.users.preferred_language is 'ISO 639 code; French where nothing was chosen.';
comment on column public.users.display_name is 'How the person wants to be called.';
comment on column public.users.created_at is 'When it was made.';

create table public.conversations (
    id bigint generated always as identity primary key,
    user_id uuid default auth.uid() references public.users (id) on delete set null,
    started_at timestamptz not null default now(),
    context text default '' check (length(context) <= 100000)
);
create index conversations_user_latest on public.conversations (user_id, started_at desc);
comment on table public.conversations is 'What a person asked the assistant, one row for each thread; nobody else reads it.';
comment on column public.conversations.id is 'Of the conversation.';
comment on column public.conversations.user_id is 'Whose.';
comment on column public.conversations.started_at is 'When it began.';
comment on column public.conversations.context is 'What the person gave as background.';

create table public.messages (
    id bigint generated always as identity primary key,
    conversation_id bigint references public.conversations (id) on delete cascade,
    message_type text default 'text' check (length(message_type) between 1 and 40),
    content text not null check (length(content) <= 100000),
    role text default 'user' check (role in ('user', 'assistant', 'system')),
    timestamp timestamptz not null default now()
);
create index idx_messages_conversation_id on public.messages (conversation_id, timestamp desc, id desc);
comment on table public.messages is 'What was said in a conversation with the assistant.';
comment on column public.messages.id is 'Of the message.';
comment on column public.messages.conversation_id is 'In which conversation.';
comment on column public.messages.message_type is 'text, audio, image.';
comment on column public.messages.content is 'The words.';
comment on column public.messages.role is 'Who spoke: user, assistant or system.';
comment on column public.messages.timestamp is 'When.';

alter table public.users enable row level security;
alter table public.conversations enable row level security;
alter table public.messages enable row level security;
grant select, insert (id, email, preferred_language, display_name), update (email, preferred_language, display_name)
    on public.users to authenticated;
grant select, insert (user_id, context), update (context), delete on public.conversations to authenticated;
grant select, insert (conversation_id, message_type, content, role, timestamp), update (message_type, content, role), delete
    on public.messages to authenticated;
grant select, insert, update, delete on public.users, public.conversations, public.messages to service_role;
