// Sign out
await supabase.auth.signOut()
