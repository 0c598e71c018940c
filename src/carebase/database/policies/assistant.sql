-- What a person asked the assistant is its own.
create policy users_own_reads on public.users for select to authenticated using (id = (select auth.uid()));
create policy users_own_adds on public.users for insert to authenticated
    with check (id = (select auth.uid()) and (email is null or email = (select auth.email())));
create policy users_own_changes on public.users for update to authenticated
    using (id = (select auth.uid())) with check (id = (select auth.uid()) and (email is null or email = (select auth.email())));

create policy conversations_own_reads on public.conversations for select to authenticated using (user_id = (select auth.uid()));
create policy conversations_own_begins on public.conversations for insert to authenticated with check (user_id = (select auth.uid()));
create policy conversations_own_changes on public.conversations for update to authenticated
    using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy conversations_own_removes on public.conversations for delete to authenticated using (user_id = (select auth.uid()));

create policy messages_own_reads on public.messages for select to authenticated
    using (exists (select from public.conversations c where c.id = messages.conversation_id));
create policy messages_own_adds on public.messages for insert to authenticated
    with check (exists (select from public.conversations c where c.id = messages.conversation_id));
create policy messages_own_changes on public.messages for update to authenticated
    using (exists (select from public.conversations c where c.id = messages.conversation_id))
    with check (exists (select from public.conversations c where c.id = messages.conversation_id));
create policy messages_own_removes on public.messages for delete to authenticated
    using (exists (select from public.conversations c where c.id = messages.conversation_id));
