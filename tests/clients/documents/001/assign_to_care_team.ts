// Assign to care team
await supabase
  .from('care_team')
  .insert({
    patient_id:  patient.id,
    provider_id: user.id,
    role:        'attending'
  })
