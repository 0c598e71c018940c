// Sign up a new provider
const { data, error } = await supabase.auth.signUp({
  email:    'dr.smith@clinic.com',
  password: 'SecurePassword123!',
  options: {
    data: {
      full_name: 'Dr. Smith',
      role:      'attending'
    }
  }
})
