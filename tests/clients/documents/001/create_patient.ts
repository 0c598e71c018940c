// Create a patient (must also add to care team)
const { data: patient } = await supabase
  .from('patients')
  .insert({
    first_name:    'Erik',
    last_name:     'Hansen',
    date_of_birth: '1985-03-15',
    mrn:           'MRN-2026-001'
  })
  .select()
  .single()
