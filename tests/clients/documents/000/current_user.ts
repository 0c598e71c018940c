// Get current user
const { data: { user } } = await supabase.auth.getUser()
