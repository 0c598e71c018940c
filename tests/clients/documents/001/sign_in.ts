// Sign in
const { data: session } = await supabase.auth.signInWithPassword({
  email:    'dr.smith@clinic.com',
  password: 'SecurePassword123!'
})
