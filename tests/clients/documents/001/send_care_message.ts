// Send a care message
await supabase.from('care_messages').insert({
  patient_id: patientId,
  sender_id:  user.id,
  message:    'Patient vitals reviewed. Continue current medication.',
  priority:   'normal'
})
